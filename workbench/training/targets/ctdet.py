"""Targets of 2D detection (CenterNet, Zhou et al. 2019, arXiv:1904.07850)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.models.geometry import Array, Map, Point, draw_msra_gaussian, draw_umich_gaussian
from workbench.training.losses.centernet import SizeForm
from workbench.training.targets.annotations import Annotation
from workbench.training.targets.places import (
    Size,
    Targets,
    clipped,
    corners_on_grid,
    draw_dense,
    is_visible,
    place,
)


@dataclass(frozen=True)
class CtdetOptions:
    """What the targets are made for.

    Args:
        classes: channels of the heatmap.
        grid: width, height of the output in cells.
        places: how many objects there is room for; more are left out.
        size: form of the sizes, as in the loss.
        sigma: draw peaks of this standard deviation instead of ones that fit the boxes (for a squared loss).
    """

    classes: int
    grid: Size
    places: int = 128
    size: SizeForm = "object"
    sigma: int | None = None


def ctdet_targets(annotations: Sequence[Annotation], matrix: Array, options: CtdetOptions) -> Targets:
    """Targets of one image.

    Args:
        annotations: of the image the matrix starts from; an object takes the place of its number.
        matrix: (2, 3) from the image to the grid.
        options: what for.

    Returns:
        hm (C, H, W); ind (M,) int64, reg_mask (M,) uint8, reg (M, 2) from the cell to the centre; and by
        form of the size wh (M, 2) of the visible part in cells, cat_spec_wh and cat_spec_mask (M, 2C), or
        dense_wh and dense_wh_mask (2, H, W).
    """
    arrays = _empty(options)
    peak = peak_drawer(options.sigma)
    for k, annotation in enumerate(annotations[: options.places]):
        spot = place(clipped(corners_on_grid(annotation.box, matrix), options.grid), options.grid)
        if annotation.role == "object" and annotation.category is not None and is_visible(spot):
            radius = spot.radius if options.sigma is None else options.sigma
            peak(arrays["hm"][annotation.category], spot.cell, radius)
            arrays["ind"][k], arrays["reg"][k], arrays["reg_mask"][k] = spot.index, spot.offset, 1
            _write_size(arrays, k, annotation.category, spot.size)
            if options.size == "dense":
                draw_dense(arrays["dense_wh"], arrays["hm"].max(axis=0), spot.cell, spot.size, radius=radius)
    if options.size == "dense":
        arrays["dense_wh_mask"] = np.repeat(arrays["hm"].max(axis=0, keepdims=True), 2, axis=0)
    return arrays


Draw = Callable[[Map, Point, int], None]


def peak_drawer(sigma: int | None) -> Draw:
    """What draws a peak: of a radius that fits the box, or of one standard deviation for all."""
    return draw_umich_gaussian if sigma is None else draw_msra_gaussian


def _empty(options: CtdetOptions) -> dict[str, Any]:
    (width, height), m = options.grid, options.places
    arrays: dict[str, Any] = {
        "hm": np.zeros((options.classes, height, width), np.float32),
        "ind": np.zeros(m, np.int64),
        "reg_mask": np.zeros(m, np.uint8),
        "reg": np.zeros((m, 2), np.float32),
    }
    if options.size == "object":
        arrays["wh"] = np.zeros((m, 2), np.float32)
    elif options.size == "class":
        arrays["cat_spec_wh"] = np.zeros((m, 2 * options.classes), np.float32)
        arrays["cat_spec_mask"] = np.zeros((m, 2 * options.classes), np.uint8)
    else:
        arrays["dense_wh"] = np.zeros((2, height, width), np.float32)
    return arrays


def _write_size(arrays: dict[str, Any], k: int, category: int, size: Any) -> None:
    if "wh" in arrays:
        arrays["wh"][k] = size
    elif "cat_spec_wh" in arrays:
        arrays["cat_spec_wh"][k, 2 * category : 2 * category + 2] = size
        arrays["cat_spec_mask"][k, 2 * category : 2 * category + 2] = 1
