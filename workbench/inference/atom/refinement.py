"""Adjusting the box after the classifier has found the place.

A refinement works in source pixels, so that one that looks at the image (a scale filter) and one that
looks at the crop's features (the overlap network) are exchanged freely.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from workbench.core.boxes import Box
from workbench.inference.atom.draws import Draws
from workbench.inference.atom.options import IoUOptions
from workbench.models.atom import AtomIoUNet
from workbench.models.atom_ascent import OverlapAscent, OverlapInFrame

Vector = NDArray[np.float64]
Values = NDArray[np.float32]

COARSE = 16  # pixels of the crop per cell of the coarsest map


@dataclass(frozen=True)
class Target:
    """A target's place.

    Args:
        center: y, x in pixel indices: a box's first pixel plus (side - 1) / 2, as published.
        size: h, w in pixels.
    """

    center: Vector
    size: Vector

    @classmethod
    def from_box(cls, box: Box) -> Target:
        """From x, y, w, h."""
        x, y, w, h = box
        size = np.array([h, w], dtype=np.float64)
        return cls(np.array([y, x]) + (size - 1) / 2, size)

    @property
    def box(self) -> Box:
        """x, y, w, h."""
        y, x = (self.center - (self.size - 1) / 2).tolist()
        h, w = self.size.tolist()
        return x, y, w, h


@dataclass(frozen=True)
class Sight:
    """One search crop and what was seen in it.

    Args:
        image: the frame (H, W, 3).
        center: y, x of the crop's middle, whole pixels of the frame.
        scale: pixels of the frame per pixel of the crop.
        side: of the crop, in its pixels.
        features: ``Features.refinement`` of the crop.
    """

    image: NDArray[np.uint8]
    center: Vector
    scale: float
    side: int
    features: tuple[Tensor, ...]


class Refined(NamedTuple):
    """What a refinement makes of a target.

    Args:
        target: the adjusted one; the given one where nothing better is found.
        likeness: how much its place looks like the target, [0, 1]; None = the refinement cannot tell.
    """

    target: Target
    likeness: float | None = None


class BoxRefinement(Protocol):
    """Adjusts a target's box."""

    def start(self, sight: Sight, target: Target) -> None:
        """Learn the target as it looks in the first frame."""

    def refine(self, sight: Sight, target: Target) -> Refined:
        """The target adjusted to what is seen."""

    def learn(self, sight: Sight, target: Target) -> None:
        """Take the final target of this frame as an example. Not called when it may be a wrong one."""


