"""Targets of FairMOT (Zhang et al. 2020, arXiv:2004.01888)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from workbench.core.boxes import as_boxes
from workbench.training.targets.ctdet import peak_drawer
from workbench.training.targets.places import Size, Targets, cell_index, clipped, place

STRIDE = 4


def fairmot_targets(
    boxes: ArrayLike,
    identities: ArrayLike,
    *,
    picture_size: Size,
    categories: ArrayLike | None = None,
    classes: int = 1,
    places: int = 500,
    sigma: int | None = None,
) -> Targets:
    """Targets of one picture.

    Published behaviour: the centre is moved into the picture and the distances start there, but they end at
    the sides of the whole box, be those outside or not.

    Args:
        boxes: (N, 4) x, y, w, h in pixels of the picture; may leave it.
        identities: (N,) from 0 over all training videos; -1 = not known.
        picture_size: width, height of the network's picture, a multiple of 4.
        categories: (N,) channels of the heatmap, from 0; None = all 0.
        classes: how many of them.
        places: room for objects.
        sigma: as in ``CtdetOptions``.

    Returns:
        hm (C, H, W); ind, ids (M,) int64; reg_mask (M,) uint8; wh (M, 4) from the centre to the left, top,
        right, bottom in cells; reg (M, 2); bbox (M, 4) corners in cells of a box of the whole size about
        the moved centre.
    """
    grid = (picture_size[0] // STRIDE, picture_size[1] // STRIDE)
    cells = as_boxes(boxes) * np.array([grid[0] / picture_size[0], grid[1] / picture_size[1]] * 2)
    kinds = np.zeros(len(cells), int) if categories is None else np.asarray(categories)
    arrays = _empty(classes, grid, places)
    for k, (box, identity, kind) in enumerate(zip(cells, np.asarray(identities), kinds, strict=True)):
        if k < places and (box[2:] > 0).all():
            arrays["ids"][k] = identity
            _write(arrays, k, box, arrays["hm"][kind], grid, sigma)
    return arrays


def _write(arrays: dict[str, Any], k: int, box: Any, heatmap: Any, grid: Size, sigma: int | None) -> None:
    size = box[2:].astype(np.float32)
    center = clipped(box[:2] + box[2:] / 2, grid)
    cell = center.astype(np.int32)
    radius = place(np.concatenate([size * 0, size]), grid).radius if sigma is None else sigma
    peak_drawer(sigma)(heatmap, cell, radius)
    arrays["wh"][k] = *(center - box[:2]), *(box[:2] + box[2:] - center)
    arrays["bbox"][k] = *(center - size / 2), *(center + size / 2)
    arrays["ind"][k], arrays["reg"][k], arrays["reg_mask"][k] = cell_index(cell, grid), center - cell, 1


def _empty(classes: int, grid: Size, places: int) -> dict[str, Any]:
    return {
        "hm": np.zeros((classes, grid[1], grid[0]), np.float32),
        "ind": np.zeros(places, np.int64),
        "ids": np.zeros(places, np.int64),
        "reg_mask": np.zeros(places, np.uint8),
        "wh": np.zeros((places, 4), np.float32),
        "reg": np.zeros((places, 2), np.float32),
        "bbox": np.zeros((places, 4), np.float32),
    }
