"""The empty background of a camera that stands still, and what differs from it.

From a sample of the whole video the background is the median of each pixel. That shows a ghost of whatever
stood at one place for most of the time; a ghost is known by its outline, which is an edge of the background
and not of the frames in which the place differs from it. There the background is taken from those frames
(after the ghosts of Cucchiara et al., Detecting Moving Objects, Ghosts, and Shadows in Video Streams, 2003,
who tell them by optical flow instead).

Light that changes slowly is followed from sample to sample, the exposure from frame to frame. Without a
sample, as for a camera, the background begins with the first frame and follows the later ones where nothing
moves.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Image = NDArray[np.uint8]

ROUNDS = 4  # in which ghosts are looked for
COARSE = 512  # pixels of the longest side at which they are
SHARPER = 1.3  # times that an outline is sharper in one picture than in the other, to be believed
RIM = 0.4  # width of the faint rim of a ghost, in square roots of its area
MEASURED = 24  # samples from which noise is measured
QUIET = 1.0  # least standard deviation of a pixel, of 255: a coded video has little noise of its own
LEAST_GAIN, MOST_GAIN = 0.6, 1.6  # of the exposure
LIGHT_CELL = 32  # pixels over which light changes evenly
SEEN = 0.75  # change of the light, of 255, that is worth following
FOLLOW = 0.02  # share of a frame in a background that follows


class Background:
    """The background at every time; see the module.

    Args:
        contrast: difference to the background, of 255, from which a pixel is foreground.
    """

    def __init__(self, contrast: float) -> None:
        self._contrast = contrast
        self._samples: list[tuple[int, Image]] = []
        self._picture: Image | None = None  # (H, W, 3)
        self._noise: Array | None = None  # (H, W)
        self._times: NDArray[np.int64] = np.empty(0, np.int64)
        self._light: Array | None = None  # samples, cells down, cells across, 3

    @property
    def learned(self) -> bool:
        """Whether it knows the video, so that frames can be looked at in any order."""
        return bool(self._samples) or len(self._times) > 0

    @property
    def is_waiting(self) -> bool:
        """Whether there are samples and no background yet."""
        return bool(self._samples)

    def add_sample(self, frame: int, image: Image) -> None:
        """A frame (H, W, 3) of the whole video, at the size at which all are looked at."""
        self._samples.append((frame, image.copy()))

    def build(self) -> list[tuple[int, Image]]:
        """Make the background from the samples, which are given back and not kept."""
        samples, self._samples = self._samples, []
        stack = np.stack([image for _, image in samples])
        self._picture = _median(stack)
        free = _free_of_ghosts(np.stack([_coarse(image) for image in stack]), self._contrast)
        self._picture = _from_free(stack, free, self._picture)
        self._times = np.array([frame for frame, _ in samples])
        self._measure(stack)
        return samples

    def difference(self, frame: int, image: Image) -> tuple[Image, Array, Image]:
        """How a frame differs from the background.

        Returns:
            (H, W) largest difference of a channel, of 255; (H, W) the standard deviation of its noise; and
            (H, W, 3) the background in this frame's light.
        """
        if self._picture is None or self._noise is None:
            self._picture = image.copy()
            self._noise = np.full(image.shape[:2], 2 * QUIET, np.float32)
        lit = _in_light(self._picture, _gain(image, self._picture), self._light_at(frame))
        return _largest(image, lit), self._noise, lit

    def follow(self, image: Image, moving: Image) -> None:
        """Let a background without a sample follow a frame where nothing moves, and forget ghosts.

        Args:
            moving: (H, W) nonzero in what was found.
        """
        if self.learned or self._picture is None:
            return
        count, labels = cv2.connectedComponents(moving)
        ghosts = np.isin(labels, _ghosts(labels, count, image, self._picture))
        self._picture[ghosts] = image[ghosts]
        near = cv2.dilate(moving, np.ones((5, 5), np.uint8)) > 0
        followed = cv2.addWeighted(self._picture, 1 - FOLLOW, image, FOLLOW, 0)
        self._picture = np.where(near[..., None], self._picture, followed)

    def _measure(self, stack: NDArray[np.uint8]) -> None:
        """The noise of each pixel, and the light at the time of each sample."""
        assert self._picture is not None
        squares = np.zeros(stack.shape[1:3], np.float32)
        count = np.zeros(stack.shape[1:3], np.float32)
        every = max(len(stack) // MEASURED, 1)
        light = []
        for number, image in enumerate(stack):
            lit = _in_light(self._picture, _gain(image, self._picture), None)
            still = cv2.dilate(_differs(image, lit, self._contrast), np.ones((9, 9), np.uint8)) ^ 1
            light.append(_cells(cv2.subtract(image, lit, dtype=cv2.CV_32F), still.astype(np.float32)))
            if number % every == 0:
                off = _largest(image, _in_light(lit, np.ones(3, np.float32), light[-1]))
                squares += cv2.multiply(off, off * still, dtype=cv2.CV_32F)
                count += still
        usual = float(np.sqrt(squares.sum() / max(count.sum(), 1)))
        noise = np.where(count >= 5, np.sqrt(squares / np.maximum(count, 1)), usual)
        self._noise = np.maximum(cv2.GaussianBlur(noise.astype(np.float32), (0, 0), 2), QUIET)
        self._light = np.stack(light)

    def _light_at(self, frame: int) -> Array | None:
        """What the light adds at a time, between the samples about it."""
        if self._light is None or not len(self._times):
            return None
        place = float(np.interp(frame, self._times, np.arange(len(self._times))))
        before = min(int(place), len(self._times) - 1)
        after = min(before + 1, len(self._times) - 1)
        between = (1 - place + before) * self._light[before] + (place - before) * self._light[after]
        return np.asarray(between, np.float32)


def _free_of_ghosts(stack: NDArray[np.uint8], contrast: float) -> NDArray[np.bool_]:
    """(S, h, w): where a sample shows what a ghost in the median of all hides."""
    picture = _median(stack)
    free = np.zeros(stack.shape[:3], np.bool_)
    for _ in range(ROUNDS):
        new = np.zeros_like(free)
        votes = np.zeros(stack.shape[1:3], np.int32)
        for image, place in zip(stack, new, strict=True):
            lit = _in_light(picture, _gain(image, picture), None)
            mask = _differs(image, lit, contrast)
            count, labels = cv2.connectedComponents(mask)
            place |= _widened(np.isin(labels, _ghosts(labels, count, image, picture)), mask)
            votes += place
            votes -= np.isin(labels, _ghosts(labels, count, picture, image))
        new &= votes > 0
        if not new.any():
            break
        free = np.where(new.any(0), new, free)
        picture = _from_free(stack, free, picture)
    return free


def _widened(ghosts: NDArray[np.bool_], differs: Image) -> NDArray[np.bool_]:
    """Ghosts with their faint rims, which differ too little, and without what is another object."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(ghosts.astype(np.uint8))
    if count < 2:
        return ghosts
    reach = 1 + 2 * int(RIM * np.sqrt(stats[1:, cv2.CC_STAT_AREA].max()))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    others = cv2.dilate(differs & ~ghosts.astype(np.uint8) & 1, kernel)
    wide = cv2.dilate(ghosts.astype(np.uint8), kernel)
    return ghosts | ((wide > 0) & (others == 0))


