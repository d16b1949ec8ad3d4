"""Which part of an image a training sample shows.

The two ways of CenterNet (Zhou et al. 2019, arXiv:1904.07850), of poses and of CenterTrack to choose it. The
random numbers are drawn in the published order, from a generator that is passed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import RandomState

from workbench.models.geometry import Array, affine_transform

Size = tuple[int, int]

SCALES = np.arange(0.6, 1.4, 0.1)
BORDER = 128


@dataclass(frozen=True)
class Crop:
    """A square of the image, perhaps turned, perhaps of the mirrored image.

    Args:
        center: x, y in pixels of the image (of the mirrored one, where it is ``flipped``).
        scale: side in pixels, or (width, height), of which only the width decides.
        rotation: degrees.
        flipped: the image is mirrored before it is cut.
    """

    center: tuple[float, float]
    scale: float | tuple[float, float]
    rotation: float = 0.0
    flipped: bool = False

    def matrix(self, size: Size, *, rotated: bool = True) -> Array:
        """The map (2, 3) from the image, mirrored or not, to an output of ``size`` (width, height)."""
        return affine_transform(self.center, self.scale, self.rotation if rotated else 0.0, size)

    def scaled(self, factor: float) -> Crop:
        """The same with a side ``factor`` times as long."""
        scale = self.scale
        larger = (scale[0] * factor, scale[1] * factor) if isinstance(scale, tuple) else scale * factor
        return replace(self, scale=larger)


def whole_image(size: Size) -> Crop:
    """The crop that shows an image of (width, height), with borders along its shorter side."""
    return Crop((size[0] / 2, size[1] / 2), float(max(size)))


@dataclass(frozen=True)
class CropOptions:
    """How far a crop strays from the whole image.

    Args:
        anywhere: centre anywhere but near the border, side 0.6 to 1.3 of the image's in steps of a tenth;
            otherwise both normally distributed about the whole image.
        shift: standard deviation of the centre, share of the side; cut at twice that.
        scale: standard deviation of the side, as a share of it; cut there.
        rotation_share: share of the crops that are turned; None draws no random number for it (as the
            published detection task does, unlike that of poses).
        rotation: standard deviation in degrees; cut at twice that.
        flip: share of the crops that are mirrored.
        flip_center: the centre is mirrored with the image, so that the same part is seen; the published
            tasks of extreme points and of CenterTrack leave it where it is.
    """

    anywhere: bool = True
    shift: float = 0.1
    scale: float = 0.4
    rotation_share: float | None = None
    rotation: float = 0.0
    flip: float = 0.5
    flip_center: bool = True


def random_crop(size: Size, random: RandomState, options: CropOptions) -> Crop:
    """A crop of an image of (width, height) as CenterNet draws it: place, size, turn, mirror."""
    crop = whole_image(size)
    crop = anywhere(crop, size, random) if options.anywhere else near(crop, random, options)
    crop = replace(crop, rotation=_angle(random, options))
    if random.random_sample() < options.flip:
        x, y = crop.center
        crop = replace(crop, center=(size[0] - x - 1 if options.flip_center else x, y), flipped=True)
    return crop


def anywhere(crop: Crop, size: Size, random: RandomState) -> Crop:
    """Another size, and a centre at whole pixels away from the border."""
    larger = crop.scaled(float(random.choice(SCALES)))
    borders = [_border(side) for side in size]
    x, y = (float(random.randint(b, side - b)) for b, side in zip(borders, size, strict=True))
    return replace(larger, center=(x, y))


def near(crop: Crop, random: RandomState, options: CropOptions) -> Crop:
    """A little to the side, then a little larger or smaller."""
    return resized(shifted(crop, random, options.shift), random, options.scale)


def shifted(crop: Crop, random: RandomState, deviation: float) -> Crop:
    """Moved by a normally distributed share of its sides, at most twice the deviation."""
    sides = np.broadcast_to(crop.scale, (2,))
    x, y = (at + side * _normal(random, deviation) for at, side in zip(crop.center, sides, strict=True))
    return replace(crop, center=(float(x), float(y)))


def resized(crop: Crop, random: RandomState, deviation: float) -> Crop:
    """With sides longer or shorter by a normally distributed share, at most the deviation."""
    return crop.scaled(float(np.clip(random.randn() * deviation + 1, 1 - deviation, 1 + deviation)))


def _angle(random: RandomState, options: CropOptions) -> float:
    if options.rotation_share is None or random.random_sample() >= options.rotation_share:
        return 0.0
    return _normal(random, options.rotation)


def _normal(random: RandomState, deviation: float) -> float:
    return float(np.clip(random.randn() * deviation, -2 * deviation, 2 * deviation))


def _border(side: int) -> int:
    """Halved until a centre between two borders exists."""
    border, parts = BORDER, 1
    while side - border // parts <= border // parts:
        parts *= 2
    return border // parts
