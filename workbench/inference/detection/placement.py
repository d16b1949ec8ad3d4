"""Where an image lies in a network's input: as CenterNet, CenterTrack and FairMOT place it.

X. Zhou et al. 2019 (arXiv:1904.07850), 2020 (arXiv:2004.01177); Y. Zhang et al. 2021 (arXiv:2004.01888).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from workbench.models.geometry import Array, Image, affine_transform, letterbox_image

Size = tuple[int, int]  # width, height in pixels
SHORT_MULTIPLE = 64


@dataclass(frozen=True)
class Placement:
    """A square crop of the scaled image whose side becomes the input's width.

    Args:
        size: of the input.
        center: of the crop, x, y in pixels of the scaled image.
        side: of the crop, in the same pixels.
        scale: of the image before it is cut.
        boxed: the image is put in with grey borders around it, as FairMOT does, instead of being cut.
    """

    size: Size
    center: tuple[float, float]
    side: float
    scale: float = 1.0
    boxed: bool = False

    @cached_property
    def to_input(self) -> Array:
        """(2, 3) from pixels of the scaled image to pixels of the input."""
        return affine_transform(self.center, self.side, 0, self.size)

    def to_grid(self, stride: int) -> Array:
        """(2, 3) from pixels of the scaled image to cells of a map."""
        return affine_transform(self.center, self.side, 0, self._grid(stride))

    def to_source(self, stride: int) -> Array:
        """(2, 3) from cells of a map to pixels of the image."""
        back = affine_transform(self.center, self.side, 0, self._grid(stride), inverse=True)
        return back / self.scale

    def _grid(self, stride: int) -> Size:
        return self.size[0] // stride, self.size[1] // stride

    def cut(self, image: Image) -> Image:
        """The input (height, width, 3) uint8 from the image, which is in RGB, as the result is."""
        if self.boxed:
            return letterbox_image(image, self.size)
        if self.scale != 1:
            scaled = _scaled((image.shape[1], image.shape[0]), self.scale)
            image = np.asarray(cv2.resize(image, scaled), np.uint8)
        return np.asarray(cv2.warpAffine(image, self.to_input, self.size, flags=cv2.INTER_LINEAR), np.uint8)


def fixed(image: Size, size: Size, *, scale: float = 1.0, by_width: bool = False) -> Placement:
    """The image in the middle of an input of a given size.

    Published behaviour: the side of the crop is that of the image before it is scaled, so that a scale makes
    the image smaller in the input; of 3D boxes it is the image's width, else its longer side.
    """
    width, height = _scaled(image, scale)
    side = image[0] if by_width else max(image)
    return Placement(size, (width / 2, height / 2), float(side), scale)


def kept(image: Size, multiple: int, *, scale: float = 1.0) -> Placement:
    """The image pixel by pixel, in an input whose sides are the next multiples above its own."""
    width, height = _scaled(image, scale)
    size = (width | (multiple - 1)) + 1, (height | (multiple - 1)) + 1
    return Placement(size, (width // 2, height // 2), float(size[0]), scale)


def shortened(image: Size, short: int) -> Placement:
    """The shorter side scaled to ``short``, the longer one alike, with borders up to a multiple of 64."""
    width, height = image
    longer = (int(max(image) / min(image) * short) + SHORT_MULTIPLE - 1) // SHORT_MULTIPLE * SHORT_MULTIPLE
    size = (longer, short) if height < width else (short, longer)
    return Placement(size, (width / 2, height / 2), float(width))


def boxed(image: Size, size: Size) -> Placement:
    """The whole image in an input of a given size, with grey borders; cells are mapped as published."""
    width, height = image
    side = max(size[0] / size[1] * height, width)
    return Placement(size, (width / 2, height / 2), float(side), boxed=True)


def _scaled(image: Size, scale: float) -> Size:
    return max(int(image[0] * scale), 1), max(int(image[1] * scale), 1)
