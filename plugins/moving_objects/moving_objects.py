"""Moving objects before a camera that stands still: what differs from the empty background.

The background is learned from frames of the whole video (``background``), so that objects are found from the
first frame on, also those that stand still for a while. Shadows are taken away (``shadows``), fragments
joined and objects that touch separated (``blobs``), by the size that objects of this video usually have.
Those that have run into one region are told apart by what was seen of them in the frames before
(``together``). Each comes with the colours of its pixels (``looks``), by which a tracker knows it again.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.api import Detections, Image, option

from .background import Background
from .blobs import Region, joined, regions, separated
from .looks import looks
from .shadows import without_shadows
from .together import Together

FAINTEST = 6.0  # difference of 255 that counts at the rim of an object, if its noise is less
GLARE, GLOW = 5, 0.15  # pixels round a strong difference, and the share of it that is only its blur
LEAST_SHARE = 0.15  # of the usual area of an object
USUAL = 0.25  # share of all objects' pixels that is in smaller ones than usual: many large ones are several
FEWEST = 12  # pixels of an object, at the size at which frames are looked at
EVERYTHING = 0.7  # share of a frame that is no object but another light
BEFORE = 80  # frames for a background that had no sample of the whole video, and to tell objects apart
STRIDE, KEPT = 4, 40  # of them every which is kept, and how many


@dataclass(frozen=True)
class MovingObjectsOptions:
    """What counts as a moving object.

    Args:
        contrast: difference to the background, of 255, that an object has somewhere.
        smallest: area at least, in pixels of the video; 0 = a share of the usual area.
        margin: added to each side of a box, in shares of its size.
        shadows: take the shadows of objects away.
        separate: separate objects that touch or hide each other, and join fragments of one.
        samples: frames of the whole video from which the background is made.
        longest_side: pixels to which larger frames are reduced.
    """

    contrast: float = option(24.0, low=2.0, high=200.0)
    smallest: float = option(0.0, low=0.0)
    margin: float = option(0.03, low=0.0, high=0.5)
    shadows: bool = True
    separate: bool = True
    samples: int = option(40, low=0, high=500)
    longest_side: int = option(1024, low=64, high=8192)


class MovingObjects:
    """The detector; see the module."""

    classes = ("object",)
    warm_up = BEFORE

    def __init__(self, options: MovingObjectsOptions) -> None:
        self.options = options
        self._samples: list[tuple[int, Image]] = []  # not yet in the background
        self._recent: list[tuple[int, Image]] = []  # of a video that was not learned
        self._background: Background | None = None
        self._learned = False
        self._together = Together()
        self._usual = 0.0  # area of an object, in pixels at the size looked at; 0 = not known

    @property
    def samples(self) -> int:
        """Frames of the whole video to learn from."""
        return self.options.samples

    def learn(self, frame: int, image: Image) -> None:
        """Keep a frame for the background."""
        self._samples.append((frame, self._reduced(image).copy()))
        self._learned = True

    def detect(self, frame: int, image: Image) -> Detections:
        """What moves, or has moved, in a frame."""
        small = self._reduced(image)
        if not self._learned:
            self._remember(frame, small)
        if self._samples:
            self._build()
        found, difference = self._regions(frame, small, self._usual)
        if self.options.separate:
            size = (small.shape[1], small.shape[0])
            found = self._together.told_apart(frame, found, usual=self._usual, size=size)
        if not found:
            return Detections.none()
        scale = np.array([image.shape[1] / small.shape[1], image.shape[0] / small.shape[0]] * 2)
        scores = self._scores(found, difference)
        order = np.argsort(-scores, kind="stable")
        colours = looks(small, found)
        return Detections(
            self._boxes(found, scale)[order], scores[order], np.zeros(len(found), np.int64), colours[order]
        )

    def _remember(self, frame: int, image: Image) -> None:
        """Keep some of the frames that were shown, and renew the background when there are many new ones."""
        if not self._recent or frame >= self._recent[-1][0] + STRIDE:
            self._recent = [*self._recent, (frame, image.copy())][-KEPT:]
            count = (frame // STRIDE) % KEPT
            if len(self._recent) < KEPT // 4 or count % (KEPT // 4) == 0:
                self._samples = list(self._recent)

    def _build(self) -> None:
        samples, self._samples = self._samples, []
        self._background = Background(samples, self.options.contrast)
        self._usual = _usual_area([r for at, seen in samples for r in self._regions(at, seen, 0.0)[0]])

    def _regions(self, frame: int, image: Image, usual: float) -> tuple[list[Region], Image]:
        """The objects of a frame, and how much each pixel differs from the background, of 255."""
        assert self._background is not None
        smooth, noise, background = self._background.difference(frame, image)
        near = cv2.dilate(smooth, np.ones((GLARE, GLARE), np.uint8))
        least = np.maximum(np.maximum(noise, FAINTEST), GLOW * near)
        low = (smooth > least).astype(np.uint8)
        if low.mean() > EVERYTHING:
            return [], smooth
        if self.options.shadows:
            low = without_shadows(low, image, background, noise=float(np.median(noise)))
        low = cv2.morphologyEx(low, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))
        high = (smooth > np.maximum(1.5 * noise, self.options.contrast)).astype(np.uint8)
        found = regions(low, high & low, fewest=FEWEST)
        if self.options.separate:
            found = separated(joined(found, usual), usual)
        smallest = self._smallest(usual)
        return [region for region in found if region.area >= smallest], smooth

    def _smallest(self, usual: float) -> float:
        wanted = self.options.smallest * self._scale**2
        return max(FEWEST, wanted or LEAST_SHARE * usual)

    def _reduced(self, image: Image) -> Image:
        """The frame at the size at which it is looked at."""
        self._scale = min(self.options.longest_side / max(image.shape[:2]), 1.0)
        if self._scale == 1.0:
            return image
        size = (round(image.shape[1] * self._scale), round(image.shape[0] * self._scale))
        return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)

    def _boxes(self, found: list[Region], scale: NDArray[np.float64]) -> NDArray[np.float64]:
        boxes = np.array([region.box for region in found], np.float64) * scale
        boxes[:, :2] -= self.options.margin * boxes[:, 2:]
        boxes[:, 2:] *= 1 + 2 * self.options.margin
        return boxes

    def _scores(self, found: list[Region], difference: Image) -> NDArray[np.float64]:
        """Near 1 for what differs clearly and is not small."""
        strength = np.array([difference[region.place][region.mask > 0].mean() for region in found])
        size = np.minimum(np.array([region.area for region in found]) / max(self._usual, 1.0), 1.0)
        return np.asarray((1 - np.exp(-strength / self.options.contrast)) * np.sqrt(size), np.float64)


def _usual_area(found: list[Region]) -> float:
    """The area of an object of middle size; large ones count more, for noise is many and small."""
    areas = np.sort([region.area for region in found])
    if not len(areas):
        return 0.0
    weight = np.cumsum(areas)
    return float(areas[np.searchsorted(weight, USUAL * weight[-1])])
