"""The picture FairMOT is trained on, and where its boxes went.

Letterbox, and for training changes of saturation and brightness, a random affine map and mirroring, as in
FairMOT (Zhang et al. 2020, arXiv:2004.01888) after JDE (Wang et al. 2019, arXiv:1909.12605). Random numbers
are drawn in the published order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.boxes import as_boxes, xywh_to_xyxy, xyxy_to_xywh
from workbench.models.geometry import LETTERBOX_GREY, Array, Image, letterbox, letterbox_image

SMALLEST_SIDE = 4.0
SMALLEST_SHARE = 0.1
LARGEST_ASPECT = 10.0


@dataclass(frozen=True)
class Augmentation:
    """How much pictures are changed; all even draws.

    Args:
        colour: saturation and brightness, each by up to this share.
        degrees: rotation, to each side.
        shift: by up to this share of the picture.
        scale: smallest and largest.
        shear: degrees, to each side.
        flip: share of the mirrored pictures.
    """

    colour: float = 0.5
    degrees: float = 5.0
    shift: float = 0.1
    scale: tuple[float, float] = (0.5, 1.2)
    shear: float = 2.0
    flip: float = 0.5


class FairmotPicture(NamedTuple):
    """A picture and its boxes.

    Args:
        image: uint8 (H, W, 3) RGB.
        boxes: (K, 4) x, y, w, h in its pixels; may leave it.
        kept: (K,) int, which of the given boxes they are.
    """

    image: Image
    boxes: Array
    kept: NDArray[np.int64]


def fairmot_picture(
    image: Image,
    boxes: ArrayLike,
    size: tuple[int, int],
    *,
    random: Random | None = None,
    augmentation: Augmentation = Augmentation(),
) -> FairmotPicture:
    """Picture of ``size`` (width, height) of an image (H, W, 3) RGB and its boxes (N, 4) in its pixels.

    Args:
        image: uint8.
        boxes: x, y, w, h; may leave the image.
        size: of the picture.
        random: draws the changes; None makes none.
        augmentation: how large they are.
    """
    if random is not None:
        image = _recoloured(image, random, augmentation.colour)
    plan = letterbox((image.shape[1], image.shape[0]), size)
    placed = as_boxes(boxes) * plan.ratio + np.array([*plan.offset, 0.0, 0.0])
    picture = FairmotPicture(letterbox_image(image, size), placed, np.arange(len(placed)))
    if random is None:
        return picture
    picture = random_affine(picture, random, augmentation)
    return _mirrored(picture) if random.random() > 1 - augmentation.flip else picture


def fairmot_input(image: Image) -> NDArray[np.float32]:
    """The network's input (3, H, W) float32 in [0, 1], red first, of a picture (H, W, 3)."""
    return np.ascontiguousarray(image.transpose(2, 0, 1), np.float32) / np.float32(255)


def _recoloured(image: Image, random: Random, spread: float) -> Image:
    """Saturation, then value, times a factor about 1."""
    hsv = cv2.cvtColor(image, cv2.COLOR_RGB2HSV)
    for channel in (1, 2):
        factor = (random.random() * 2 - 1) * spread + 1
        hsv[:, :, channel] = np.clip(hsv[:, :, channel].astype(np.float32) * factor, 0, 255)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), np.uint8)


def _mirrored(picture: FairmotPicture) -> FairmotPicture:
    """Left to right; the box's edges are mirrored, unlike in CenterNet's targets."""
    boxes = picture.boxes.copy()
    boxes[:, 0] = picture.image.shape[1] - boxes[:, 0] - boxes[:, 2]
    return picture._replace(image=np.ascontiguousarray(picture.image[:, ::-1]), boxes=boxes)


def random_affine(picture: FairmotPicture, random: Random, augmentation: Augmentation) -> FairmotPicture:
    """Turned, scaled, shifted and sheared, with grey around it.

    Boxes become the upright boxes about theirs, a little smaller the more the picture is turned, and are
    dropped when they grow too small, too thin, or lose nine tenths of their area.
    """
    height, width = picture.image.shape[:2]
    angle, matrix = _draw_matrix((width, height), random, augmentation)
    warped = cv2.warpPerspective(
        picture.image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=LETTERBOX_GREY
    )
    boxes = _warped_boxes(picture.boxes, matrix, math.radians(angle))
    kept = _still_good(boxes, picture.boxes)
    return FairmotPicture(np.asarray(warped, np.uint8), boxes[kept], picture.kept[kept])


def _draw_matrix(size: tuple[int, int], random: Random, augmentation: Augmentation) -> tuple[float, Array]:
    """Angle in degrees, and the map (3, 3).

    Published behaviour: the shift in x is a share of the height, that in y one of the width.
    """

    def even(low: float, high: float) -> float:
        return random.random() * (high - low) + low

    width, height = size
    angle, scale = even(-augmentation.degrees, augmentation.degrees), even(*augmentation.scale)
    turn, shift, shear = np.eye(3), np.eye(3), np.eye(3)
    turn[:2] = cv2.getRotationMatrix2D((width / 2, height / 2), angle, scale)
    shift[0, 2] = even(-augmentation.shift, augmentation.shift) * height
    shift[1, 2] = even(-augmentation.shift, augmentation.shift) * width
    shear[0, 1] = math.tan(math.radians(even(-augmentation.shear, augmentation.shear)))
    shear[1, 0] = math.tan(math.radians(even(-augmentation.shear, augmentation.shear)))
    return angle, shear @ shift @ turn


def _warped_boxes(boxes: Array, matrix: Array, angle: float) -> Array:
    corners = xywh_to_xyxy(boxes)
    points = corners[:, [0, 1, 2, 3, 0, 3, 2, 1]].reshape(-1, 4, 2) @ matrix[:2, :2].T + matrix[:2, 2]
    upright = xyxy_to_xywh(np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1))
    smaller = upright[:, 2:] * max(abs(math.sin(angle)), abs(math.cos(angle))) ** 0.5
    return np.concatenate([upright[:, :2] + (upright[:, 2:] - smaller) / 2, smaller], axis=1)


def _still_good(boxes: Array, before: Array) -> NDArray[np.bool_]:
    (w, h), area = boxes[:, 2:].T, before[:, 2:].prod(axis=1)
    aspect = np.maximum(w / (h + 1e-16), h / (w + 1e-16))
    enough = w * h / (area + 1e-16) > SMALLEST_SHARE
    return np.asarray((w > SMALLEST_SIDE) & (h > SMALLEST_SIDE) & enough & (aspect < LARGEST_ASPECT))
