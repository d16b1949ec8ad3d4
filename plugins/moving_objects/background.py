"""The empty background of a camera that stands still, and what differs from it.

From a sample of the video the background is the median of each pixel. That shows a ghost of whatever stood at
one place for most of the time. Where a pixel has a second look that is steady over several samples, the place
is a ghost if its outline is an edge of the median and not of the second look; then the second look is the
background. (Cucchiara et al., Detecting Moving Objects, Ghosts, and Shadows in Video Streams, 2003, tell
ghosts by optical flow, frame by frame.)

Light that changes slowly is followed from sample to sample, the exposure from frame to frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Image = NDArray[np.uint8]
Bits = NDArray[np.bool_]

ROUNDS = 3  # in which ghosts are looked for
COARSE = 512  # pixels of the longest side at which they are
SHARPER = 1.3  # times that an outline is sharper in one picture than in the other, to be believed
FEWEST_SECOND, LEAST_SECOND = 3, 0.06  # samples that show a second look, and their share of all
PARTLY = 0.6  # share of a ghost that differs in the samples that show what is behind it
SAME_TIMES = 0.6  # share of the samples in which two neighbours differ, for them to be of one ghost
RIM = 0.4  # width of the faint rim of a ghost, in square roots of its area
FEWEST = 12  # pixels of a ghost
MEASURED = 24  # samples from which noise is measured
DEVIATIONS = 5.0  # of its noise by which a pixel differs at least
LEAST_GAIN, MOST_GAIN = 0.6, 1.6  # of the exposure
LIGHT_CELL = 32  # pixels over which light changes evenly
SEEN = 0.75  # change of the light, of 255, that is worth following


class Background:
    """The background at every time.

    Args:
        samples: (frame, image (H, W, 3)) in increasing order, at least one.
        contrast: difference to the background, of 255, that an object has.
    """

    def __init__(self, samples: Sequence[tuple[int, Image]], contrast: float) -> None:
        stack = _of_one_exposure(np.stack([image for _, image in samples]))
        self._contrast = contrast
        self._times = np.array([frame for frame, _ in samples])
        free = _behind_ghosts(np.stack([_coarse(image) for image in stack]), contrast)
        self._picture = _from_free(stack, free, _median(stack))
        self._light, self._noise = self._measured(stack)

    def difference(self, frame: int, image: Image) -> tuple[Image, Array, Image]:
        """How a frame differs from the background.

        Returns:
            (H, W) largest difference of a channel, smoothed, of 255; (H, W) up to where it is noise; and
            (H, W, 3) the background in this frame's light.
        """
        lit = _in_light(self._picture, _gain(image, self._picture), self._light_at(frame))
        return _smooth(_largest(image, lit)), self._noise, lit

    def _measured(self, stack: NDArray[np.uint8]) -> tuple[Array, Array]:
        """The light at the time of each sample, and up to where a pixel's difference is noise."""
        sums, squares, count = np.zeros((3, *stack.shape[1:3]), np.float32)
        every = max(len(stack) // MEASURED, 1)
        light = []
        for number, image in enumerate(stack):
            lit = _in_light(self._picture, _gain(image, self._picture), None)
            still = cv2.dilate(_differs(image, lit, self._contrast), np.ones((9, 9), np.uint8)) ^ 1
            light.append(_cells(cv2.subtract(image, lit, dtype=cv2.CV_32F), still.astype(np.float32)))
            if number % every == 0:
                off = _smooth(_largest(image, _in_light(lit, np.ones(3, np.float32), light[-1])))
                off = cv2.multiply(off, still, dtype=cv2.CV_32F)
                sums += off
                squares += off * off
                count += still
        known = np.maximum(count, 1)
        mean = sums / known
        variance = np.maximum(squares / known - mean * mean, 0)
        usual_mean, usual_variance = (
            float((v * count).sum() / max(count.sum(), 1)) for v in (mean, variance)
        )
        mean = np.where(count >= 5, mean, usual_mean).astype(np.float32)
        variance = np.where(count >= 5, np.maximum(variance, usual_variance), usual_variance)
        noise = mean + DEVIATIONS * np.sqrt(variance)
        return np.stack(light), np.asarray(cv2.GaussianBlur(noise.astype(np.float32), (0, 0), 2), np.float32)

    def _light_at(self, frame: int) -> Array:
        """What the light adds at a time, between the samples about it."""
        place = float(np.interp(frame, self._times, np.arange(len(self._times))))
        before = min(int(place), len(self._times) - 1)
        after = min(before + 1, len(self._times) - 1)
        between = (1 - place + before) * self._light[before] + (place - before) * self._light[after]
        return np.asarray(between, np.float32)


def _behind_ghosts(stack: NDArray[np.uint8], contrast: float) -> Bits:
    """(S, h, w): where and in which samples one sees what a ghost in the median of all hides."""
    picture = _median(stack)
    free = np.zeros(stack.shape[:3], np.bool_)
    for _ in range(ROUNDS):
        off = np.stack([_smooth(_largest(i, _in_light(picture, _gain(i, picture), None))) for i in stack])
        least = float(np.median(off)) + contrast / 2
        differs = off > least
        second, steady = _second_look(stack, differs, picture, least)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(steady, connectivity=4)
        labels = _up_to_the_lines(labels)
        large = [n for n in range(1, count) if stats[n, cv2.CC_STAT_AREA] >= FEWEST]
        ghosts = [n for n in large if _is_ghost(labels == n, second, picture)]
        for number in ghosts:
            place = labels == number
            times = differs[:, place].mean(axis=1) > PARTLY
            rim = _widened(place, int(stats[number, cv2.CC_STAT_AREA]))
            free[times] |= place | (rim & ~differs[times])
        if not ghosts or not free.any():
            break
        picture = _from_free(stack, free, picture)
    return free


def _second_look(
    stack: NDArray[np.uint8], differs: Bits, picture: Image, least: float
) -> tuple[Image, Image]:
    """The picture with every second look that is steady in its place, and (h, w) where that is.

    Places that had it at other times are parted by a line: the way of an object and the place where one
    stood.
    """
    often = differs.sum(0) >= max(FEWEST_SECOND, LEAST_SECOND * len(stack))
    rows, columns = np.nonzero(often)
    second, steady = picture.copy(), np.zeros(picture.shape[:2], np.uint8)
    if not len(rows):
        return second, steady
    values = stack[:, rows, columns].astype(np.float32)
    values[~differs[:, rows, columns]] = np.nan
    look = np.nanmedian(values, axis=0)  # pixels, 3
    spread = np.nanmedian(np.abs(values - look).max(axis=2), axis=0)
    sound = spread < least
    second[rows[sound], columns[sound]] = look[sound].astype(np.uint8)
    steady[rows[sound], columns[sound]] = 1
    steady[cv2.dilate(_at_other_times(differs).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0] = 0
    return second, np.asarray(cv2.morphologyEx(steady, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)


def _at_other_times(differs: Bits) -> Bits:
    """(h, w): pixels whose neighbour to the left or above differs in other samples."""
    apart = np.zeros(differs.shape[1:], np.bool_)
    for axis in (1, 2):
        here = np.take(differs, range(1, differs.shape[axis]), axis)
        there = np.take(differs, range(differs.shape[axis] - 1), axis)
        both, either = (here & there).sum(0), (here | there).sum(0)
        at = np.s_[1:, :] if axis == 1 else np.s_[:, 1:]
        apart[at] |= both < SAME_TIMES * either
    return apart


def _up_to_the_lines(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Regions with the lines that part them, and their rims."""
    wide = cv2.dilate(np.minimum(labels, 2**15 - 1).astype(np.int16), np.ones((5, 5), np.uint8))
    return np.where(labels > 0, labels, wide).astype(np.int32)


def _is_ghost(place: Bits, second: Image, picture: Image) -> bool:
    """Whether the outline of a place is an edge of the picture, and is none with the second look there."""
    x, y, w, h = cv2.boundingRect(place.astype(np.uint8))
    around = np.s_[max(y - 3, 0) : y + h + 3, max(x - 3, 0) : x + w + 3]
    inside, shown = place[around].astype(np.uint8), picture[around]
    hidden = np.where(inside[..., None] > 0, second[around], shown)
    kernel = np.ones((3, 3), np.uint8)
    outline = cv2.dilate(inside, kernel) != cv2.erode(inside, kernel)
    before, after = (float(_edges(part)[outline].mean()) for part in (shown, hidden))
    return before > SHARPER * after + 1.0


def _widened(place: Bits, area: int) -> Bits:
    """A ghost with its rim, which differs too little to be seen."""
    reach = 1 + 2 * int(RIM * np.sqrt(area))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    return np.asarray(cv2.dilate(place.astype(np.uint8), kernel) > 0)


def _from_free(stack: NDArray[np.uint8], free: Bits, picture: Image) -> Image:
    """The picture, where samples are free with the median of these; ``free`` may be of a smaller size."""
    size = (picture.shape[1], picture.shape[0])
    masks = np.stack([cv2.resize(f.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) for f in free])
    rows, columns = np.nonzero(masks.any(0))
    if not len(rows):
        return picture
    values = stack[:, rows, columns].astype(np.float32)
    values[masks[:, rows, columns] == 0] = np.nan
    picture = picture.copy()
    picture[rows, columns] = np.nanmedian(values, axis=0).astype(np.uint8)
    return picture


def _smooth(difference: Image) -> Image:
    return np.asarray(cv2.GaussianBlur(difference, (0, 0), 1.0), np.uint8)


def _coarse(image: Image) -> Image:
    scale = min(COARSE / max(image.shape[:2]), 1.0)
    size = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _of_one_exposure(stack: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The samples as bright as their median is."""
    usual = _median(stack)
    return np.stack([_in_light(image, 1 / _gain(image, usual), None) for image in stack])


def _median(stack: NDArray[np.uint8]) -> Image:
    """Of (S, H, W, 3) over S, a few rows at a time, which is far quicker than all at once."""
    middle = len(stack) // 2
    rows = []
    for first in range(0, stack.shape[1], 16):
        part = np.ascontiguousarray(np.moveaxis(stack[:, first : first + 16], 0, -1))
        part.partition(middle, axis=-1)
        rows.append(part[..., middle])
    return np.concatenate(rows)


def _differs(image: Image, background: Image, contrast: float) -> Image:
    """(H, W) of 0 and 1: what differs, without single pixels."""
    off = cv2.blur(_largest(image, background), (3, 3))
    _, mask = cv2.threshold(off, contrast, 1, cv2.THRESH_BINARY)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)


def _largest(image: Image, background: Image) -> Image:
    """(H, W) largest difference of a channel."""
    first, second, third = cv2.split(cv2.absdiff(image, background))
    return np.asarray(cv2.max(cv2.max(first, second), third), np.uint8)


def _gain(image: Image, background: Image) -> Array:
    """(3,) how much brighter the frame is as a whole."""
    seen, known = image[::8, ::8].reshape(-1, 3), background[::8, ::8].reshape(-1, 3)
    bright = (known > 24).all(1) & (known < 235).all(1)
    if bright.sum() < 100:
        return np.ones(3, np.float32)
    gain = np.median(seen[bright] / known[bright].astype(np.float32), axis=0)
    return np.asarray(np.clip(gain, LEAST_GAIN, MOST_GAIN), np.float32)


def _in_light(background: Image, gain: Array, light: Array | None) -> Image:
    """The background brighter by a gain of each channel (3,), and by what cells of light add."""
    lit = background
    if (np.abs(gain - 1) * 255 > SEEN).any():
        lit = cv2.multiply(lit, (*map(float, gain), 0.0))
    if light is not None and np.abs(light).max() > SEEN:
        shape = (background.shape[1], background.shape[0])
        lit = cv2.add(lit, cv2.resize(light, shape, interpolation=cv2.INTER_LINEAR), dtype=cv2.CV_8U)
    return np.asarray(lit, np.uint8)


def _cells(difference: Array, still: Array) -> Array:
    """What the light has changed, cell by cell, from the pixels where nothing moves; 0 where all moves."""
    height, width = still.shape
    size = (max(width // LIGHT_CELL, 1), max(height // LIGHT_CELL, 1))
    total = cv2.resize(difference * still[..., None], size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(still, size, interpolation=cv2.INTER_AREA)
    return np.asarray(total / np.maximum(share, 0.25)[..., None], np.float32)


def _edges(image: Image) -> Array:
    """(H, W) steepness of the channel that is steepest."""
    across, down = cv2.Sobel(image, cv2.CV_32F, 1, 0), cv2.Sobel(image, cv2.CV_32F, 0, 1)
    return np.asarray(np.sqrt(across * across + down * down).max(axis=2) / 4, np.float32)
