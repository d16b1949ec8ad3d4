"""The ATOM tracker: find the target with the classifier, adjust the box, learn.

As published (Danelljan et al., CVPR 2019, arXiv:1811.07628), including the habits of the authors'
program that its results depend on: the crop is cut around the truncated position while displacements
count from the rounded one, and the periodic training also runs while the target is lost. What features
the classifier sees and what adjusts the box are given from outside. Following what looks like the target and
searching farther for a lost one are ours, and off unless the options say otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from workbench.core.boxes import Box
from workbench.core.errors import UserError
from workbench.core.heatmaps import Heatmap
from workbench.core.target import TargetState
from workbench.inference.atom.augmentation import drop_channels, expanded_side, first_views
from workbench.inference.atom.candidates import Candidates
from workbench.inference.atom.classifier import Classifier
from workbench.inference.atom.crops import even_side, sample_patch, search_scale
from workbench.inference.atom.dcf import gauss_label, hann2d
from workbench.inference.atom.draws import Draws
from workbench.inference.atom.extraction import FeatureExtractor, Features
from workbench.inference.atom.fourier import centered, resample, resampling_matrix
from workbench.inference.atom.localization import Flag, Localization, localize
from workbench.inference.atom.options import AtomOptions
from workbench.inference.atom.refinement import BoxRefinement, Sight, Target

Image = NDArray[np.uint8]
Vector = NDArray[np.float64]

INSIDE = 0.2  # share of the target's side that stays inside the image


@dataclass(frozen=True)
class Grid:
    """The score map of the crops: its cells, and the fine map made of them.

    Args:
        cells: h, w of the feature map.
        points: h, w of the fine map.
        rows, columns: resampling matrices, zero displacement in the middle.
        window: weights of the fine map (h, w), or None.
    """

    cells: tuple[int, int]
    points: tuple[int, int]
    rows: Tensor
    columns: Tensor
    window: Tensor | None

    def fine(self, scores: Tensor) -> Tensor:
        """Scores (B, 1, cells) to (B, points)."""
        maps = resample(scores[:, 0], self.rows, self.columns)
        return maps if self.window is None else maps * self.window


class Look(NamedTuple):
    """A crop that is searched: around ``center`` (y, x), ``scale`` pixels of the frame per pixel of it."""

    center: Vector
    scale: float


class Seen(NamedTuple):
    """Scores (1, 1, h, w) of the crop in which the target was looked for, around ``center`` (y, x)."""

    scores: Tensor
    center: Vector
    scale: float


class AtomTracker:
    """Follows one target.

    Args:
        extractor: the classifier's features.
        refinement: adjusts the box; None = the classifier's scale search decides the size.
        options: see ``options``.
        draws: every random number of the tracker; give the refinement the same one.
    """

    def __init__(
        self,
        extractor: FeatureExtractor,
        refinement: BoxRefinement | None,
        *,
        options: AtomOptions,
        draws: Draws,
    ) -> None:
        self.options = options
        self.side = even_side(options.sample.side, extractor.stride)
        self._extractor = extractor
        self._refinement = refinement
        self._draws = draws
        self._seen: Seen | None = None

    @torch.no_grad()
    def start(self, image: Image, box: Box) -> None:
        """Learn the target in ``box`` of ``image``.

        Raises:
            UserError: the box has no area.
        """
        if not (box[2] > 0 and box[3] > 0 and all(math.isfinite(v) for v in box)):
            raise UserError(f"A tracker cannot start from the box {box}: draw one with width and height.")
        self.frame = 0
        self._seen = None
        self._candidates = Candidates(self.options.candidates)
        self._lost = 0  # frames in a row
        self._score = 1.0  # of the last frame, 0 where it was lost
        self.target = Target.from_box(box)
        self.scale = search_scale(self.target.size, self.options.sample.search_area, self.side)
        self.base_size = self.target.size / self.scale
        center = np.round(self.target.center)
        features, shifts = self._first_features(image)
        self.grid = self._grid(features.classifier)
        labels = torch.cat([self._label(center, self.scale, shift) for shift in shifts])
        self.classifier = Classifier(
            features.classifier,
            labels.to(features.classifier),
            options=self.options.classifier,
            draws=self._draws,
        )
        if self._refinement is not None:
            sight = Sight(image, center, self.scale, self.side, features.of(0).refinement)
            self._refinement.start(sight, self.target)

    @torch.no_grad()
    def step(self, image: Image) -> TargetState:
        """Find the target in ``image``, the next frame, and learn from it."""
        self.frame += 1
        looks = self._looks(image)
        features = self._extractor(self._crops(image, looks, self.side))
        samples = self.classifier.project(features.classifier)
        scores = self.classifier.scores(samples)
        place = self.locate(scores)
        look = looks[place.scale]
        self._seen = Seen(scores[place.scale : place.scale + 1], np.round(look.center), self.scale)
        seen = features.of(place.scale).refinement
        sight = Sight(image, np.round(look.center), look.scale, self.side, seen)
        flag, score = place.flag, max(0.0, min(place.score, 1.0))
        if flag is not Flag.NOT_FOUND:
            flag, score = self._move(sight, place, away=place.scale >= len(self.options.sample.scale_factors))
        found = flag is not Flag.NOT_FOUND
        self._lost = 0 if found else self._lost + 1
        self._score = score if found else 0.0
        self._learn(samples[place.scale : place.scale + 1], sight, flag)
        return TargetState(self.target.box, score, found)

    def locate(self, scores: Tensor) -> Localization:
        """The target's displacement from the classifier's scores (scales, 1, h, w)."""
        fine = self.grid.fine(scores).cpu().numpy()
        step = self.side / np.array(self.grid.points) * self.scale  # pixels of the frame
        h, w = (self.target.size / step).tolist()
        place = localize(fine, (h, w), self.options.localization)
        if self.options.candidates.most == 0 or place.scale >= len(self.options.sample.scale_factors):
            return place
        return self._candidates.tell_apart(
            place,
            fine[place.scale],
            self.target,
            origin=np.round(self.target.center),
            step=step,
            sure=self._score >= self.options.candidates.sure,
        )

    @torch.no_grad()
    def score_map(self) -> Heatmap | None:
        """The scores of the last frame as they were searched for peaks, over the square they belong to."""
        if self._seen is None:
            return None
        fine = self.grid.fine(self._seen.scores).clamp(0, 1).float().cpu().numpy()  # 1, h, w
        step = self.side / np.array(self.grid.points) * self._seen.scale
        # Places of the target are middles of pixels, and no displacement is at half the points.
        top, left = self._seen.center + 0.5 - (np.array(self.grid.points) // 2 + 0.5) * step
        to_source = np.array([[step[1], 0.0, left], [0.0, step[0], top]])
        return Heatmap("score", ("target",), fine, to_source)

    def _looks(self, image: Image) -> list[Look]:
        """Where to look: at the last place in all scales, and in turn around it when it is lost."""
        here = self.target.center
        looks = [Look(here, self.scale * factor) for factor in self.options.sample.scale_factors]
        options = self.options.lost
        if options.patience is None or self._lost <= options.patience:
            return looks
        turn = self._lost - options.patience - 1
        ring, direction = turn // 8 % options.rings, 2 * math.pi * (turn * 3 % 8) / 8
        far = options.reach * 1.5**ring * self.side * self.scale
        there = here + far * np.array([math.sin(direction), math.cos(direction)])
        if (there < 0).any() or (there >= image.shape[:2]).any():
            return looks
        return [*looks, Look(there, self.scale)]

    def _move(self, sight: Sight, place: Localization, *, away: bool) -> tuple[Flag, float]:
        """Take the target to the place found and adjust its box, unless it does not look like it.

        Args:
            sight: the crop it was found in.
            place: where.
            away: that crop was not around the last known place.

        Returns:
            The flag and the score of the frame.
        """
        # Displacements count in the scale of the last frame, also when another one fits better.
        step = np.array(place.displacement) * (self.side / np.array(self.grid.points)) * self.scale
        center, size, scale = sight.center + step, self.target.size, self.scale
        score = max(0.0, min(place.score, 1.0))
        if self._refinement is None:
            scale = float(np.clip(sight.scale, *self._scale_limits(sight.image)))
            size = self.base_size * scale
        target = Target(_inside(center, size, sight.image), size)
        if self._refinement is not None:
            target, likeness = self._refinement.refine(sight, target)
            scale = math.sqrt(float(np.prod(target.size) / np.prod(self.base_size)))
            if likeness is not None:
                score = math.sqrt(score * likeness)
        if score < (self.options.lost.regain if away else self.options.lost.below):
            return Flag.NOT_FOUND, score
        self.target, self.scale = target, scale
        return place.flag, score

    def _learn(self, sample: Tensor, sight: Sight, flag: Flag) -> None:
        """Store the sample and train the filter, as the flag says."""
        options = self.options.classifier
        hard = flag is Flag.HARD_NEGATIVE
        if flag not in (Flag.NOT_FOUND, Flag.UNCERTAIN):
            label = self._label(sight.center, sight.scale).to(sample)
            rate = options.hard_negative_rate if hard else options.learning_rate
            self.classifier.memory.add(sample, label, rate=rate)
            if self._refinement is not None:
                self._refinement.learn(sight, self.target)
        if hard:
            self.classifier.train(options.hard_negative_cg)
        elif self.frame % options.train_every == 0:
            self.classifier.train(options.train_cg)

    def _first_features(self, image: Image) -> tuple[Features, list[tuple[int, int]]]:
        """Features of the first frame's views, and how far each view moves the target (y, x pixels)."""
        options = self.options.augmentation
        look = Look(self.target.center, self.scale)
        large = self._crops(image, [look], expanded_side(self.side, options.expansion))
        views = first_views(options, side=self.side, draws=self._draws)
        features = self._extractor(torch.cat([view(large, side=self.side) for view in views]))
        copies, probability = options.dropout
        samples = features.classifier
        dropped = drop_channels(samples[:1], copies=copies, probability=probability, draws=self._draws)
        shifts = [view.shift for view in views] + [(0, 0)] * copies
        return Features(torch.cat([samples, dropped]), features.refinement), shifts

    def _crops(self, image: Image, looks: list[Look], side: int) -> Tensor:
        """One crop for each look, (n, 3, side, side)."""
        rule = self.options.sample.crop_rule
        return torch.cat(
            [
                sample_patch(image, look.center, size=look.scale * side, output=side, rule=rule)[0]
                for look in looks
            ]
        )

    def _grid(self, like: Tensor) -> Grid:
        """The score map's geometry for feature maps (n, C, h, w)."""
        options, cells = self.options.classifier, like.shape[-2:]
        side = round(self.side * options.upsampling)
        rows, columns = (
            resampling_matrix(n, side, even_kernel=k % 2 == 0).roll(side // 2, 0).float().to(like)
            for n, k in zip(cells, options.kernel, strict=True)
        )
        window = None
        if options.window_output:
            window = centered(hann2d((side, side), centered=False))[0, 0].to(like)
        return Grid((cells[0], cells[1]), (side, side), rows, columns, window)

    def _label(self, center: Vector, scale: float, shift: tuple[int, int] = (0, 0)) -> Tensor:
        """The wanted scores (1, 1, h, w) of a crop around ``center`` whose content moved by ``shift``."""
        options, cells = self.options.classifier, np.array(self.grid.cells)
        even = np.array([0.5 * ((k + 1) % 2) for k in options.kernel])
        offset = (self.target.center - center) / scale + np.array(shift)
        y, x = (cells * offset / self.side + even).tolist()
        sigma = math.sqrt(float(np.prod(cells / self.side * self.base_size))) * options.output_sigma
        return gauss_label(self.grid.cells, sigma, (y, x))

    def _scale_limits(self, image: Image) -> tuple[float, float]:
        """Scales at which the target keeps 10 pixels and fits the image."""
        low = float(np.max(10 / self.base_size))
        return low, max(low, float(np.min(image.shape[:2] / self.base_size)))


def _inside(center: Vector, size: Vector, image: Image) -> Vector:
    """A target's centre (y, x) held near enough that part of the target stays in the image."""
    offset = (INSIDE - 0.5) * size
    return np.maximum(np.minimum(center, np.array(image.shape[:2]) - offset), offset)