def _from_free(stack: NDArray[np.uint8], free: NDArray[np.bool_], picture: Image) -> Image:
    """The picture, where samples are free with the median of these; ``free`` may be of a smaller size."""
    size = (picture.shape[1], picture.shape[0])
    masks = np.stack([cv2.resize(f.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) for f in free])
    rows, columns = np.nonzero(masks.any(0))
    if not len(rows):
        return picture
    values = np.ma.masked_array(
        stack[:, rows, columns], mask=np.repeat(masks[:, rows, columns, None] == 0, 3, 2)
    )
    picture = picture.copy()
    picture[rows, columns] = np.ma.median(values, axis=0).filled(0).astype(np.uint8)
    return picture


def _coarse(image: Image) -> Image:
    scale = min(COARSE / max(image.shape[:2]), 1.0)
    size = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


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


def _ghosts(labels: NDArray[np.int32], count: int, image: Image, background: Image) -> list[int]:
    """The regions whose outline is an edge of the background, and not of the frame."""
    if count < 2:
        return []
    high = np.minimum(labels, 2**15 - 1).astype(np.int16)
    kernel = np.ones((3, 3), np.uint8)
    wide = cv2.dilate(high, kernel)
    at = np.flatnonzero(wide != cv2.erode(high, kernel))
    numbers = wide.ravel()[at]
    length = np.maximum(np.bincount(numbers, minlength=count), 1)
    seen = np.bincount(numbers, _edges(image).ravel()[at], count) / length
    known = np.bincount(numbers, _edges(background).ravel()[at], count) / length
    return [n for n in range(1, count) if known[n] > SHARPER * seen[n] + 1.0]


def _edges(image: Image) -> Array:
    """(H, W) steepness of the grey picture."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.magnitude(across, down) / 4, np.float32)
