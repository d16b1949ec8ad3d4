"""What CenterTrack is shown of the frame before: a crop of its own, and its objects as one heatmap.

CenterTrack (Zhou et al. 2020, arXiv:2004.01177) disturbs both while it learns, so that it does not trust a
tracker more than that deserves. Random numbers are drawn in the published order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.random import RandomState

from workbench.models.geometry import Array, Map, draw_umich_gaussian
from workbench.training.targets.annotations import Annotation
from workbench.training.targets.crops import Crop, CropOptions, near
from workbench.training.targets.places import (
    Corners,
    Place,
    Size,
    clipped,
    corners_on_grid,
    is_visible,
    place,
)

FALSE_PEAK_DEVIATION = 0.05


@dataclass(frozen=True)
class Disturbance:
    """How wrong the previous objects are.

    Args:
        shift: standard deviation of a peak's place, share of the box's sides.
        lost: share of the peaks that are missing.
        false: share of the objects with a second peak beside them.
    """

    shift: float = 0.0
    lost: float = 0.0
    false: float = 0.0


class Previous(NamedTuple):
    """The previous objects.

    Args:
        heatmap: (1, H, W) float32 of the picture's size.
        centers: where each track was, x, y in cells of the output.
    """

    heatmap: Map
    centers: Mapping[int, Corners]


def previous_crop(crop: Crop, random: RandomState, options: CropOptions) -> Crop:
    """The crop of the previous frame: a little beside that of the current one, turned and flipped alike."""
    moved = near(crop, random, options)
    random.random_sample()  # drawn for a rotation of its own, which is published but not used
    return replace(moved, rotation=crop.rotation)


def previous_objects(
    annotations: Sequence[Annotation],
    matrix: Array,
    size: Size,
    *,
    random: RandomState,
    disturbance: Disturbance = Disturbance(),
    stride: int = 4,
) -> Previous:
    """Objects of the previous frame.

    Published behaviour: ignored objects are drawn like others, crowds are not; a false peak of a lost object
    has no height.

    Args:
        annotations: of the previous image, mirrored if its crop is.
        matrix: (2, 3) from that image to the network's picture.
        size: of the picture, (width, height) pixels.
        random: draws the disturbance.
        disturbance: how much of it.
        stride: pixels of the picture a cell of the output.
    """
    heatmap = np.zeros((1, size[1], size[0]), np.float32)
    centers: dict[int, Corners] = {}
    for annotation in annotations:
        spot = place(clipped(corners_on_grid(annotation.box, matrix), size), size)
        if annotation.role in ("crowd", "left_out") or not is_visible(spot):
            continue
        center = _draw(heatmap[0], spot, random, disturbance)
        if annotation.track is not None:
            centers.setdefault(annotation.track, center / np.float32(stride))
    return Previous(heatmap, centers)


def _draw(heatmap: Map, spot: Place, random: RandomState, disturbance: Disturbance) -> Corners:
    """Draw an object; gives the centre that is told to the network's targets."""
    moved = _moved(spot, random, disturbance.shift)
    height = float(random.random_sample() > disturbance.lost)
    draw_umich_gaussian(heatmap, moved, spot.radius, peak=height)
    if random.random_sample() < disturbance.false:
        draw_umich_gaussian(heatmap, _moved(spot, random, FALSE_PEAK_DEVIATION), spot.radius, peak=height)
    return moved if height == 0 else spot.center


def _moved(spot: Place, random: RandomState, deviation: float) -> Corners:
    steps = np.array([random.randn(), random.randn()])
    return np.asarray(spot.center + steps * deviation * spot.size, np.float32)
