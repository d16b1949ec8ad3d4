"""Foreground pixels into objects: fragments joined, those that touch separated.

What tells fragments from neighbours, and one large object from two that touch, is how large objects of this
video usually are; where that is not known, regions stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int32]
Mask = NDArray[np.uint8]
Box = tuple[int, int, int, int]

SMALL = 0.5  # share of the usual area below which a region may be a fragment
JOINED = 1.5  # usual areas that joined fragments stay below
NEAR = 0.35  # usual diameters between fragments
NECK = 0.75  # width of a neck, in widths of the narrower of two bodies, below which they are two
LARGE = 1.5  # usual areas from which a region may be several objects
LEAST_BODY = 0.3  # usual areas of each of them
LEVELS = 18  # of depth at which bodies are looked for


@dataclass(frozen=True, eq=False)
class Region:
    """Pixels that may be an object: ``mask`` (h, w) of 0 and 1, whose corner is at x, y of the frame."""

    x: int
    y: int
    mask: Mask

    @property
    def area(self) -> int:
        """Pixels."""
        return int(np.count_nonzero(self.mask))

    @property
    def box(self) -> Box:
        """x, y, w, h."""
        return self.x, self.y, self.mask.shape[1], self.mask.shape[0]

    @property
    def place(self) -> tuple[slice, slice]:
        """Its rows and columns of the frame."""
        x, y, w, h = self.box
        return np.s_[y : y + h, x : x + w]

    def moved(self, across: int, down: int) -> Region:
        """The same pixels elsewhere."""
        return Region(self.x + across, self.y + down, self.mask)

    def within(self, box: Box) -> Mask:
        """(h, w) of a box: the region's pixels in it."""
        left, top, width, height = box
        inside = np.zeros((height, width), np.uint8)
        rows = _spans(top, height, self.y, self.mask.shape[0])
        columns = _spans(left, width, self.x, self.mask.shape[1])
        inside[rows[0], columns[0]] = self.mask[rows[1], columns[1]]
        return inside


def regions(low: Mask, high: Mask, *, fewest: int) -> list[Region]:
    """Connected regions of ``low`` with a pixel of ``high`` and at least ``fewest`` pixels, holes filled."""
    outlines, _ = cv2.findContours(low, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros_like(low)
    cv2.drawContours(filled, outlines, -1, 1, thickness=cv2.FILLED)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(filled, connectivity=8)
    found = []
    for number in range(1, count):
        x, y, w, h, area = map(int, stats[number])
        if area < fewest:
            continue
        place = np.s_[y : y + h, x : x + w]
        mask = (labels[place] == number).astype(np.uint8)
        if (mask & high[place]).any():
            found.append(Region(x, y, mask))
    return found


def joined(found: Sequence[Region], usual: float) -> list[Region]:
    """Regions with the fragments of one object made one.

    Args:
        usual: area of an object in pixels; 0 = not known.
    """
    if usual <= 0:
        return list(found)
    kept: list[Region] = sorted(found, key=lambda region: -region.area)
    reach = NEAR * np.sqrt(usual)
    for fragment in [region for region in kept[::-1] if region.area < SMALL * usual]:
        others = [r for r in kept if r is not fragment and r.area + fragment.area <= JOINED * usual]
        near = min(others, key=lambda other: _gap(fragment, other), default=None)
        if near is not None and fragment in kept and _gap(fragment, near) <= reach:
            kept = [r for r in kept if r is not fragment and r is not near] + [_union(fragment, near)]
    return kept


def separated(found: Sequence[Region], usual: float) -> list[Region]:
    """Regions with those that are several objects taken apart; ``usual`` as in ``joined``."""
    apart: list[Region] = []
    for region in found:
        if usual <= 0 or region.area < LARGE * usual:
            apart.append(region)
        else:
            apart += _bodies(region, usual)
    return apart


def _bodies(region: Region, usual: float) -> list[Region]:
    """The objects of one region; itself where its shape speaks for no more."""
    padded = cv2.copyMakeBorder(region.mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)
    depth = cv2.GaussianBlur(depth, (0, 0), max(0.03 * np.sqrt(usual), 0.5))
    markers = _markers(depth)
    while markers.max() > 1:
        numbers = _parted(padded, markers)
        areas = np.bincount(numbers.ravel())[1:]
        if areas.min() >= LEAST_BODY * usual:
            inner = numbers[1:-1, 1:-1]
            return [_cropped(region, (inner == n + 1).astype(np.uint8)) for n in range(len(areas))]
        markers = _without(markers, int(areas.argmin()) + 1)
    return [region]


def _markers(depth: NDArray[np.float32]) -> Labels:
    """The most bodies between which every way is narrower than ``NECK`` of them, numbered from 1."""
    best = np.zeros(depth.shape, np.int32)
    for level in np.linspace(0.95, 0.1, LEVELS) * float(depth.max()):
        count, labels = cv2.connectedComponents((depth > level).astype(np.uint8))
        deepest = np.zeros(count)
        np.maximum.at(deepest, labels.ravel(), depth.ravel())
        sound = np.flatnonzero(NECK * deepest > level)
        sound = sound[sound > 0]
        if len(sound) > best.max():
            table = np.zeros(count, np.int32)
            table[sound] = np.arange(1, len(sound) + 1)
            best = table[labels]
    return best


def _parted(region: Mask, markers: Labels) -> Labels:
    """The whole region under the number of the nearest marker, which parts it at its necks.

    Markers reach equally near to the rim, so the middle between two of them is in the neck.
    """
    far = [cv2.distanceTransform((markers != n).astype(np.uint8), cv2.DIST_L2, 5)
           for n in range(1, int(markers.max()) + 1)]  # fmt: skip
    return np.asarray((np.argmin(far, axis=0) + 1) * (region > 0), np.int32)


def _without(markers: Labels, number: int) -> Labels:
    """Markers without one of them, the others numbered from 1 still."""
    rest = np.where(markers == number, 0, markers)
    return np.where(rest > number, rest - 1, rest).astype(np.int32)


def _cropped(region: Region, mask: Mask) -> Region:
    x, y, w, h = cv2.boundingRect(mask)
    return Region(region.x + x, region.y + y, np.ascontiguousarray(mask[y : y + h, x : x + w]))


def _union(first: Region, second: Region) -> Region:
    x, y = min(first.x, second.x), min(first.y, second.y)
    right = max(r.x + r.mask.shape[1] for r in (first, second))
    bottom = max(r.y + r.mask.shape[0] for r in (first, second))
    mask = np.zeros((bottom - y, right - x), np.uint8)
    for region in (first, second):
        h, w = region.mask.shape
        mask[region.y - y : region.y - y + h, region.x - x : region.x - x + w] |= region.mask
    return Region(x, y, mask)


def _spans(first: int, length: int, other: int, other_length: int) -> tuple[slice, slice]:
    """What two spans share, counted from the start of the one and of the other."""
    start = max(first, other)
    stop = max(min(first + length, other + other_length), start)
    return slice(start - first, stop - first), slice(start - other, stop - other)


def _gap(a: Region, b: Region) -> float:
    """Pixels between two boxes."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = a.box, b.box
    return float(np.hypot(max(bx - ax - aw, ax - bx - bw, 0), max(by - ay - ah, ay - by - bh, 0)))
