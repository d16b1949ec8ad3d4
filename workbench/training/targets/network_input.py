"""The picture a network of CenterNet's family is trained on."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.models.geometry import Array, Image
from workbench.training.targets.colour import ColourJitter


class Normalisation(NamedTuple):
    """Mean and standard deviation of a channel in [0, 1], blue first."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]


COCO = Normalisation((0.40789654, 0.44719302, 0.47026115), (0.28863828, 0.27408164, 0.27809835))
KITTI = Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def network_input(
    image: Image,
    matrix: Array,
    size: tuple[int, int],
    *,
    normalisation: Normalisation = COCO,
    colour: ColourJitter | None = None,
    flipped: bool = False,
) -> NDArray[np.float32]:
    """Cut, coloured and normalised picture, (3, height, width) float32.

    Published behaviour: the networks see blue first; of KITTI too, though its figures are of red first.

    Args:
        image: uint8 (H, W, 3) RGB.
        matrix: (2, 3) from the image, mirrored or not, to the picture.
        size: of the picture, (width, height) pixels.
        normalisation: of the data set.
        colour: changes colours; None leaves them.
        flipped: mirror the image first.
    """
    source = np.ascontiguousarray(image[:, ::-1]) if flipped else image
    cut = cv2.warpAffine(source, matrix, size, flags=cv2.INTER_LINEAR)[:, :, ::-1]
    picture = np.ascontiguousarray(cut, np.float32) / np.float32(255)
    if colour is not None:
        picture = colour(picture)
    mean, std = (np.array(values, np.float32) for values in normalisation)
    return np.ascontiguousarray(((picture - mean) / std).transpose(2, 0, 1))
