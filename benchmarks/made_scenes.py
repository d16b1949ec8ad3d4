"""Made detections of people-like targets with their truth, from a seed: what offline association is tuned on.

People come in, walk over a ground plane in groups or alone, turn, stop, and hide each other. The detector
misses those that are hidden, misses others for a while, shakes, cuts boxes at what is in front, sees a person
twice, and sees things that are not there, once or again and again in one place. The camera stands, shakes,
pans or drives. Frame rate, picture, crowd and all rates of error differ from scene to scene, so that what
does well over many of them is not fitted to one kind of video.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import iou
from workbench.core.detections import Detections

Array = NDArray[np.float64]
Index = NDArray[np.int64]

NOTHING = -1  # identity of a detection that is no target


@dataclass(frozen=True, eq=False)
class Scene:
    """A made video.

    Args:
        detections: of each frame.
        identities: of each frame, whom each detection is of; ``NOTHING`` = nobody.
        truth: identities and boxes (N, 4) x, y, w, h of each frame, hidden targets too.
    """

    detections: list[Detections]
    identities: list[Index]
    truth: list[tuple[Index, Array]]


@dataclass(frozen=True, eq=False)
class Detector:
    """Rates of error, drawn for each scene."""

    recall: float
    shake: float  # standard deviation in box sizes
    spells: float  # chance a frame that a target begins to be missed
    recovery: float  # chance a frame that such a spell ends
    visible: float  # share of a target that must show
    twice: float
    phantoms: float  # a frame
    spots: int  # places that look like a target
    surely: float  # log odds of a target's score
    better: float  # by so much more than that of what is not there
    closest: float  # overlap from which on only the better of two boxes is kept

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Detector:
        """Some detector."""
        return cls(
            recall=rng.uniform(0.75, 0.99),
            shake=rng.uniform(0.01, 0.06),
            spells=rng.uniform(0.0, 0.04),
            recovery=rng.uniform(0.05, 0.3),
            visible=rng.uniform(0.25, 0.6),
            twice=rng.uniform(0.0, 0.03),
            phantoms=rng.choice([0.0, 0.2, 0.6]),
            spots=int(rng.integers(0, 5)),
            surely=rng.uniform(1.0, 4.0),
            better=rng.uniform(0.5, 2.5),
            closest=rng.uniform(0.3, 0.65),
        )

    def rougher(self, rng: np.random.Generator) -> Detector:
        """One with more errors of every kind, some of them many times more."""
        return replace(
            self,
            recall=self.recall * rng.uniform(0.85, 1.0),
            shake=self.shake * rng.uniform(1.0, 2.0),
            twice=self.twice * rng.uniform(1.0, 6.0),
            phantoms=self.phantoms * rng.uniform(1.0, 3.0),
            spots=int(self.spots * rng.uniform(1.0, 3.0)),
            closest=min(self.closest * rng.uniform(1.0, 1.5), 0.85),
        )


def made_scene(
    seed: int,
    *,
    frames: int = 200,
    embeddings: bool = False,
    rough: bool = False,
    marked: float = 0.0,
    smallest: float = 0.0,
) -> Scene:
    """One scene.

    Args:
        seed: of everything that is drawn.
        frames: length.
        embeddings: give the detections embeddings of 16 numbers, of which those of one target are alike.
        rough: the detector makes more errors.
        marked: share of a target that must show for the truth to have it, [0, 1]; people mark no hidden ones.
        smallest: height, in pictures, below which targets are neither marked nor seen.
    """
    rng = np.random.default_rng(seed)
    size = np.array([(640, 480), (1280, 720), (1920, 1080)][rng.integers(3)], dtype=float)
    ids, paths, present = _paths(rng, frames, size)
    offset, zoom = _camera(rng, frames, size)
    detector = Detector.drawn(rng)
    if rough:
        detector = detector.rougher(np.random.default_rng((seed, 1)))
    looks = rng.normal(size=(len(ids) + 1, 16))
    missed = np.zeros(len(ids), bool)
    own = rng.normal(0, 0.7, len(ids))  # some are seen better than others
    error = np.zeros((len(ids), 4))
    spots = _spots(rng, detector.spots, size)
    scene = Scene([], [], [])
    for frame in range(frames):
        begins = rng.random(len(ids)) < detector.spells
        missed = np.where(missed, rng.random(len(ids)) > detector.recovery, begins)
        error = 0.7 * error + np.sqrt(1 - 0.49) * rng.normal(size=error.shape) * detector.shake
        here = np.flatnonzero(present[frame])
        boxes = _seen_from(paths[frame, here], offset[frame], zoom[frame], size)
        inside = _inside(boxes, size) & (boxes[:, 3] >= smallest * size[1])
        here, boxes = here[inside], boxes[inside]
        visible, chance, cut = _visibility(boxes, detector)
        scene.truth.append((ids[here[visible >= marked]], boxes[visible >= marked]))
        seen = (rng.random(len(here)) < chance * detector.recall) & ~missed[here]
        found = np.where(rng.random(len(here))[:, None] < 0.4, cut, boxes)
        noise = (0.6 * error[here] + 0.8 * detector.shake * rng.normal(size=found.shape)) * found[
            :, [2, 3, 2, 3]
        ]
        found, who = (found + noise)[seen], here[seen]
        surely = detector.surely + own[who] - 2.0 * (1 - chance[seen])
        scores = 1 / (1 + np.exp(-surely - rng.normal(0, 0.7, len(who))))
        again = rng.random(len(who)) < detector.twice
        shift = rng.normal(size=(int(again.sum()), 4)) * 0.15 * found[again][:, [2, 3, 2, 3]]
        phantom = _phantoms(rng, detector, spots, offset[frame], zoom[frame], size)
        doubtful = detector.surely - detector.better + rng.normal(0, 1.0, int(again.sum()) + len(phantom))
        doubtful = 1 / (1 + np.exp(-doubtful))
        identity = np.concatenate([ids[who], ids[who[again]], np.full(len(phantom), NOTHING)])
        every = np.concatenate([found, found[again] + shift, phantom])
        score = np.concatenate([scores, doubtful])
        kept = (score > 0.3) & (every[:, 2:] > 4).all(axis=1)
        kept &= _not_suppressed(every, np.where(kept, score, 0.0), detector.closest)
        index = np.concatenate([who, who[again], np.full(len(phantom), len(ids))])[kept]
        look = _appearance(rng, looks, index) if embeddings else None
        scene.detections.append(
            Detections(every[kept], score[kept], np.zeros(int(kept.sum()), np.int64), embeddings=look)
        )
        scene.identities.append(identity[kept])
    return scene


def _paths(rng: np.random.Generator, frames: int, size: Array) -> tuple[Index, Array, NDArray[np.bool_]]:
    """Identities (P,), boxes (frames, P, 4) in the still world, and when each is there (frames, P)."""
    rate = rng.uniform(7, 30)
    crowd = int(rng.integers(3, 26))
    horizon, tallest = rng.uniform(-0.2, 0.3) * size[1], rng.uniform(0.35, 1.0) * size[1]
    count = max(2, int(crowd * (1 + frames / rate / 8)))
    group = rng.integers(0, max(1, int(count * 0.7)), count)  # some walk together
    arrival = np.where(group < crowd * 0.6, 0, rng.integers(0, frames, count))
    depth = np.clip(rng.uniform(0.15, 1.0, count)[group] + rng.normal(0, 0.03, count), 0.12, 1.0)
    x = rng.uniform(-0.1, 1.1, count)[group] * size[0] + rng.normal(0, 0.05, count) * size[0]
    heading = rng.choice([0.0, np.pi], count)[group] + rng.normal(0, 0.5, count)[group]
    pace = np.abs(rng.normal(0.75, 0.25, count))[group] * rng.normal(1, 0.05, count)  # heights a second
    pace *= rng.random(count)[group] > 0.12  # some stand
    tall, slim = rng.normal(1, 0.08, count), rng.uniform(0.33, 0.5, count)
    turning = rng.uniform(0.02, 0.4)
    boxes, stopped = np.empty((frames, count, 4)), np.zeros(count, bool)
    for frame in range(frames):
        height = tall * depth * tallest
        width = (
            slim * height * (1 + 0.12 * np.sin(frame / rate * 2 * np.pi * 0.9 + 7 * x[0] + np.arange(count)))
        )
        feet = horizon + depth * (size[1] - horizon)
        boxes[frame] = np.stack([x - width / 2, feet - height, width, height], axis=1)
        heading = heading + rng.normal(0, turning / np.sqrt(rate), count)
        stopped ^= rng.random(count) < np.where(stopped, 0.4, 0.04) / rate
        step = np.where(stopped, 0.05, 1.0) * pace / rate
        x = x + step * np.cos(heading) * height
        depth = np.clip(depth + 0.25 * step * np.sin(heading) * depth, 0.1, 1.3)
    present = np.arange(frames)[:, None] >= arrival
    return np.arange(1, count + 1), boxes, present


def _camera(rng: np.random.Generator, frames: int, size: Array) -> tuple[Array, Array]:
    """Shift (frames, 2) in pixels and zoom about the centre (frames,) of the picture in each frame."""
    kind = rng.choice(["still", "still", "shake", "pan", "drive"])
    offset, zoom = np.zeros((frames, 2)), np.ones(frames)
    if kind != "still":
        offset += rng.normal(0, rng.uniform(0.0005, 0.005), (frames, 2)) * size[0]
    if kind in ("pan", "drive"):
        speed = np.cumsum(rng.normal(0, 0.0004, (frames, 2)), axis=0) + rng.normal(0, 0.002, 2)
        offset += np.cumsum(speed, axis=0) * size[0] * (1.0, 0.1)
        turns = np.zeros(frames)
        for begin in rng.integers(0, frames, rng.poisson(frames / 60)):  # a hand or a robot turns at once
            turns[begin : begin + int(rng.integers(3, 20))] = rng.normal(0, 0.012)
        offset[:, 0] += np.cumsum(turns) * size[0]
    if kind == "drive":
        zoom = np.exp(np.arange(frames) * rng.uniform(0.0, 0.006))
    return offset, zoom


def _seen_from(boxes: Array, offset: Array, zoom: float, size: Array) -> Array:
    """Boxes of the still world as the camera sees them."""
    corner = (boxes[:, :2] - size / 2) * zoom + size / 2 + offset
    return np.concatenate([corner, boxes[:, 2:] * zoom], axis=1)


def _inside(boxes: Array, size: Array) -> NDArray[np.bool_]:
    """Boxes whose centre is in the picture and that are not larger than it."""
    centre = boxes[:, :2] + boxes[:, 2:] / 2
    fits = boxes[:, 3] < 1.4 * size[1]
    return np.asarray(((centre > 0) & (centre < size)).all(axis=1) & fits)


def _visibility(boxes: Array, detector: Detector) -> tuple[Array, Array, Array]:
    """Share (N,) of each target that shows, chance (N,) that it is enough, and the box of it (N, 4)."""
    feet = boxes[:, 1] + boxes[:, 3]
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum((boxes[:, :2] + boxes[:, 2:])[:, None], (boxes[:, :2] + boxes[:, 2:])[None])
    shared = np.clip(high - low, 0, None)
    hidden = shared.prod(axis=2) / boxes[:, 2:].prod(axis=1)[:, None]
    hidden = np.where(feet[None, :] > feet[:, None], hidden, 0.0)
    visible = np.clip(1 - hidden.sum(axis=1), 0, 1)
    chance = 1 / (1 + np.exp(-(visible - detector.visible) / 0.06))
    cut = boxes.copy()
    for row in np.flatnonzero((visible < 0.95) & (visible > 0.3)):
        front = int(hidden[row].argmax())
        width = min(shared[row, front, 0], 0.6 * boxes[row, 2])
        from_left = boxes[front, 0] < boxes[row, 0]
        cut[row, 0] += width * 0.6 if from_left else 0.0
        cut[row, 2] -= width * 0.6
    return visible, chance, cut


def _not_suppressed(boxes: Array, scores: Array, closest: float) -> NDArray[np.bool_]:
    """Boxes that no better one overlaps too much, as detectors leave them: either of two targets may stay."""
    kept = np.ones(len(boxes), bool)
    overlap = iou(boxes, boxes)
    for row in np.argsort(-scores, kind="stable"):
        if kept[row]:
            kept &= ~((overlap[row] > closest) & (np.arange(len(boxes)) != row))
    return kept


def _spots(rng: np.random.Generator, count: int, size: Array) -> Array:
    height = rng.uniform(0.1, 0.5, count) * size[1]
    corner = rng.uniform(0, 0.8, (count, 2)) * size
    return np.column_stack([corner, 0.4 * height, height, rng.uniform(0.03, 0.5, count)])


def _phantoms(
    rng: np.random.Generator, detector: Detector, spots: Array, offset: Array, zoom: float, size: Array
) -> Array:
    """Boxes of what is not there."""
    shown = _seen_from(spots[rng.random(len(spots)) < spots[:, 4], :4], offset, zoom, size)
    shown = shown[_inside(shown, size)]
    count = rng.poisson(detector.phantoms)
    height = rng.uniform(0.08, 0.8, count) * size[1]
    free = np.column_stack([rng.uniform(0, 0.9, (count, 2)) * size, 0.4 * height, height])
    every = np.concatenate([shown, free])
    return every + rng.normal(0, 0.05, every.shape) * every[:, [2, 3, 2, 3]]


def _appearance(rng: np.random.Generator, looks: Array, index: Index) -> NDArray[np.float32]:
    """Embeddings; those of one target have a cosine of about .75, of two a cosine of about 0.1."""
    common = np.full(looks.shape[1], 0.3)
    vectors = looks[index] + common + rng.normal(0, 0.55, (len(index), looks.shape[1]))
    free = index == len(looks) - 1
    vectors[free] = rng.normal(size=(int(free.sum()), looks.shape[1])) + common
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)
