"""What is known of one object in one image, and its mirror image."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Box

Array = NDArray[np.float64]
Role = Literal["object", "ignored", "crowd", "left_out"]
Swaps = tuple[tuple[int, int], ...]

COCO_SWAPS: Swaps = ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16))


@dataclass(frozen=True)
class Annotation:
    """One object; what a data set does not tell is None.

    Args:
        box: x, y, w, h in pixels; may leave the image.
        category: class of the network, from 0; None with the roles "ignored" and "crowd" = all of them.
        role: "ignored" and "crowd" are regions where the network may answer what it likes; "left_out" takes
            a place in the list and nothing else.
        track: identity over frames.
        joints: (J, 3) x, y in pixels and 0 = not marked, 1 = hidden, 2 = visible.
        extremes: (4, 2) x, y of the top, left, bottom and right point.
        alpha: observation angle of a 3D box, radians in (-pi, pi].
        depth: metres.
        dimensions: height, width, length in metres.
        centre: x, y in pixels of the projected centre of the 3D box.
        attribute: nuScenes attribute, from 0.
        velocity: x, y, z in metres a second.
    """

    box: Box
    category: int | None = 0
    role: Role = "object"
    track: int | None = None
    joints: Array | None = None
    extremes: Array | None = None
    alpha: float | None = None
    depth: float | None = None
    dimensions: tuple[float, float, float] | None = None
    centre: tuple[float, float] | None = None
    attribute: int | None = None
    velocity: tuple[float, float, float] | None = None


def mirrored(annotation: Annotation, width: int, *, swaps: Swaps = COCO_SWAPS) -> Annotation:
    """The annotation of the image turned left to right.

    Published behaviour: coordinates count from pixel centres here, x becomes ``width - 1 - x``. The velocity
    becomes unknown.

    Args:
        annotation: of the image as it is.
        width: of the image, pixels.
        swaps: pairs of joints that are each other's mirror image.
    """
    a, last = annotation, width - 1
    x, y, w, h = a.box
    return replace(
        a,
        box=(last - x - w, y, w, h),
        joints=None if a.joints is None else _mirrored_joints(a.joints, last, swaps),
        extremes=None if a.extremes is None else _mirrored_x(a.extremes, last)[[0, 3, 2, 1]],
        alpha=None if a.alpha is None else math.copysign(math.pi, a.alpha or -1.0) - a.alpha,
        centre=None if a.centre is None else (last - a.centre[0], a.centre[1]),
        velocity=None,
    )


def _mirrored_x(points: Array, last: int) -> Array:
    turned = points.copy()
    turned[:, 0] = last - turned[:, 0]
    return turned


def _mirrored_joints(joints: Array, last: int, swaps: Swaps) -> Array:
    order = np.arange(len(joints))
    for left, right in swaps:
        order[[left, right]] = right, left
    return _mirrored_x(joints, last)[order]
