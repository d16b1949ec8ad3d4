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
from workbench.models.atom_ascent import OverlapAscent

Vector = NDArray[np.float64]

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
        self._modulation: tuple[Tensor, ...] = ()

    def start(self, sight: Sight, target: Target) -> None:
        """Learn the target as it looks in the first frame."""
        box = crop_box(sight, target).to(sight.features[0])
        with torch.no_grad():
            self._modulation = self._predictor.get_modulation(sight.features, box[None])

    def refine(self, sight: Sight, target: Target) -> Refined:
        """The mean of the boxes with the highest predicted overlap."""
        first = crop_box(sight, target)
        maps, corner = self._looked_at(sight.features, first)
        shift = torch.cat([corner, corner.new_zeros(2)])
        with torch.no_grad():
            features = self._predictor.get_iou_feat(maps)
            overlap = OverlapAscent(self._predictor, self._modulation, features)
            boxes, before, overlaps = self.climb(overlap, (self.candidates(first) - shift).to(features[0]))
        boxes = torch.cat([boxes[:, :2], boxes[:, 2:].clamp(min=1)], dim=1)
        aspect = boxes[:, 2] / boxes[:, 3]
        limit = self._options.max_aspect
        usable = (aspect < limit) & (aspect > 1 / limit)
        if not usable.any():
            return Refined(target)
        boxes, overlaps = boxes[usable], overlaps[usable]
        best = overlaps.topk(min(self._options.keep, len(overlaps))).indices
        found = source_target(sight, boxes[best].mean(0).cpu() + shift)
        share = self._options.damping
        if self._options.trusted_gain > 0:
            gain = float(overlaps.max() - before[0]) / 2  # the network says IoU * 2 - 1
            share *= min(1.0, max(0.0, gain) / self._options.trusted_gain)
        return Refined(_partway(target, found, share))

    def _looked_at(self, maps: tuple[Tensor, ...], box: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        """The part of the maps around a box (4,), and its corner (2,) in pixels of the crop."""
        if self._options.margin is None:
            return maps, torch.zeros(2)
        coarse = maps[-1].shape[-2:]
        reach = self._options.margin * float(box[2:].max())
        columns, rows = (
            slice(max(0, int((at - reach) // COARSE)), min(cells, int((at + side + reach) // COARSE) + 1))
            for at, side, cells in zip(box[:2].tolist(), box[2:].tolist(), reversed(coarse), strict=True)
        )
        if rows.stop - rows.start < 1 or columns.stop - columns.start < 1:
            return maps, torch.zeros(2)
        parts = []
        for level in maps:
            fold = level.shape[-1] // coarse[-1]
            down, across = (slice(s.start * fold, s.stop * fold) for s in (rows, columns))
            parts.append(level[..., down, across])
        return tuple(parts), torch.tensor([columns.start * COARSE, rows.start * COARSE], dtype=torch.float32)

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

    def climb(self, overlap: OverlapAscent, boxes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Boxes (N, 4) after gradient ascent; overlaps (N,) before the first and before the last step."""
        step = self._options.step
        before = overlaps = boxes.new_zeros(len(boxes))
        for turn in range(self._options.iterations):
            overlaps, gradient = overlap(boxes)
            before = overlaps if turn == 0 else before
            boxes = boxes + step * gradient * boxes[:, 2:].repeat(1, 2)
            step *= self._options.step_decay
        return boxes, before, overlaps


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


def source_target(sight: Sight, box: Tensor) -> Target:
    """A box of the crop as a target in the frame.

    The half pixel that ``crop_box`` takes off is not put back: the authors' tracker has this asymmetry,
    and agreeing with it is what this is for.
    """
    x, y, w, h = box.double().tolist()
    center = np.array([y + h / 2, x + w / 2]) - (sight.side - 1) / 2
    return Target(center * sight.scale + sight.center, np.array([h, w]) * sight.scale)
