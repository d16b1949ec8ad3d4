"""Targets of CenterTrack (Zhou et al. 2020, arXiv:2004.01177): every head a network of it may have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.models.geometry import Array, apply_affine, draw_umich_gaussian
from workbench.training.targets.annotations import Annotation
from workbench.training.targets.places import (
    Corners,
    Place,
    Size,
    Targets,
    cell_index,
    clipped,
    corners_on_grid,
    is_visible,
    place,
)
from workbench.training.targets.rotation import angle_bins

REGRESSIONS: Mapping[str, int] = {
    "reg": 2, "wh": 2, "tracking": 2, "ltrb": 4, "ltrb_amodal": 4, "nuscenes_att": 8, "velocity": 3,
    "dep": 1, "dim": 3, "amodel_offset": 2,
}  # fmt: skip
ATTRIBUTE_GROUPS = ((0, 1), (2, 3, 4), (5, 6, 7))
HIDDEN = 1


@dataclass(frozen=True)
class CentertrackOptions:
    """What the targets are made for.

    Args:
        classes: channels of the heatmap.
        grid: width, height of the output in cells.
        heads: beside hm: names of ``REGRESSIONS``, rot, and hps (with which go hm_hp and hp_offset).
        places: room for objects.
        joints: of a person.
    """

    classes: int
    grid: Size
    heads: frozenset[str]
    places: int = 256
    joints: int = 17


def centertrack_targets(
    annotations: Sequence[Annotation],
    matrix: Array,
    options: CentertrackOptions,
    *,
    previous: Mapping[int, Corners] | None = None,
    zoom: float = 1.0,
) -> Targets:
    """Targets of one image.

    Published behaviour: distances and offsets start from the cell's number, not from the centre; depth grows
    with the crop; an ignored region is set to 1 up to the cell its edge falls in, and takes the joints with
    it unless it is a crowd of another class than the first.

    Args:
        annotations: of the image the matrix starts from.
        matrix: (2, 3) from the image to the grid.
        options: what for.
        previous: centres of the tracks in the previous frame, x, y in cells.
        zoom: side of the crop over that of the whole image.

    Returns:
        hm (C, H, W); ind, cat (M,) int64, mask (M,); each regression X (M, D) with X_mask (M, D); rotbin
        (M, 2) int64, rotres (M, 2), rot_mask (M,); hps, hps_mask (M, 2J), hm_hp (J, H, W) and for each place
        and joint hp_ind, joint (M*J,) int64, hm_hp_mask (M*J,), hp_offset, hp_offset_mask (M*J, 2).
    """
    arrays = _empty(options)
    for k, annotation in enumerate(annotations[: options.places]):
        whole = corners_on_grid(annotation.box, matrix)
        spot = place(clipped(whole, options.grid), options.grid)
        if annotation.role in ("ignored", "crowd"):
            _ignore(arrays, annotation, spot)
        elif annotation.role == "object" and annotation.category is not None and is_visible(spot):
            draw_umich_gaussian(arrays["hm"][annotation.category], spot.cell, spot.radius)
            arrays["ind"][k], arrays["cat"][k], arrays["mask"][k] = spot.index, annotation.category, 1
            for head, value in _values(annotation, spot, whole, matrix, previous or {}, zoom).items():
                _write(arrays, head, k, value)
            _write_attribute(arrays, k, annotation.attribute)
            _write_angle(arrays, k, annotation.alpha)
            if "hps" in options.heads:
                _write_joints(arrays, k, annotation, spot, matrix, options)
    return arrays


def _values(
    annotation: Annotation,
    spot: Place,
    whole: Corners,
    matrix: Array,
    previous: Mapping[int, Corners],
    zoom: float,
) -> dict[str, Any]:
    """Value of each regression for one object; None where it is not known."""
    twice = np.tile(spot.cell, 2)
    before = None if annotation.track is None else previous.get(annotation.track)
    centre = None if annotation.centre is None else apply_affine(annotation.centre, matrix)
    return {
        "reg": spot.offset,
        "wh": spot.size,
        "tracking": None if before is None else before - spot.cell,
        "ltrb": spot.corners - twice,
        "ltrb_amodal": whole - twice,
        "velocity": annotation.velocity,
        "dep": None if annotation.depth is None else annotation.depth * zoom,
        "dim": annotation.dimensions,
        "amodel_offset": None if centre is None else centre - spot.cell,
    }


def _write(arrays: dict[str, Any], head: str, k: int, value: Any) -> None:
    if head in arrays and value is not None:
        arrays[head][k] = value
        arrays[f"{head}_mask"][k] = 1


def _write_attribute(arrays: dict[str, Any], k: int, attribute: int | None) -> None:
    """One attribute of a group is on; the other groups are not asked."""
    if "nuscenes_att" in arrays and attribute is not None:
        arrays["nuscenes_att"][k, attribute] = 1
        group = next(group for group in ATTRIBUTE_GROUPS if attribute in group)
        arrays["nuscenes_att_mask"][k, list(group)] = 1


def _write_angle(arrays: dict[str, Any], k: int, alpha: float | None) -> None:
    if "rot_mask" in arrays and alpha is not None:
        arrays["rotbin"][k], arrays["rotres"][k] = angle_bins(alpha)
        arrays["rot_mask"][k] = 1


def _ignore(arrays: dict[str, Any], annotation: Annotation, spot: Place) -> None:
    rows, columns = spot.region
    channels = slice(None) if annotation.category is None else annotation.category
    arrays["hm"][channels, rows, columns] = 1
    if "hm_hp" in arrays and (annotation.role == "ignored" or not annotation.category):
        arrays["hm_hp"][:, rows, columns] = 1


def _write_joints(
    arrays: dict[str, Any],
    k: int,
    annotation: Annotation,
    spot: Place,
    matrix: Array,
    options: CentertrackOptions,
) -> None:
    """Joints of one object; the box is ignored in the maps of those that are not marked."""
    joints = np.zeros((options.joints, 3)) if annotation.joints is None else annotation.joints
    points = apply_affine(joints[:, :2], matrix).astype(np.float32)
    for j, (point, seen) in enumerate(zip(points, joints[:, 2], strict=True)):
        if seen == 0:
            arrays["hm_hp"][j][spot.region] = 1
        elif (point >= 0).all() and (point < options.grid).all():
            arrays["hps"][k, 2 * j : 2 * j + 2] = point - spot.cell
            arrays["hps_mask"][k, 2 * j : 2 * j + 2] = 1
            _write_joint(arrays, k * options.joints + j, j, point, seen == HIDDEN, spot.radius, options.grid)


def _write_joint(
    arrays: dict[str, Any], row: int, j: int, point: Corners, hidden: bool, radius: int, grid: Size
) -> None:
    """A joint's own peak; one that is marked as hidden stays out of the losses of peaks and offsets."""
    cell = point.astype(np.int32)
    arrays["hp_offset"][row], arrays["hp_ind"][row] = point - cell, cell_index(cell, grid)
    arrays["joint"][row] = j
    arrays["hp_offset_mask"][row] = arrays["hm_hp_mask"][row] = not hidden
    draw_umich_gaussian(arrays["hm_hp"][j], cell, radius)


def _empty(options: CentertrackOptions) -> dict[str, Any]:
    (width, height), m, rows = options.grid, options.places, options.places * options.joints
    maps = {"hm": options.classes}
    numbers: dict[str, Any] = {"ind": m, "cat": m}
    values: dict[str, Any] = {"mask": m}
    for head, wide in REGRESSIONS.items():
        if head in options.heads:
            values |= {head: (m, wide), f"{head}_mask": (m, wide)}
    if "hps" in options.heads:
        joints = 2 * options.joints
        maps["hm_hp"] = options.joints
        numbers |= {"hp_ind": rows, "joint": rows}
        values |= {"hps": (m, joints), "hps_mask": (m, joints)}
        values |= {"hm_hp_mask": rows, "hp_offset": (rows, 2), "hp_offset_mask": (rows, 2)}
    if "rot" in options.heads:
        numbers["rotbin"] = (m, 2)
        values |= {"rotres": (m, 2), "rot_mask": m}
    return (
        {name: np.zeros((channels, height, width), np.float32) for name, channels in maps.items()}
        | {name: np.zeros(shape, np.int64) for name, shape in numbers.items()}
        | {name: np.zeros(shape, np.float32) for name, shape in values.items()}
    )
