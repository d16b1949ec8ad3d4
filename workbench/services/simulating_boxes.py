"""What boxes cost: annotators with the ground truth in hand draw as few as will do.

A frame is right when its box overlaps the true one by ``least`` at least, and all frames of a span have to
be. A box is drawn as the truth has it. One annotator draws key frames for straight lines; the others let a
tracker run:

- ``corrected`` watches it and corrects the first frame that is wrong, from which the tracker starts again.
- ``filled`` lets it run on until it is plainly off, draws a box there, and has the frames between filled by
  passes from both ends (``core.blending``) or by a straight line, whichever is right in more frames; where it
  is wrong the worst frame gets a box, too. Or it does one of the above, if that brings more frames a box.

All are greedy in time, and see as far ahead as the truth allows, which no person can.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workbench.core.blending import blend
from workbench.core.boxes import Array, Box, between
from workbench.core.target import SingleTargetTracker
from workbench.metrics.single_target import overlaps

Image = NDArray[np.uint8]

LONGEST = 400  # frames that a straight line is tried over
PLAINLY_OFF = 0.5  # overlap below which anybody sees that a box is wrong


@dataclass(frozen=True)
class Case:
    """A target to be annotated.

    Args:
        images: (H, W, 3) RGB each.
        truth: (N, 4), without NaN.
        make_tracker: makes a tracker.
        least: overlap that every frame must reach.
    """

    images: Sequence[Image]
    truth: Array
    make_tracker: Callable[[], SingleTargetTracker]
    least: float = 0.7

    def overlaps(self, boxes: Array, start: int) -> Array:
        """With the truth; 0 for a box that is not there."""
        return np.nan_to_num(overlaps(boxes, self.truth[start : start + len(boxes)]))

    def box(self, frame: int) -> Box:
        """The true box."""
        x, y, w, h = self.truth[frame].tolist()
        return x, y, w, h


@dataclass(frozen=True)
class Labour:
    """What somebody did.

    Args:
        drawn: frames in which a box was drawn.
        boxes: (N, 4) that all frames have in the end.
    """

    drawn: tuple[int, ...]
    boxes: Array


def straight(truth: Array, *, least: float = 0.7) -> Labour:
    """Boxes for straight lines between them: each as far on as the truth allows."""
    drawn, boxes = [0], truth.copy()
    while drawn[-1] < len(truth) - 1:
        here = drawn[-1]
        drawn.append(_straight_reach(truth, here, least))
        boxes[here : drawn[-1]] = _line(truth, here, drawn[-1])
    return Labour(tuple(drawn), boxes)


def corrected(case: Case) -> Labour:
    """A box in the first frame that is wrong, again and again."""
    drawn, boxes, passes = [0], case.truth.copy(), _Passes(case)
    while True:
        here = drawn[-1]
        reach = passes.reach(here, case.least)
        boxes[here + 1 : reach] = passes.run(here, reach - 1)
        if reach == len(case.truth):
            return Labour(tuple(drawn), boxes)
        drawn.append(reach)
        passes.forget(reach)


def filled(case: Case) -> Labour:
    """As few boxes as fillings between them need; each step takes the way that brings most frames a box."""
    drawn, boxes, passes = [0], case.truth.copy(), _Passes(case)
    while drawn[-1] < len(case.truth) - 1:
        here = drawn[-1]
        step = max(_ways_on(case, passes, here), key=lambda way: len(way.boxes) / max(len(way.drawn), 1))
        boxes[here + 1 : here + 1 + len(step.boxes)] = step.boxes
        if not step.drawn:
            break
        drawn += step.drawn
        passes.forget(drawn[-1])
    return Labour(tuple(drawn), boxes)


def spans_present(truth: Array) -> list[slice]:
    """The stretches of frames in which the target has a box; NaN = none."""
    there = np.concatenate([[False], ~np.isnan(truth).any(axis=1), [False]])
    edges = np.flatnonzero(np.diff(there.astype(np.int8)))
    return [slice(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _line(truth: Array, start: int, end: int) -> Array:
    """Boxes of the frames [start, end) on a straight line."""
    return np.concatenate([truth[start : start + 1], between(truth[start], truth[end], end - start - 1)])


def _straight_reach(truth: Array, start: int, least: float) -> int:
    """The last frame to which a straight line from ``start`` will do."""
    far = start + 1
    for end in range(start + 2, min(len(truth), start + LONGEST)):
        if (overlaps(_line(truth, start, end), truth[start:end]) >= least).all():
            far = end
    return far


def _ways_on(case: Case, passes: _Passes, here: int) -> list[Labour]:
    """What can be done from a drawn box on: frames drawn, and boxes from the next frame to the last of them.

    Where the tracker gets to the end with nothing wrong, that is the only way, and draws nothing.
    """
    count = len(case.truth)
    wrong, off = passes.reach(here, case.least), passes.reach(here, PLAINLY_OFF)
    if wrong == count:
        return [Labour((), passes.run(here, count - 1))]
    line = _straight_reach(case.truth, here, case.least)
    ends = case.truth[[line]], case.truth[[wrong]]
    ways = [
        Labour((line,), np.concatenate([_line(case.truth, here, line)[1:], ends[0]])),
        Labour((wrong,), np.concatenate([passes.run(here, wrong)[:-1], ends[1]])),
    ]
    if off == count:  # nothing is plainly off: the worst frame is the one that gets a box
        off = here + 1 + int(np.argmin(case.overlaps(passes.run(here, count - 1), here + 1)))
    return [*ways, _mended(case, passes, here, off)] if off > wrong else ways


def _mended(case: Case, passes: _Passes, first: int, last: int) -> Labour:
    """A box in frame ``last``, the filling before it, and further boxes until all of that will do."""
    end = case.truth[[last]]
    if last - first < 2:
        return Labour((last,), end)
    ways = [
        blend(case.box(first), case.box(last), passes.run(first, last), passes.run(last, first)[::-1]),
        _line(case.truth, first, last)[1:],
    ]
    best = max(ways, key=lambda boxes: int((case.overlaps(boxes, first + 1) >= case.least).sum()))
    seen = case.overlaps(best, first + 1)
    if (seen >= case.least).all():
        return Labour((last,), np.concatenate([best, end]))
    worst = first + 1 + int(np.argmin(seen))
    before, behind = _mended(case, passes, first, worst), _mended(case, passes, worst, last)
    return Labour((*before.drawn, *behind.drawn), np.concatenate([before.boxes, behind.boxes]))


@dataclass
class _Pass:
    tracker: SingleTargetTracker
    boxes: list[Box] = field(default_factory=list)


class _Passes:
    """Passes of the tracker from drawn boxes, each gone on with only as far as somebody looks."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._passes: dict[tuple[int, int], _Pass] = {}

    def run(self, start: int, end: int) -> Array:
        """Boxes from the frame after ``start`` to ``end``, also backward; NaN where the target is lost."""
        step = 1 if end > start else -1
        count = abs(end - start)
        if (start, step) not in self._passes:
            tracker = self._case.make_tracker()
            tracker.start(self._case.images[start], self._case.box(start))
            self._passes[start, step] = _Pass(tracker)
        one = self._passes[start, step]
        while len(one.boxes) < count:
            state = one.tracker.step(self._case.images[start + step * (len(one.boxes) + 1)])
            one.boxes.append(state.box if state.found else (np.nan,) * 4)
        return np.array(one.boxes[:count], dtype=np.float64).reshape(-1, 4)

    def reach(self, start: int, least: float) -> int:
        """The first frame after ``start`` in which the tracker's overlap is below ``least``; N = none."""
        for frame in range(start + 1, len(self._case.truth)):
            if self._case.overlaps(self.run(start, frame)[-1:], frame)[0] < least:
                return frame
        return len(self._case.truth)

    def forget(self, before: int) -> None:
        """Drop passes from frames before this one: nobody looks at them again."""
        self._passes = {key: one for key, one in self._passes.items() if key[0] >= before}
