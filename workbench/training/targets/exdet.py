"""Targets of detection by extreme points (ExtremeNet, Zhou et al. 2019, arXiv:1901.08043)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from workbench.models.centernet import EXTREMES
from workbench.models.geometry import Array, apply_affine, draw_umich_gaussian
from workbench.training.targets.annotations import Annotation
from workbench.training.targets.places import (
    Corners,
    Size,
    Targets,
    cell_index,
    clipped,
    is_visible,
    place,
)


def exdet_targets(
    annotations: Sequence[Annotation],
    matrix: Array,
    *,
    classes: int,
    grid: Size,
    places: int = 128,
    agnostic: bool = False,
) -> Targets:
    """Targets of one image whose objects have extreme points.

    Args:
        annotations: of the image the matrix starts from; those without extreme points are left out.
        matrix: (2, 3) from the image to the grid.
        classes: of the centres.
        grid: width, height in cells.
        places: room for objects.
        agnostic: extreme points have one heatmap for all classes.

    Returns:
        hm_c (C, H, W) of the centres; for each of t, l, b, r: hm_X (C or 1, H, W), ind_X (M,) int64 and
        reg_X (M, 2) from the cell to the point; reg_mask (M,) uint8.
    """
    arrays = _empty(classes, grid, places, agnostic)
    for k, annotation in enumerate(annotations[:places]):
        if annotation.role == "object" and annotation.extremes is not None:
            points = clipped(apply_affine(annotation.extremes, matrix), grid)
            _write(arrays, k, annotation.category or 0, points, grid)
    return arrays


def _write(arrays: dict[str, Any], k: int, category: int, points: Corners, grid: Size) -> None:
    top, left, bottom, right = points
    spot = place(np.array([left[0], top[1], right[0], bottom[1]], np.float32), grid)
    if not is_visible(spot):
        return
    for name, point in zip(EXTREMES, points, strict=True):
        cell = point.astype(np.int32)
        maps = arrays[f"hm_{name}"]
        draw_umich_gaussian(maps[category % len(maps)], cell, spot.radius)
        arrays[f"reg_{name}"][k], arrays[f"ind_{name}"][k] = point - cell, cell_index(cell, grid)
    draw_umich_gaussian(arrays["hm_c"][category], spot.cell, spot.radius)
    arrays["reg_mask"][k] = 1


def _empty(classes: int, grid: Size, places: int, agnostic: bool) -> dict[str, Any]:
    shape = (1 if agnostic else classes, grid[1], grid[0])
    arrays: dict[str, Any] = {
        "hm_c": np.zeros((classes, grid[1], grid[0]), np.float32),
        "reg_mask": np.zeros(places, np.uint8),
    }
    for name in EXTREMES:
        arrays[f"hm_{name}"] = np.zeros(shape, np.float32)
        arrays[f"reg_{name}"] = np.zeros((places, 2), np.float32)
        arrays[f"ind_{name}"] = np.zeros(places, np.int64)
    return arrays
