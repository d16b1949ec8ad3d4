"""People, upright, by the histograms of oriented gradients that come with OpenCV.

Dalal and Triggs, Histograms of Oriented Gradients for Human Detection, 2005. The classifier looks at windows
of 64 x 128 pixels in which a person is about 96 pixels tall, so a box is smaller than its window, and small
people are looked for in an enlarged picture. Beside the classifier two things speak for a person: that
windows of nearby places and sizes agree, and that other people of the video are as tall. The second is
learned from frames of the whole video, which also tells which sizes need not be looked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.api import Detections, Image, ModelError, option

Array = NDArray[np.float64]

WINDOW = (64, 128)  # pixels the classifier looks at
PERSON = (0.60, 0.78)  # width and height of a person, in those of the window
TALL = PERSON[1] * WINDOW[1]  # pixels, of a person in the window
WEAKEST = -0.5  # margin of the classifier, below which a window is no evidence
AGREEING = 0.55  # overlap with the best window, of those that speak for it
AGREEMENT = 1.0  # worth of e times the evidence, in margins
TRUST = 2.0  # of a margin, when sizes are learned: e to this power
SPREAD = 0.25  # of the logarithm of heights, round those that were seen
SIZE_WORTH = 1.5  # of a height e times likelier, in margins
RARE = 0.02  # a height, beside the likeliest
SURE = 1.0  # evidence from which somebody was seen at all
SLOPE, MIDDLE = 0.85, 0.95  # of the probability that evidence stands for, see ``_probability``
UNLIKELY = 0.02  # probability below which nothing is said


@dataclass(frozen=True)
class PeopleOptions:
    """What is looked for.

    Args:
        smallest: height of the smallest people in pixels; smaller ones need a larger picture and more time.
        largest: height of the largest people in pixels; 0 = as tall as the picture.
        step: ratio of the sizes that are looked for; finer is slower.
        overlap: of two boxes that overlap more than this, only the likelier one is kept, [0, 1].
        samples: frames of the whole video from which it is learned how tall people are; 0 = not.
    """

    smallest: float = option(48.0, low=16.0, high=2000.0)
    largest: float = option(0.0, low=0.0)
    step: float = option(1.07, low=1.01, high=1.5)
    overlap: float = 0.45
    samples: int = option(10, low=0, high=200)


class Heights(NamedTuple):
    """How tall people of the video are: logarithms of heights, and the weight of each."""

    logs: Array
    weights: Array
    most: float  # likelihood of the likeliest

    def likelihood(self, heights: Array) -> Array:
        """(N,) of heights, that of the likeliest being 1."""
        return _density(np.log(heights), self.logs, self.weights) / self.most


class People:
    """The detector; see the module."""

    classes = ("person",)
    warm_up = 0

    def __init__(self, options: PeopleOptions) -> None:
        self.options = options
        self._hog = _classifier()
        self._seen: list[tuple[Array, Array]] = []  # boxes and evidence of each sample
        self._heights: Heights | None = None
        self._workers = ThreadPoolExecutor(max(cv2.getNumThreads(), 1))

    @property
    def samples(self) -> int:
        """Frames of the whole video to learn from."""
        return self.options.samples

    def learn(self, frame: int, image: Image) -> None:
        """See how tall people are in a frame."""
        self._seen.append(self._evidence(image, self._sizes(image)))

    def detect(self, frame: int, image: Image) -> Detections:
        """The people in a frame."""
        if self._seen:
            self._heights, self._seen = _heights(self._seen), []
        boxes, evidence = self._evidence(image, self._sizes(image))
        if self._heights is not None and len(boxes):
            likely = np.log(self._heights.likelihood(boxes[:, 3]) + RARE)
            evidence = evidence + SIZE_WORTH * likely
        scores = _probability(evidence)
        order = np.argsort(-scores, kind="stable")
        order = order[scores[order] >= UNLIKELY]
        return Detections(boxes[order], scores[order], np.zeros(len(order), np.int64))

    def _sizes(self, image: Image) -> list[float]:
        """Heights of people to look for, in pixels."""
        most = (self.options.largest or float(image.shape[0])) * (1 + 1e-9)
        least = min(self.options.smallest, most)
        count = int(np.log(most / least) / np.log(self.options.step)) + 1
        sizes = least * self.options.step ** np.arange(count)
        if self._heights is not None:
            known = self._heights.likelihood(sizes) > RARE
            sizes = sizes[known] if known.any() else sizes
        return list(map(float, sizes))

    def _evidence(self, image: Image, sizes: Sequence[float]) -> tuple[Array, Array]:
        """(N, 4) boxes of people and (N,) what speaks for each, in margins of the classifier."""
        found = list(self._workers.map(lambda size: self._windows(image, size), sizes))
        windows, margins = (np.concatenate([part[i] for part in found]) for i in (0, 1))
        return _agreed(_people(windows), margins, overlap=self.options.overlap)

    def _windows(self, image: Image, size: float) -> tuple[Array, Array]:
        """Windows (N, 4) in pixels of the image and their margins (N,), for people of one height."""
        scale = TALL / size
        height, width = (round(side * scale) for side in image.shape[:2])
        border = WINDOW[0] // 4  # people at the edge have no margin of their own
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        seen = cv2.resize(image, (max(width, 1), max(height, 1)), interpolation=how)
        down = max(border, (WINDOW[1] - height + 1) // 2)
        across = max(border, (WINDOW[0] - width + 1) // 2)
        seen = cv2.copyMakeBorder(seen, down, down, across, across, cv2.BORDER_REPLICATE)
        places, margins = self._hog.detect(seen, hitThreshold=WEAKEST, winStride=(8, 8), padding=(0, 0))
        if not len(places):
            return np.zeros((0, 4)), np.zeros(0)
        corners = np.asarray(places, np.float64).reshape(-1, 2) - (across, down)
        sides = np.broadcast_to(np.array(WINDOW, np.float64), corners.shape)
        return np.concatenate([corners, sides], 1) / scale, np.asarray(margins, np.float64).ravel()


def _classifier() -> Any:
    """OpenCV's descriptor with its classifier of people.

    Raises:
        ModelError: this OpenCV has none.
    """
    module = cv2 if hasattr(cv2, "HOGDescriptor") else getattr(cv2, "xobjdetect", None)
    if not hasattr(module, "HOGDescriptor"):
        raise ModelError(
            f"OpenCV {cv2.__version__} has no HOG detector, which left its main package with version 5; "
            "install opencv-contrib-python-headless, or use another detector."
        )
    hog = module.HOGDescriptor()
    hog.setSVMDetector(module.HOGDescriptor_getDefaultPeopleDetector())
    return hog


def _people(windows: Array) -> Array:
    """The boxes of people in the middle of windows."""
    sides = windows[:, 2:] * PERSON
    return np.concatenate([windows[:, :2] + (windows[:, 2:] - sides) / 2, sides], 1)


def _agreed(boxes: Array, margins: Array, *, overlap: float) -> tuple[Array, Array]:
    """One box for each person, the mean of those that agree, and the evidence of all of these."""
    kept, evidence = [], []
    left = np.ones(len(boxes), np.bool_)
    weights = margins - WEAKEST
    for best in np.argsort(-margins, kind="stable"):
        if not left[best]:
            continue
        shared = _overlaps(boxes[best], boxes)
        agreeing = shared > AGREEING
        weight = weights[agreeing]
        total = max(float(weight.sum()), 1e-3)
        kept.append((boxes[agreeing] * weight[:, None]).sum(0) / total if weight.any() else boxes[best])
        evidence.append(margins[best] + AGREEMENT * np.log(total))
        left &= shared <= overlap
    return np.array(kept).reshape(-1, 4), np.array(evidence)


def _overlaps(box: Array, boxes: Array) -> Array:
    """(N,) intersection over union."""
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[:2] + box[2:], boxes[:, :2] + boxes[:, 2:])
    common = np.clip(high - low, 0, None).prod(1)
    return np.asarray(common / (box[2:].prod() + boxes[:, 2:].prod(1) - common))


def _heights(seen: Sequence[tuple[Array, Array]]) -> Heights | None:
    """What frames of the video say about heights; None where nobody was surely seen."""
    boxes = np.concatenate([found for found, _ in seen])
    evidence = np.concatenate([found for _, found in seen])
    if not len(boxes) or evidence.max() < SURE:
        return None
    logs, weights = np.log(boxes[:, 3]), np.exp(TRUST * (evidence - evidence.max()))
    grid = np.linspace(logs.min(), logs.max(), 100)
    return Heights(logs, weights, float(_density(grid, logs, weights).max()))


def _density(at: Array, logs: Array, weights: Array) -> Array:
    return np.asarray(np.exp(-0.5 * ((at[:, None] - logs) / SPREAD) ** 2) @ weights)


def _probability(evidence: Array) -> Array:
    """That evidence stands for a person."""
    return np.asarray(1 / (1 + np.exp(-SLOPE * (evidence - MIDDLE))))
