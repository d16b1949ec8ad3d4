"""From what a decoder found on the grid to detections in pixels of the source image.

The values have the names that the decoders give them (``models.decoding``). Points are mapped as CenterNet
does it (X. Zhou et al. 2019, arXiv:1904.07850), with one difference: the size of the 2D box that belongs to a
3D box is mapped as a size. The published code maps it as if it were a point, which adds the place of the
grid's corner to it, unless the image has the very aspect of the input.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.boxes3d import Boxes3D, rotation_of, unproject
from workbench.core.detections import Detections
from workbench.models.geometry import apply_affine

Array = NDArray[np.float64]
Values = Mapping[str, NDArray[np.float32]]  # (N, ...) of one image, by name


def detections_of(found: Values, to_source: ArrayLike, camera: ArrayLike) -> Detections:
    """Detections of one image; what is not finite, as half precision may give it, is left out.

    Args:
        found: "score", "class" and what else the decoder of a task gives, in cells.
        to_source: (2, 3) from cells to pixels.
        camera: (3, 4) projection, for 3D boxes.
    """
    found, matrix = _finite(found), np.asarray(to_source, float)
    scores = found["score"].astype(float)
    corners = _corners(found, matrix)
    boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], 1)
    center = apply_affine(found["center"], matrix) if "center" in found else None
    offset = found["offset"].astype(float) @ matrix[:, :2].T if "offset" in found else None
    boxes3d = None
    if {"rotation", "depth", "dimensions"} <= found.keys():
        center = _center_in_space(found, matrix, boxes)
        boxes3d = _boxes3d(found, center, np.asarray(camera, float))
    return Detections(
        boxes,
        scores,
        found["class"].astype(np.int64),
        embeddings=found.get("embedding"),
        poses=_poses(found, matrix) if "joints" in found else None,
        boxes3d=boxes3d,
        extremes=apply_affine(found["extremes"], matrix) if "extremes" in found else None,
        centers=center,
        offsets=offset,
    )


def _finite(found: Values) -> Values:
    rows = np.logical_and.reduce([np.isfinite(v).all(axis=tuple(range(1, v.ndim))) for v in found.values()])
    return {name: column[rows] for name, column in found.items()}


def _corners(found: Values, matrix: Array) -> Array:
    """Left, top, right, bottom (N, 4) in pixels; a point where the network tells no size."""
    if "box" in found:
        return apply_affine(found["box"].reshape(-1, 2, 2), matrix).reshape(-1, 4)
    center = apply_affine(found["center"], matrix)
    size = found["size"].astype(float) @ matrix[:, :2].T if "size" in found else np.zeros_like(center)
    return np.concatenate([center - size / 2, center + size / 2], 1)


def _poses(found: Values, matrix: Array) -> Array:
    points = apply_affine(found["joints"], matrix)
    return np.concatenate([points, found["joint_scores"][..., None].astype(float)], 2)


def _center_in_space(found: Values, matrix: Array, boxes: Array) -> Array:
    """Where the middle of the 3D boxes is seen, (N, 2) pixels."""
    if "box" not in found:
        return apply_affine(found["center"], matrix)
    if "center_offset" not in found:
        return boxes[:, :2] + boxes[:, 2:] / 2
    middle = found["box"].reshape(-1, 2, 2).mean(1)
    return apply_affine(middle + found["center_offset"], matrix)


def _boxes3d(found: Values, center: Array, camera: Array) -> Boxes3D:
    dimensions, alpha = found["dimensions"].astype(float), angles(found["rotation"])
    location = unproject(center, found["depth"][:, 0], camera)
    location[:, 1] += dimensions[:, 0] / 2  # from the middle to the bottom
    rotation = rotation_of(alpha, center[:, 0], camera)
    more = {name: found[name].astype(float) for name in ("velocity", "attributes") if name in found}
    return Boxes3D(dimensions, location, rotation, alpha, **more)


def angles(rotation: ArrayLike) -> Array:
    """Angles as seen from the camera, (N,) radians, from two bins of four values (N, 8).

    Of each bin: two scores whether the angle lies in it, then its sine and cosine about the bin's middle.
    """
    r = np.asarray(rotation, float)
    first = np.arctan2(r[:, 2], r[:, 3]) - np.pi / 2
    second = np.arctan2(r[:, 6], r[:, 7]) + np.pi / 2
    return np.asarray(np.where(r[:, 1] > r[:, 5], first, second))