class IoURefinement:
    """Moves several boxes up the gradient of the predicted overlap, and averages the best.

    Args:
        predictor: the network.
        options: how many boxes, how many steps.
        draws: for the boxes tried besides the classifier's own.
    """

    def __init__(self, predictor: AtomIoUNet, *, options: IoUOptions, draws: Draws) -> None:
        self._predictor = predictor
        self._options = options
        self._draws = draws

    def start(self, sight: Sight, target: Target) -> None:
        """Learn the target as it looks in the first frame."""
        box = crop_box(sight, target).to(sight.features[0])
        with torch.no_grad():
            modulation = self._predictor.get_modulation(sight.features, box[None])
            self._overlap = OverlapAscent(self._predictor, modulation)

    def refine(self, sight: Sight, target: Target) -> Refined:
        """The mean of the boxes with the highest predicted overlap."""
        first = crop_box(sight, target)
        maps, corner = self._looked_at(sight.features, first)
        with torch.no_grad():
            features = self._predictor.get_iou_feat(maps)
            start = (self.candidates(first) - corner).to(features[0])
            boxes, before, overlaps = _on_host(*self.climb(self._overlap.within(features), start))
        return self._chosen(sight, target, boxes + corner.numpy(), before, overlaps)

    def _chosen(
        self, sight: Sight, target: Target, boxes: Values, before: Values, overlaps: Values
    ) -> Refined:
        """The target moved towards the mean of the best of boxes (N, 4), given their overlaps (N,)."""
        boxes[:, 2:] = boxes[:, 2:].clip(min=1)
        aspect, limit = boxes[:, 2] / boxes[:, 3], self._options.max_aspect
        usable = np.flatnonzero((aspect < limit) & (aspect > 1 / limit))
        if not len(usable):
            return Refined(target)
        best = usable[np.argsort(-overlaps[usable], kind="stable")[: self._options.keep]]
        found = source_target(sight, boxes[best].mean(axis=0))
        share = self._options.damping
        if self._options.trusted_gain > 0:
            gain = float(overlaps[best[0]] - before[0]) / 2  # the network says IoU * 2 - 1
            share *= min(1.0, max(0.0, gain) / self._options.trusted_gain)
        return Refined(_partway(target, found, share))

    def _looked_at(self, maps: tuple[Tensor, ...], box: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        """The part of the maps around a box (4,), and what its corner takes off boxes in the crop, (4,)."""
        if self._options.margin is None:
            return maps, torch.zeros(4)
        coarse = maps[-1].shape[-2:]
        x, y, w, h = box.tolist()
        reach = self._options.margin * max(w, h)
        columns, rows = (
            slice(max(0, int((at - reach) // COARSE)), min(cells, int((at + side + reach) // COARSE) + 1))
            for at, side, cells in ((x, w, coarse[1]), (y, h, coarse[0]))
        )
        if rows.stop - rows.start < 1 or columns.stop - columns.start < 1:
            return maps, torch.zeros(4)
        parts = []
        for level in maps:
            fold = level.shape[-1] // coarse[-1]
            down, across = (slice(s.start * fold, s.stop * fold) for s in (rows, columns))
            parts.append(level[..., down, across])
        return tuple(parts), torch.tensor([columns.start * COARSE, rows.start * COARSE, 0.0, 0.0])

    def learn(self, sight: Sight, target: Target) -> None:
        """Nothing: the network remembers the first frame only."""

    def candidates(self, box: Tensor) -> Tensor:
        """A box (4,) and random ones around it, (1 + random_boxes, 4)."""
        options = self._options
        if options.random_boxes == 0:
            return box[None]
        size = box[2:]
        spread = size.prod().sqrt() * torch.tensor([options.jitter_position] * 2 + [options.jitter_size] * 2)
        offset = self._draws.jitter(options.random_boxes) * spread
        sizes = (size + offset[:, 2:]).clamp(min=float(size.min()) / 3)
        centers = box[:2] + size / 2 + offset[:, :2]
        return torch.cat([box[None], torch.cat([centers - sizes / 2, sizes], dim=1)])

    def climb(self, overlap: OverlapInFrame, boxes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Boxes (N, 4) after gradient ascent; overlaps (N,) before the first and before the last step."""
        step = self._options.step
        before = overlaps = boxes.new_zeros(len(boxes))
        for turn in range(self._options.iterations):
            overlaps, gradient = overlap(boxes)
            before = overlaps if turn == 0 else before
            boxes = torch.addcmul(boxes, gradient, boxes[:, 2:].repeat(1, 2), value=step)
            step *= self._options.step_decay
        return boxes, before, overlaps


def _on_host(boxes: Tensor, before: Tensor, overlaps: Tensor) -> tuple[Values, Values, Values]:
    """The same as arrays, fetched in one piece, since each fetch waits for the device."""
    values = torch.cat([boxes, before[:, None], overlaps[:, None]], dim=1).cpu().numpy()
    return values[:, :4], values[:, 4], values[:, 5]


def _partway(start: Target, end: Target, share: float) -> Target:
    """The target so far on the way, sides by their ratio."""
    if share == 1:
        return end
    center = start.center + share * (end.center - start.center)
    return Target(center, start.size * (end.size / start.size) ** share)


def crop_box(sight: Sight, target: Target) -> Tensor:
    """The target as x, y, w, h in pixels of the crop, (4,) float32 on the CPU."""
    center = (target.center - sight.center) / sight.scale + (sight.side - 1) / 2
    size = target.size / sight.scale
    corner = center - (size - 1) / 2
    return torch.from_numpy(np.concatenate([corner[::-1], size[::-1]]).astype(np.float32))


def source_target(sight: Sight, box: Values) -> Target:
    """A box of the crop as a target in the frame.

    The half pixel that ``crop_box`` takes off is not put back: the authors' tracker has this asymmetry,
    and agreeing with it is what this is for.
    """
    x, y, w, h = box.tolist()
    center = np.array([y + h / 2, x + w / 2]) - (sight.side - 1) / 2
    return Target(center * sight.scale + sight.center, np.array([h, w]) * sight.scale)
