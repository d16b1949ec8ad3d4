"""Made detections with their truth, from a seed: what offline association is tuned on.

People, vehicles or animals (``made_targets``) hide each other. The detector (``made_detector``) misses those
that are hidden, misses others for a while, shakes, also for long, cuts boxes at what is in front, sees a
target twice or a part of it, and sees things that are not there, once or again and again in one place.
The camera stands, shakes, pans or drives. Frame rate, picture, crowd, all rates of error, how scores are
spread and from where on hidden targets count differ from scene to scene, so that what does well over many of
them is not fitted to one kind of video.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from made_detector import Detector, Errors, visibility
from made_targets import KINDS, SPOT, TARGET
from numpy.typing import NDArray

from workbench.core.detections import Detections

Array = NDArray[np.float64]
Index = NDArray[np.int64]

SHARES = {"people": 0.6, "vehicles": 0.2, "animals": 0.2}  # of scenes of each kind
LENGTH = 16  # numbers of an embedding


@dataclass(frozen=True, eq=False)
class Scene:
    """A made video.

    Args:
        kind: one of ``made_targets.KINDS``.
        detections: of each frame.
        identities: of each frame, whom each detection is of; below 0 it is of no target: ``NOTHING``, or
            the name of a false thing that is seen again and again.
        truth: identities and boxes (N, 4) x, y, w, h of each frame, of targets that show enough to count.
    """

    kind: str
    detections: list[Detections]
    identities: list[Index]
    truth: list[tuple[Index, Array]]


def made_scene(
    seed: int,
    *,
    frames: int = 200,
    embeddings: bool = False,
    kind: str = "",
    rough: bool = False,
    marked: float | None = None,
    smallest: float = 0.0,
) -> Scene:
    """One scene.

    Args:
        seed: of everything that is drawn.
        frames: length.
        embeddings: give the detections embeddings, of which those of one target are alike.
        kind: of targets; "" = drawn.
        rough: the detector makes more errors.
        marked: share of a target that must show for the truth to have it, [0, 1]; None = drawn.
        smallest: height, in pictures, below which targets are neither marked nor seen.
    """
    rng = np.random.default_rng(seed)
    kind = kind or str(rng.choice(list(SHARES), p=list(SHARES.values())))
    size = np.array([(640, 480), (1280, 720), (1920, 1080)][rng.integers(3)], dtype=float)
    ways = KINDS[kind](rng, frames, size)
    count = ways.boxes.shape[1]
    offset, zoom = CAMERAS[kind](rng, frames, size)
    shape = float(np.median(ways.boxes[..., 2] / ways.boxes[..., 3]))
    errors = Errors.drawn(rng)
    if kind == "animals":
        errors = replace(errors, formed=False)  # they have no one shape
    if rough:
        errors = errors.rougher(np.random.default_rng((seed, 1)))
    detector = Detector(errors, rng, size, count, shape)
    least = rng.choice([0.0, 0.1, 0.25, 0.45]) if marked is None else marked
    looks = Looks.drawn(rng, count)
    scene = Scene(kind, [], [], [])
    for frame in range(frames):
        here = np.flatnonzero(ways.present[frame])
        boxes = _seen_from(ways.boxes[frame, here], offset[frame], zoom[frame], size)
        inside = _inside(boxes, size) & (boxes[:, 3] >= smallest * size[1])
        here, boxes = here[inside], boxes[inside]
        hides = ways.roles[here] != SPOT
        shows, cut = np.ones(len(here)), boxes.copy()
        shows[hides], cut[hides] = visibility(boxes[hides], ways.front[frame, here[hides]])
        target, spot = ways.roles[here] == TARGET, ways.roles[here] == SPOT
        shown = target & (shows >= least)
        scene.truth.append((1 + here[shown], boxes[shown]))
        spots = (here[spot], boxes[spot])
        found, scores, names, things = detector.see(
            here[target], boxes[target], shows[target], cut[target], spots
        )  # fmt: skip
        look = looks.of(rng, things) if embeddings else None
        scene.detections.append(
            Detections(found, scores, np.zeros(len(found), np.int64), embeddings=look)
        )  # fmt: skip
        scene.identities.append(names)
    return scene


def _at_rest(rng: np.random.Generator, frames: int, size: Array) -> tuple[Array, Array]:
    """Shift (frames, 2) in pixels and zoom about the centre (frames,) of the picture in each frame."""
    return np.zeros((frames, 2)), np.ones(frames)


def _shaken(rng: np.random.Generator, frames: int, size: Array) -> tuple[Array, Array]:
    """As ``_at_rest`` of a camera that shakes in one scene of three."""
    much = rng.choice([0.0, 0.0, rng.uniform(0.0005, 0.005)])
    return rng.normal(0, 1, (frames, 2)) * much * size[0], np.ones(frames)


def _moved(rng: np.random.Generator, frames: int, size: Array) -> tuple[Array, Array]:
    """As ``_shaken`` of a camera that in one scene of three turns, and comes nearer."""
    offset, zoom = _shaken(rng, frames, size)
    if rng.random() < 1 / 3:
        speed = np.cumsum(rng.normal(0, 0.0004, (frames, 2)), axis=0) + rng.normal(0, 0.002, 2)
        offset += np.cumsum(speed, axis=0) * size[0] * (1.0, 0.1)
        zoom = np.exp(np.arange(frames) * rng.uniform(0.0, 0.004))
    return offset, zoom


CAMERAS = {"people": _shaken, "vehicles": _moved, "animals": _at_rest}  # people bring their own ways


def _seen_from(boxes: Array, offset: Array, zoom: float, size: Array) -> Array:
    """Boxes of the still world as the camera sees them."""
    corner = (boxes[:, :2] - size / 2) * zoom + size / 2 + offset
    return np.concatenate([corner, boxes[:, 2:] * zoom], axis=1)


def _inside(boxes: Array, size: Array) -> NDArray[np.bool_]:
    """Boxes whose centre is in the picture and that are not larger than it."""
    centre = boxes[:, :2] + boxes[:, 2:] / 2
    fits = boxes[:, 3] < 1.4 * size[1]
    return np.asarray(((centre > 0) & (centre < size)).all(axis=1) & fits)


@dataclass(frozen=True, eq=False)
class Looks:
    """How targets look to a network: embeddings that may have much in common, and differ from frame to frame.

    Args:
        means: (P + 1, LENGTH); the last is of what is no target.
        noise: standard deviation of each number in a frame.
    """

    means: Array
    noise: float

    @classmethod
    def drawn(cls, rng: np.random.Generator, count: int) -> Looks:
        """Of some network."""
        common = rng.uniform(0.0, 2.0) * rng.normal(size=LENGTH)
        return cls(rng.normal(size=(count + 1, LENGTH)) + common, rng.uniform(0.3, 1.0))

    def of(self, rng: np.random.Generator, things: Index) -> NDArray[np.float32]:
        """Embeddings (N, LENGTH) of length one of things (N,), -1 of nothing in particular."""
        wild = (things < 0)[:, None] * rng.normal(size=(len(things), LENGTH))
        vectors = self.means[things] + wild + self.noise * rng.normal(size=wild.shape)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)
