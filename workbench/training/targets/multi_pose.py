"""Targets of poses (CenterNet, Zhou et al. 2019, arXiv:1904.07850)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.models.geometry import Array, apply_affine
from workbench.training.targets.annotations import Annotation
from workbench.training.targets.crops import Crop
from workbench.training.targets.ctdet import peak_drawer
from workbench.training.targets.places import (
    Place,
    Size,
    Targets,
    cell_index,
    clipped,
    corners_on_grid,
    draw_dense,
    is_visible,
    place,
)

IGNORED = 0.9999


@dataclass(frozen=True)
class MultiPoseOptions:
    """What the targets are made for.

    Args:
        grid: width, height of the output in cells.
        places: room for persons.
        joints: of a person.
        dense: joints are learnt at every cell near a centre.
        sigma: as in ``CtdetOptions``.
    """

    grid: Size
    places: int = 32
    joints: int = 17
    dense: bool = False
    sigma: int | None = None


def multi_pose_targets(annotations: Sequence[Annotation], crop: Crop, options: MultiPoseOptions) -> Targets:
    """Targets of one image.

    Published behaviour: boxes do not follow a rotation of the crop, so of a turned one only the joints'
    heatmaps are learnt: its centres' map says 0.9999 everywhere and its masks are empty. A person without
    a marked joint is ignored: a centre of 0.9999 and no size.

    Args:
        annotations: persons of the image, mirrored if the crop is.
        crop: what the output shows.
        options: what for.

    Returns:
        hm (1, H, W); ind (M,) int64, reg_mask (M,) uint8, wh and reg (M, 2); hm_hp (J, H, W); hp_ind,
        hp_mask (M*J,) int64, hp_offset (M*J, 2); and hps (M, 2J) from the centre's cell to the joints with
        hps_mask (M, 2J) uint8, or dense_hps and dense_hps_mask (2J, H, W).
    """
    arrays = _empty(options)
    upright, turned = crop.matrix(options.grid, rotated=False), crop.matrix(options.grid)
    for k, annotation in enumerate(annotations[: options.places]):
        corners = clipped(corners_on_grid(annotation.box, upright), options.grid)
        spot = place(corners, options.grid)
        if annotation.role == "object" and (is_visible(spot) or crop.rotation != 0):
            _write_person(arrays, k, spot, _joints(annotation, options.joints, turned), options)
    if crop.rotation != 0:
        arrays["hm"][:] = IGNORED
        for mask in {"reg_mask", "hps_mask"} & set(arrays):
            arrays[mask][:] = 0
    return _finished(arrays, options)


def _joints(annotation: Annotation, count: int, matrix: Array) -> Array:
    """Joints on the grid (J, 3), as float32 numbers; of unmarked ones only the 0 means anything."""
    if annotation.joints is None:
        return np.zeros((count, 3))
    points = apply_affine(annotation.joints[:, :2], matrix).astype(np.float32)
    return np.concatenate([points, annotation.joints[:, 2:]], axis=1)


def _write_person(
    arrays: dict[str, Any], k: int, spot: Place, joints: Array, options: MultiPoseOptions
) -> None:
    arrays["ind"][k], arrays["wh"][k], arrays["reg"][k] = spot.index, spot.size, spot.offset
    arrays["reg_mask"][k] = 1
    heatmap, (x, y) = arrays["hm"][0], spot.cell
    if not joints[:, 2].any():
        heatmap[y, x] = IGNORED
        arrays["reg_mask"][k] = 0
    radius = spot.radius if options.sigma is None else options.sigma
    for j, (*point, seen) in enumerate(joints):
        inside = 0 <= point[0] < options.grid[0] and 0 <= point[1] < options.grid[1]
        if seen > 0 and inside:
            _write_joint(arrays, (k, j), spot, np.array(point, np.float32), radius, options)
    peak_drawer(options.sigma)(heatmap, spot.cell, radius)


def _write_joint(
    arrays: dict[str, Any],
    at: tuple[int, int],
    spot: Place,
    point: np.ndarray,
    radius: int,
    options: MultiPoseOptions,
) -> None:
    k, j = at
    row, cell, draw = k * options.joints + j, point.astype(np.int32), peak_drawer(options.sigma)
    arrays["hp_offset"][row], arrays["hp_mask"][row] = point - cell, 1
    arrays["hp_ind"][row] = cell_index(cell, options.grid)
    if options.dense:  # before the centre's own peak is drawn
        values = arrays["dense_hps"][j]
        draw_dense(values, arrays["hm"][0], spot.cell, point - spot.cell, radius=radius, pointing=True)
        draw(arrays["dense_hps_mask"][j], spot.cell, radius)
    else:
        arrays["hps"][k, 2 * j : 2 * j + 2] = point - spot.cell
        arrays["hps_mask"][k, 2 * j : 2 * j + 2] = 1
    draw(arrays["hm_hp"][j], cell, radius)


def _empty(options: MultiPoseOptions) -> dict[str, Any]:
    (width, height), m, joints = options.grid, options.places, options.joints
    arrays: dict[str, Any] = {
        "hm": np.zeros((1, height, width), np.float32),
        "ind": np.zeros(m, np.int64),
        "reg_mask": np.zeros(m, np.uint8),
        "wh": np.zeros((m, 2), np.float32),
        "reg": np.zeros((m, 2), np.float32),
        "hm_hp": np.zeros((joints, height, width), np.float32),
        "hp_ind": np.zeros(m * joints, np.int64),
        "hp_mask": np.zeros(m * joints, np.int64),
        "hp_offset": np.zeros((m * joints, 2), np.float32),
    }
    if options.dense:
        arrays["dense_hps"] = np.zeros((joints, 2, height, width), np.float32)
        arrays["dense_hps_mask"] = np.zeros((joints, height, width), np.float32)
    else:
        arrays["hps"] = np.zeros((m, 2 * joints), np.float32)
        arrays["hps_mask"] = np.zeros((m, 2 * joints), np.uint8)
    return arrays


def _finished(arrays: dict[str, Any], options: MultiPoseOptions) -> Targets:
    """With the dense maps' joints and coordinates in one dimension."""
    if options.dense:
        arrays["dense_hps"] = arrays["dense_hps"].reshape(2 * options.joints, *arrays["hm"].shape[1:])
        arrays["dense_hps_mask"] = np.repeat(arrays["dense_hps_mask"], 2, axis=0)
    return arrays
