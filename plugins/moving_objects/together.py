"""Objects that have run into one region, told apart by what was seen of them before.

Who is a region of its own is remembered, with its outline and its way. Where a later region lies where
several were expected, their outlines are laid over it, each moved a little, so that together they cover as
much of it as they can, and little else. (McKenna et al., Tracking Groups of People, 2000, tell the members of
a group by their colours; added to the outlines, colours told no more apart on made clips.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from .blobs import Box, Region

LONGEST = 25  # frames for which objects are told apart; what is known of them grows old
STEPS = 5  # frames over which an object's way is measured
SEEN = 3  # frames that it was alone in, before it is known
INSIDE = 0.6  # share of an object that is in the region where it is now
LEAST = 0.4  # usual areas of an object; what is smaller may be a fragment
REACH = 0.07  # usual diameters by which an outline is moved
FAR = 0.002  # share of its area that a pixel further away has to be worth
HIDDEN = 0.3  # what covering a pixel is worth that another covers, too
TURNS = 2  # in which outlines are moved one after another


@dataclass(frozen=True, eq=False)
class _Known:
    """An object: where it was seen last, where its middle was in the last frames alone, and frames since."""

    region: Region
    middles: tuple[tuple[float, float], ...]
    together: int = 0

    def moved(self) -> _Known:
        """Where it is to be expected in the next frame."""
        (x, y), (last_x, last_y) = self.middles[0], self.middles[-1]
        steps = max(len(self.middles) - 1, 1)
        now, then = (self.together + 1) / steps, self.together / steps  # whole pixels, and none lost
        across = round((last_x - x) * now) - round((last_x - x) * then)
        down = round((last_y - y) * now) - round((last_y - y) * then)
        return replace(self, region=self.region.moved(across, down))

    def may_be_told(self, usual: float) -> bool:
        """Whether enough is known of it, and nothing too old."""
        enough = len(self.middles) >= SEEN and self.region.area >= LEAST * usual
        return enough and self.together < LONGEST


class Together:
    """Remembers objects from frame to frame."""

    def __init__(self) -> None:
        self._known: list[_Known] = []
        self._frame = -1

    def told_apart(
        self, frame: int, found: Sequence[Region], *, usual: float, size: tuple[int, int]
    ) -> list[Region]:
        """Regions with those of several objects replaced by an outline of each, which may overlap.

        Args:
            frame: its number; what is known is forgotten unless it follows the last one.
            usual: area of an object in pixels.
            size: width and height of the frame.
        """
        expected = [known.moved() for known in self._known] if frame == self._frame + 1 else []
        self._frame, self._known = frame, []
        for region, inside in zip(found, _inside(found, expected), strict=True):
            several = [known for known in inside if known.may_be_told(usual)]
            if len(several) > 1:
                laid = _laid_over(region, several, max(round(REACH * np.sqrt(usual)), 1))
                self._known += [now for known in laid if (now := _in_picture(known, size)).region.area]
            else:
                self._known.append(_alone(region, inside))
        return [known.region for known in self._known]


def _inside(found: Sequence[Region], expected: Sequence[_Known]) -> list[list[_Known]]:
    """Who is in each region."""
    inside: list[list[_Known]] = [[] for _ in found]
    for known in expected:
        common = [_common(known.region, region) for region in found]
        if max(common, default=0) >= INSIDE * known.region.area:
            inside[int(np.argmax(common))].append(known)
    return inside


def _alone(region: Region, inside: Sequence[_Known]) -> _Known:
    """A region as one object: that which was alone before and has most in common with it, or a new one."""
    before = max(inside, key=lambda known: _common(known.region, region), default=None)
    middles = before.middles if before is not None and not before.together else ()
    x, y, w, h = region.box
    return _Known(region, (*middles, (x + w / 2, y + h / 2))[-STEPS - 1 :])


def _laid_over(region: Region, several: Sequence[_Known], reach: int) -> list[_Known]:
    """Outlines moved so that they cover a region best."""
    places = [known.region for known in several]
    for turn in range(TURNS * len(places)):
        mine = turn % len(places)
        others = [place for other, place in enumerate(places) if other != mine]
        places[mine] = _best_place(places[mine], region, others, reach)
    return [replace(k, region=p, together=k.together + 1) for k, p in zip(several, places, strict=True)]


def _best_place(outline: Region, region: Region, others: Sequence[Region], reach: int) -> Region:
    x, y, w, h = outline.box
    around = (x - reach, y - reach, w + 2 * reach, h + 2 * reach)
    covered = np.any([other.within(around) for other in others], axis=0)
    worth = np.where(region.within(around) > 0, np.where(covered, HIDDEN, 1.0), -1.0).astype(np.float32)
    score = cv2.matchTemplate(worth, outline.mask.astype(np.float32), cv2.TM_CCORR)
    steps = np.arange(-reach, reach + 1)
    score = score - FAR * outline.area * np.hypot(steps[:, None], steps)
    down, across = np.unravel_index(int(score.argmax()), score.shape)
    return outline.moved(int(across) - reach, int(down) - reach)


def _in_picture(known: _Known, size: tuple[int, int]) -> _Known:
    """An object without what has left the picture."""
    box = _shared(known.region.box, (0, 0, *size))
    return replace(known, region=Region(box[0], box[1], known.region.within(box)))


def _common(one: Region, other: Region) -> int:
    """Pixels that are in both."""
    box = _shared(one.box, other.box)
    return int(np.count_nonzero(one.within(box) & other.within(box))) if box[2] and box[3] else 0


def _shared(one: Box, other: Box) -> Box:
    """What two boxes share; without width or height if that is nothing."""
    left, top = max(one[0], other[0]), max(one[1], other[1])
    right, bottom = min(one[0] + one[2], other[0] + other[2]), min(one[1] + one[3], other[1] + other[3])
    return left, top, max(right - left, 0), max(bottom - top, 0)
