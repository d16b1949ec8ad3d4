"""From whole frames to what the network is trained on: crops, boxes in them, and proposals.

As in the training of ATOM (Danelljan et al. 2019, arXiv:1811.07628): the region of a reference frame lies
exactly around the target, that of a test frame around a box that was moved and scaled, so that the target
may be anywhere in it and of any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from workbench.core.boxes import Array
from workbench.training.data import transforms
from workbench.training.data.crops import box_in_crop, jittered_box, sample_target
from workbench.training.data.draws import Draws
from workbench.training.data.proposals import ProposalOptions, proposals
from workbench.training.data.sequences import Image
from workbench.training.data.transforms import TransformOptions


@dataclass(frozen=True)
class Jitter:
    """How far a region may lie from its target; see ``jittered_box``."""

    center: float = 0.0
    scale: float = 0.0


@dataclass(frozen=True)
class ProcessingOptions:
    """How frames are processed.

    Args:
        search_area: side of a region over the target's.
        size: side of a crop in pixels.
        train, test: of the regions of reference and test frames.
        transforms: of colours.
    """

    search_area: float = 5.0
    size: int = 288
    train: Jitter = Jitter()
    test: Jitter = Jitter(center=4.5, scale=0.5)
    transforms: TransformOptions = field(default_factory=TransformOptions)


class Frames(NamedTuple):
    """Some frames (H, W, 3), and the target's boxes in them, (N, 4)."""

    images: Sequence[Image]
    boxes: Array


class Crops(NamedTuple):
    """Regions of N frames.

    Args:
        images: (N, 3, S, S) float32 RGB in [0, 255].
        boxes: (N, 4) float32 x, y, w, h in pixels of the crop; may leave it.
    """

    images: Tensor
    boxes: Tensor


def process(train: Frames, test: Frames, *, options: ProcessingOptions, draws: Draws) -> tuple[Crops, Crops]:
    """The regions of reference and test frames.

    Args:
        train, test: of the same sequence; the boxes have an area.
        options: see ``ProcessingOptions``.
        draws: advanced by as much as is needed.
    """
    altered = transforms.joint([*train.images, *test.images], options=options.transforms, draws=draws)
    train = Frames(altered[: len(train.images)], train.boxes)
    test = Frames(altered[len(train.images) :], test.boxes)
    first = _crop(train, options.train, options=options, draws=draws)
    return first, _crop(test, options.test, options=options, draws=draws)


def _crop(frames: Frames, jitter: Jitter, *, options: ProcessingOptions, draws: Draws) -> Crops:
    regions = [
        jittered_box(box, center=jitter.center, scale=jitter.scale, generator=draws.torch)
        for box in frames.boxes
    ]
    cut, boxes = [], []
    for image, box, region in zip(frames.images, frames.boxes, regions, strict=True):
        crop, factor = sample_target(image, region, search_area=options.search_area, size=options.size)
        cut.append(crop)
        boxes.append(box_in_crop(box, region, factor=factor, size=options.size))
    images = transforms.each(cut, options=options.transforms, draws=draws)
    return Crops(images, torch.from_numpy(np.array(boxes, np.float32)))


def with_proposals(crops: Crops, *, options: ProposalOptions, draws: Draws) -> tuple[Tensor, Tensor]:
    """Boxes to judge in test crops, (N, number, 4) float32, and their overlaps, (N, number) in [0, 1]."""
    drawn = [proposals(box.double().numpy(), options=options, draws=draws) for box in crops.boxes]
    boxes, overlaps = zip(*drawn, strict=True)
    return torch.from_numpy(np.array(boxes, np.float32)), torch.from_numpy(np.array(overlaps, np.float32))
