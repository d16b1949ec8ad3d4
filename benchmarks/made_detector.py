"""A made detector: what it sees of made targets, and what it sees beside them; see ``made_scenes``."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import iou

Array = NDArray[np.float64]
Index = NDArray[np.int64]

NOTHING = -1  # identity of a detection of nothing in particular


def identities(who: Index, kind: int) -> Index:
    """Names of things (N,): targets above 0; second boxes of targets and places below ``NOTHING``."""
    return np.asarray(who + 1 if kind == FIRST else -2 - 2 * who - (kind == PLACE))


FIRST, SECOND, PLACE = 0, 1, 2


@dataclass(frozen=True)
class Errors:
    """Rates of error, drawn for each scene.

    Args:
        recall: chance to see what shows and is not missed for a while.
        shake, lasting: standard deviation of a side in box sizes, and how much of it stays for a frame.
        bias: the same of what hardly changes.
        steps: boxes come in so many sizes an octave; 0 = in any.
        formed: whether all boxes have one shape.
        spells, recovery: chances a frame that a target begins, and ceases, to be missed.
        visible: share of a target that must show.
        smallest: side of a target that is seen in half of the frames, pixels.
        twins, twin_stays: chances a frame that a target gets a second box, and that it keeps it.
        phantoms: boxes a frame of nothing.
        surely, better: log odds of a target's score, by so much more than of what is not there.
        spread, lowest: of log odds of scores, and the score from which on boxes are given.
        closest: overlap from which on only the better of two boxes is kept.
    """

    recall: float
    shake: float
    lasting: float
    bias: float
    steps: float
    formed: bool
    spells: float
    recovery: float
    visible: float
    smallest: float
    twins: float
    twin_stays: float
    phantoms: float
    surely: float
    better: float
    spread: float
    lowest: float
    closest: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Errors:
        """Of some detector."""
        return cls(
            recall=rng.uniform(0.75, 0.99),
            shake=rng.uniform(0.01, 0.07),
            lasting=rng.choice([0.0, rng.uniform(0.3, 0.95)]),
            bias=rng.uniform(0.0, 0.08),
            steps=rng.choice([0.0, 0.0, 8.0]),
            formed=bool(rng.random() < 0.25),
            spells=rng.uniform(0.0, 0.04),
            recovery=rng.uniform(0.05, 0.3),
            visible=rng.uniform(0.25, 0.6),
            smallest=rng.uniform(5, 30),
            twins=rng.choice([0.0, rng.uniform(0.0, 0.03)]),
            twin_stays=rng.uniform(0.3, 0.95),
            phantoms=rng.choice([0.0, 0.2, 0.6, 2.0]),
            surely=rng.uniform(1.0, 4.0),
            better=rng.uniform(0.5, 2.5),
            spread=rng.uniform(0.5, 2.0),
            lowest=rng.choice([0.05, 0.3, 0.5]),
            closest=rng.uniform(0.3, 0.65),
        )

    def rougher(self, rng: np.random.Generator) -> Errors:
        """With more errors of every kind, some of them many times more."""
        return replace(
            self,
            recall=self.recall * rng.uniform(0.85, 1.0),
            shake=self.shake * rng.uniform(1.0, 2.0),
            twins=self.twins * rng.uniform(1.0, 6.0),
            phantoms=self.phantoms * rng.uniform(1.0, 3.0),
            closest=min(self.closest * rng.uniform(1.0, 1.5), 0.85),
        )


@dataclass(eq=False)
class Detector:
    """Sees one frame after another; P targets.

    Args:
        missed: (P,) who is not seen for a while.
        own: (P,) log odds by which each is seen better than others.
        error, bias: (P, 4) the parts of the error that last for some and for many frames.
        twin: (P,) who has a second box, and twin_of (P, 4) where it is: left, top, width, height as shares.
        often: (P,) how often each is taken for a target if it is none.
    """

    errors: Errors
    rng: np.random.Generator
    size: Array
    count: int
    shape: float  # width over height of phantoms, and of all boxes where they have but one
    missed: NDArray[np.bool_] = field(init=False)
    own: Array = field(init=False)
    error: Array = field(init=False)
    twin: NDArray[np.bool_] = field(init=False)
    twin_of: Array = field(init=False)
    bias: Array = field(init=False)
    often: Array = field(init=False)

    def __post_init__(self) -> None:
        rng = self.rng
        self.missed, self.twin = np.zeros(self.count, bool), np.zeros(self.count, bool)
        self.own, self.often = rng.normal(0, 0.7, self.count), rng.uniform(0.03, 0.8, self.count)
        self.error, self.bias = rng.normal(0, 1, (2, self.count, 4))
        self.twin_of = _part(rng, self.count)

    def _go_on(self) -> None:
        e, rng = self.errors, self.rng
        begins = rng.random(self.count) < e.spells
        self.missed = np.where(self.missed, rng.random(self.count) > e.recovery, begins)
        new = np.sqrt(1 - e.lasting**2) * rng.normal(size=self.error.shape)
        self.error = e.lasting * self.error + new
        self.bias = 0.99 * self.bias + np.sqrt(1 - 0.99**2) * rng.normal(size=self.bias.shape)
        begins = rng.random(self.count) < e.twins
        self.twin_of = np.where(begins[:, None] & ~self.twin[:, None], _part(rng, self.count), self.twin_of)
        self.twin = np.where(self.twin, rng.random(self.count) < e.twin_stays, begins)

    def see(
        self, here: Index, boxes: Array, shows: Array, cut: Array, spots: tuple[Index, Array]
    ) -> tuple[Array, Array, Index, Index]:
        """Boxes (N, 4), scores (N,), identities (N,) and things (N,) that were seen, or -1, of a frame.

        Args:
            here: (H,) targets in the picture, and their boxes (H, 4).
            shows: (H,) share of each that shows, and ``cut`` (H, 4) the box of that.
            spots: (S,) what may be taken for a target, and the boxes (S, 4).
        """
        self._go_on()
        e, rng = self.errors, self.rng
        chance = 1 / (1 + np.exp(-(shows - e.visible) / 0.06))
        large = 1 / (1 + np.exp(-(boxes[:, 2:].min(axis=1) / e.smallest - 1) / 0.15))
        seen = (rng.random(len(here)) < chance * large * e.recall) & ~self.missed[here]
        found = np.where(rng.random(len(here))[:, None] < 0.4, cut, boxes)[seen]
        who = here[seen]
        now = 0.6 * rng.normal(size=found.shape)
        error = e.shake * (0.8 * self.error[who] + now) + e.bias * self.bias[who]
        found = found + error * found[:, [2, 3, 2, 3]]
        doubt = 2.0 * (1 - chance[seen] * large[seen])
        scores = e.surely + self.own[who] - doubt + rng.normal(0, 0.7, len(who))
        twins = np.flatnonzero(self.twin[who] & (rng.random(len(who)) < 0.8))
        again = _at(found[twins], self.twin_of[who[twins]])
        again += 0.04 * rng.normal(size=again.shape) * again[:, [2, 3, 2, 3]]
        places, phantom = self._phantoms(spots)
        other = e.surely - e.better + rng.normal(0, 1.0, len(twins) + len(phantom))
        every = self._formed(np.concatenate([found, again, phantom]))
        odds = np.concatenate([scores, other])
        score = 1 / (1 + np.exp(-e.surely - (odds - e.surely) * e.spread))
        free = np.full(len(phantom) - len(places), NOTHING)
        things = np.concatenate([who, who[twins], places, free])
        names = [identities(who, FIRST), identities(who[twins], SECOND), identities(places, PLACE), free]
        kept = (score > e.lowest) & (every[:, 2:] > 4).all(axis=1)
        kept &= not_suppressed(every, np.where(kept, score, 0.0), e.closest)
        return every[kept], score[kept], np.concatenate(names)[kept], things[kept]

    def _phantoms(self, spots: tuple[Index, Array]) -> tuple[Index, Array]:
        """Places that are mistaken for a target, and boxes of these, then of nothing."""
        rng = self.rng
        mistaken = rng.random(len(spots[0])) < self.often[spots[0]]
        shown = spots[1][mistaken]
        count = rng.poisson(self.errors.phantoms)
        height = rng.uniform(0.08, 0.8, count) * self.size[1]
        corner = rng.uniform(0, 0.9, (count, 2)) * self.size
        free = np.column_stack([corner, self.shape * height, height])
        every = np.concatenate([shown, free])
        return spots[0][mistaken], every + rng.normal(0, 0.05, every.shape) * every[:, [2, 3, 2, 3]]

    def _formed(self, boxes: Array) -> Array:
        """Boxes in the sizes and of the shape that the detector knows."""
        e, centre, sides = self.errors, boxes[:, :2] + boxes[:, 2:] / 2, np.maximum(boxes[:, 2:], 1e-3)
        if e.formed:
            sides = np.column_stack([self.shape * sides[:, 1], sides[:, 1]])
        if e.steps:
            size = np.sqrt(sides.prod(axis=1))
            sides = sides * (2 ** (np.round(np.log2(size) * e.steps) / e.steps) / size)[:, None]
        return np.concatenate([centre - sides / 2, sides], axis=1)


def _part(rng: np.random.Generator, count: int) -> Array:
    """Where second boxes are: a part of the first, or around it, as shares of it."""
    kinds = np.array([(0, 0, 1, 0.55), (0, 0.45, 1, 0.55), (-0.3, -0.05, 1.6, 1.1), (0.1, 0.1, 0.9, 0.9)])
    return np.asarray(kinds[rng.integers(0, len(kinds), count)] + rng.normal(0, 0.04, (count, 4)))


def _at(boxes: Array, parts: Array) -> Array:
    sides = boxes[:, 2:]
    return np.concatenate([boxes[:, :2] + parts[:, :2] * sides, parts[:, 2:] * sides], axis=1)


def visibility(boxes: Array, front: Array) -> tuple[Array, Array]:
    """Share (N,) of each target that shows, and the box of what shows of it (N, 4).

    Args:
        front: (N,) of two that overlap, that with more hides the other.
    """
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum((boxes[:, :2] + boxes[:, 2:])[:, None], (boxes[:, :2] + boxes[:, 2:])[None])
    shared = np.clip(high - low, 0, None)
    hidden = shared.prod(axis=2) / boxes[:, 2:].prod(axis=1)[:, None]
    hidden = np.where(front[None, :] > front[:, None], hidden, 0.0)
    visible = np.clip(1 - hidden.sum(axis=1), 0, 1)
    cut = boxes.copy()
    for row in np.flatnonzero((visible < 0.95) & (visible > 0.3)):
        other = int(hidden[row].argmax())
        width = min(shared[row, other, 0], 0.6 * boxes[row, 2])
        from_left = boxes[other, 0] < boxes[row, 0]
        cut[row, 0] += width * 0.6 if from_left else 0.0
        cut[row, 2] -= width * 0.6
    return visible, cut


def not_suppressed(boxes: Array, scores: Array, closest: float) -> NDArray[np.bool_]:
    """Boxes that no better one overlaps too much, as detectors leave them: either of two targets may stay."""
    kept = np.ones(len(boxes), bool)
    overlap = iou(boxes, boxes)
    for row in np.argsort(-scores, kind="stable"):
        if kept[row]:
            kept &= ~((overlap[row] > closest) & (np.arange(len(boxes)) != row))
    return kept
