"""Targets of 3D boxes from one image (CenterNet, Zhou et al. 2019, arXiv:1904.07850, on KITTI)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.random import RandomState

from workbench.models.geometry import Array, Map, draw_umich_gaussian
from workbench.training.targets.annotations import Annotation
from workbench.training.targets.crops import Crop, resized, shifted
from workbench.training.targets.places import (
    Place,
    Size,
    Targets,
    clipped,
    corners_on_grid,
    is_visible,
    place,
)
from workbench.training.targets.rotation import angle_bins

IGNORED = 0.9999
PLACES = 50


def ddd_crop(
    size: Size, random: RandomState, *, share: float, shift: float = 0.1, scale: float = 0.4
) -> Crop:
    """The whole image of (width, height), or with the probability ``share`` one moved and resized.

    Its size is drawn before its place. ``shift`` and ``scale`` are as in ``CropOptions``.
    """
    crop = Crop((size[0] / 2, size[1] / 2), (float(size[0]), float(size[1])))
    if random.random_sample() >= share:
        return crop
    scaled = resized(crop, random, scale)
    return replace(shifted(crop, random, shift), scale=scaled.scale)


def ddd_targets(
    annotations: Sequence[Annotation],
    matrix: Array,
    *,
    classes: int,
    grid: Size,
    places: int = PLACES,
    moved: bool = False,
) -> Targets:
    """Targets of one image.

    Published behaviour: the radius of a peak is that of the box's exact sides, and ignored objects get a peak
    a hair below 1 in the maps of the classes they are ignored for.

    Args:
        annotations: of the image the matrix starts from, with alpha, depth and dimensions.
        matrix: (2, 3) from the image to the grid.
        classes: channels of the heatmap.
        grid: width, height in cells.
        places: room for objects.
        moved: the crop is not the whole image, so depth and dimensions are not learnt from it.

    Returns:
        hm (C, H, W); ind (M,) int64; wh, reg (M, 2); dep (M, 1) metres; dim (M, 3) metres; rotbin (M, 2)
        int64 and rotres (M, 2) radians; rot_mask (M,) uint8 of all objects, reg_mask (M,) uint8 of those
        with a depth.
    """
    arrays = _empty(classes, grid, places)
    for k, annotation in enumerate(annotations[:places]):
        corners = clipped(corners_on_grid(annotation.box, matrix), grid)
        spot = place(corners, grid, whole_sides=False)
        if annotation.role == "left_out" or not is_visible(spot):
            continue
        if annotation.role == "object" and annotation.category is not None:
            draw_umich_gaussian(arrays["hm"][annotation.category], spot.cell, spot.radius)
            _write(arrays, k, annotation, spot)
            arrays["reg_mask"][k] = not moved
        else:
            _ignore(arrays["hm"], annotation.category, spot)
    return arrays


def _ignore(heatmap: Map, category: int | None, spot: Place) -> None:
    for channel in heatmap if category is None else heatmap[category : category + 1]:
        draw_umich_gaussian(channel, spot.cell, spot.radius)
        channel[spot.cell[1], spot.cell[0]] = IGNORED


def _write(arrays: dict[str, Any], k: int, annotation: Annotation, spot: Place) -> None:
    arrays["ind"][k], arrays["wh"][k], arrays["reg"][k] = spot.index, spot.size, spot.offset
    arrays["dep"][k], arrays["dim"][k] = annotation.depth, annotation.dimensions
    arrays["rotbin"][k], arrays["rotres"][k] = angle_bins(annotation.alpha or 0.0)
    arrays["rot_mask"][k] = 1


def _empty(classes: int, grid: Size, places: int) -> dict[str, Any]:
    widths = {"wh": 2, "reg": 2, "dep": 1, "dim": 3, "rotres": 2}
    arrays: dict[str, Any] = {name: np.zeros((places, width), np.float32) for name, width in widths.items()}
    return arrays | {
        "hm": np.zeros((classes, grid[1], grid[0]), np.float32),
        "ind": np.zeros(places, np.int64),
        "rotbin": np.zeros((places, 2), np.int64),
        "rot_mask": np.zeros(places, np.uint8),
        "reg_mask": np.zeros(places, np.uint8),
    }
