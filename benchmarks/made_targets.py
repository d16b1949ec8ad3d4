"""Ways of made targets: people on a street, vehicles on a road, animals in an arena; see ``made_scenes``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


TARGET, SPOT, OCCLUDER = 0, 1, 2
"""What a thing is: to be found, mistaken for a target now and then, or only hiding others."""


@dataclass(frozen=True, eq=False)
class Ways:
    """Where things are in the picture of a camera that does not shake.

    Args:
        boxes: (frames, P, 4) x, y, w, h, pixels.
        present: (frames, P) whether each is there at all.
        front: (frames, P) of two that overlap, that with more hides the other.
        roles: (P,) what each is.
    """

    boxes: Array
    present: NDArray[np.bool_]
    front: Array
    roles: NDArray[np.int64]


def people(rng: np.random.Generator, frames: int, size: Array) -> Ways:
    """They walk over a ground plane in groups or alone, mostly along a street, turn and stop.

    The camera stands, turns, or is carried or driven along; all is in metres before it is seen.
    """
    rate = rng.choice([rng.uniform(7, 30), rng.uniform(3, 8)], p=(0.85, 0.15))  # frames a second
    high, focal = rng.choice([rng.uniform(1.0, 2.0), rng.uniform(2.0, 7.0)]), size[0] * rng.uniform(0.6, 1.4)
    horizon = size[1] * (rng.uniform(0.25, 0.55) if high < 2 else rng.uniform(-0.2, 0.3))
    pose = _camera_pose(rng, frames, rate)  # (frames, 3)
    crowd, count = int(rng.integers(3, 26)), 0
    count = max(2, int(crowd * (1 + frames / rate / 8)))
    group = rng.integers(0, max(1, int(count * 0.7)), count)
    other = int(rng.integers(0, 7)) + int(rng.integers(0, 4))
    roles = np.concatenate([np.zeros(count, np.int64), np.where(rng.random(other) < 0.6, SPOT, OCCLUDER)])
    near, far = rng.uniform(2, 5), rng.uniform(12, 40)
    when = rng.integers(0, frames, count + other)
    when[: int(0.4 * crowd)] = 0
    when[:count] = when[group]
    depth, side = rng.uniform(near, far, count + other), rng.uniform(-0.55, 0.55, count + other)
    depth[:count], side[:count] = depth[group] + rng.normal(0, 0.4, count), side[group]
    across = side * depth * size[0] / focal
    across[:count] += rng.normal(0, 0.6, count)
    at = _to_world(np.column_stack([across, depth]), pose[when])
    place = np.repeat(at[None], frames, axis=0)
    walked = np.cumsum(_steps(rng, frames, rate, group), axis=0)
    place[:, :count] += walked - walked[when[:count], np.arange(count)]
    seen = _to_camera(place, pose)
    depth = np.maximum(seen[..., 1], 0.3)
    tall = np.concatenate([rng.normal(1.7, 0.1, count), rng.uniform(0.5, 3.0, other)])
    slim = rng.uniform(0.3, 0.5, count + other)
    stride = 1 + 0.12 * np.sin(np.arange(frames)[:, None] / rate * 5.6 + np.arange(count + other))
    raised = np.concatenate([np.zeros(count), rng.choice([0.0, 1.0], other) * rng.uniform(0, 2, other)])
    raised[roles == OCCLUDER] = 0.0
    height = focal * tall / depth
    width = slim * np.where(roles == TARGET, stride, 1.0) * height
    x, feet = size[0] / 2 + focal * seen[..., 0] / depth, horizon + focal * (high - raised) / depth
    boxes = np.stack([x - width / 2, feet - height, width, height], axis=-1)
    return Ways(boxes, seen[..., 1] > 1.0, -depth, roles)


def _camera_pose(rng: np.random.Generator, frames: int, rate: float) -> Array:
    """Place on the ground and direction of a camera, (frames, 3): metres, metres, radians."""
    kind = rng.choice(["still", "still", "turns", "carried", "driven"])
    pose = np.zeros((frames, 3))
    if kind == "still":
        return pose
    turning = np.cumsum(rng.normal(0, 0.02 / rate, frames)) + rng.normal(0, 0.03) / rate
    for begin in rng.integers(0, frames, rng.poisson(frames / rate / 5)):  # a hand or a robot turns at once
        turning[begin : begin + int(rng.uniform(0.2, 1.0) * rate) + 1] += rng.normal(0, 0.15) / rate
    pose[:, 2] = np.cumsum(turning)
    if kind == "turns":
        return pose
    pace = rng.uniform(0.3, 1.8) if kind == "carried" else rng.uniform(1.0, 5.0)
    pace = pace * (1 + 0.3 * np.sin(np.arange(frames) / rate * rng.uniform(0.1, 1.0)))
    pose[:, 0] = np.cumsum(pace * np.sin(pose[:, 2])) / rate
    pose[:, 1] = np.cumsum(pace * np.cos(pose[:, 2])) / rate
    return pose


def _to_world(at: Array, pose: Array) -> Array:
    """Places (P, 2) beside and before cameras at poses (P, 3) as places on the ground."""
    cos, sin = np.cos(pose[:, 2]), np.sin(pose[:, 2])
    return pose[:, :2] + np.stack(
        [cos * at[:, 0] + sin * at[:, 1], -sin * at[:, 0] + cos * at[:, 1]], axis=1
    )  # fmt: skip


def _to_camera(place: Array, pose: Array) -> Array:
    """Places (frames, P, 2) on the ground as beside and before a camera (frames, 3)."""
    x, z = np.moveaxis(place - pose[:, None, :2], -1, 0)
    cos, sin = np.cos(pose[:, 2:]), np.sin(pose[:, 2:])
    return np.stack([cos * x - sin * z, sin * x + cos * z], axis=-1)


def _steps(rng: np.random.Generator, frames: int, rate: float, group: NDArray[np.int64]) -> Array:
    """How far each walks in each frame, (frames, P, 2) metres; those of a group alike."""
    count = len(group)
    street = rng.uniform(0, np.pi)
    own = rng.random(count) < 0.2
    heading = np.where(own, rng.uniform(0, 2 * np.pi, count), street + rng.choice([0.0, np.pi], count))[group]
    drift = rng.normal(0, rng.uniform(0.02, 0.3) / np.sqrt(rate), (frames, count))
    turns = (rng.random((frames, count)) < 0.05 / rate) * rng.normal(0, 1.0, (frames, count))
    heading = heading + rng.normal(0, 0.1, count) + np.cumsum(drift + turns[:, group], axis=0)
    pace = np.abs(rng.normal(1.25, 0.4, count))[group] * rng.normal(1, 0.04, count)  # metres a second
    pace *= (rng.random(count) > 0.12)[group]  # some stand
    change = rng.random((frames, count)) < np.where(rng.random((frames, count)) < 0.1, 0.4, 0.04) / rate
    stopped = (np.cumsum(change, axis=0) % 2).astype(bool)[:, group] & (rng.random(count) < 0.4)
    step = np.where(stopped, 0.05, 1.0) * pace / rate
    return np.stack([step * np.sin(heading), step * np.cos(heading)], axis=-1)


def _with_others(rng: np.random.Generator, ways: Ways, size: Array, *, occluders: int) -> Ways:
    """The same and places that look like a target or hide others, at rest in the picture."""
    frames = len(ways.present)
    spots = int(rng.integers(0, 6))
    shape = float(np.median(ways.boxes[..., 2] / ways.boxes[..., 3]))
    typical = float(np.median(ways.boxes[..., 3]))
    height = typical * rng.uniform(0.5, 2.0, spots + occluders)
    boxes = np.column_stack(
        [rng.uniform(0, 0.9, (spots + occluders, 2)) * size, shape * height, height]
    )  # fmt: skip
    return Ways(
        np.concatenate([ways.boxes, np.tile(boxes, (frames, 1, 1))], axis=1),
        np.concatenate([ways.present, np.ones((frames, len(boxes)), bool)], axis=1),
        np.concatenate([ways.front, np.full((frames, len(boxes)), 1e6)], axis=1),
        np.concatenate([ways.roles, np.repeat([SPOT, OCCLUDER], [spots, occluders])]),
    )


def vehicles(rng: np.random.Generator, frames: int, size: Array) -> Ways:
    """They drive along lanes of a road that runs across or into the picture, brake and go on."""
    rate = rng.uniform(5, 30)
    busy = rng.uniform(0.1, 0.6)  # that come a second
    lanes = int(rng.integers(2, 6))
    count = max(3, int(busy * frames / rate) + int(rng.integers(2, 10)))
    lane = rng.integers(0, lanes, count)
    way = np.where(lane < lanes / 2, 1.0, -1.0)
    across = rng.random() < 0.5
    begin = rng.uniform(-0.1, 1.1, count)
    arrival = np.where(np.arange(count) < 6, 0, rng.integers(0, frames, count))
    begin = np.where(arrival > 0, np.where(way > 0, -0.1, 1.1), begin)
    pace = rng.uniform(0.1, 0.4, lanes)[lane] * rng.normal(1, 0.03, count)  # of the way, a second
    long, high = rng.uniform(1.2, 2.4, count), rng.uniform(0.85, 1.3, count)
    base = rng.uniform(0.06, 0.25) * size[1]
    boxes = np.empty((frames, count, 4))
    along, factor = begin.copy(), np.ones(count)
    aim = np.ones(count)
    gone = np.empty((frames, count))
    for frame in range(frames):
        change = (rng.random(lanes) < 0.3 / rate)[lane]  # a queue brakes together
        aim = np.where(change, rng.choice([0.0, 0.5, 1.0, 1.0], lanes)[lane], aim)
        factor = factor + (aim - factor) * min(1.0, 1.5 / rate)
        along = along + np.where(frame >= arrival, way * pace * factor / rate, 0.0)
        gone[frame] = along
        depth = (0.5 + 0.6 * lane / lanes) if across else np.clip(0.15 + 0.95 * along, 0.05, 1.6)
        height = base * high * depth * 1.4
        width = height * (long if across else 0.6 + 0.35 * long)
        x = along * size[0] if across else size[0] * (0.5 + (lane - lanes / 2 + 0.5) * 0.28 * depth)
        feet = size[1] * (0.25 + 0.65 * depth)
        boxes[frame] = np.stack([x - width / 2, feet - height, width, height], axis=1)
    present = (np.arange(frames)[:, None] >= arrival) & (gone > -0.11) & (gone < 1.4)
    ways = Ways(boxes, present, boxes[..., 1] + boxes[..., 3], np.zeros(count, np.int64))
    return _with_others(rng, ways, size, occluders=int(rng.integers(0, 3)))


def animals(rng: np.random.Generator, frames: int, size: Array) -> Ways:
    """Seen from above in an arena: they rest, run, turn at once, climb over each other, and stay."""
    rate = rng.uniform(10, 60)
    count = int(rng.integers(2, 21))
    length = rng.uniform(0.03, 0.12) * size[1] * rng.normal(1, 0.07, count)
    slim = rng.uniform(0.3, 0.7)
    low, high = 0.05 * size, 0.95 * size
    place = rng.uniform(low, high, (count, 2))
    heading, speed = rng.uniform(-np.pi, np.pi, count), np.zeros(count)
    fastest, lively = rng.uniform(0.5, 6.0), rng.uniform(0.2, 2.0)  # lengths a second, changes a second
    aim = np.zeros(count)
    boxes = np.empty((frames, count, 4))
    for frame in range(frames):
        changes = rng.random(count) < lively / rate
        run = np.abs(rng.normal(0, fastest, count)) * (rng.random(count) < 0.6)
        aim = np.where(changes, run, aim)
        speed = speed + (aim - speed) * min(1.0, 8.0 / rate)
        sharp = np.where(rng.random(count) < 0.3 * lively / rate, rng.normal(0, 1.2, count), 0.0)
        heading = heading + sharp + rng.normal(0, 0.8, count) * np.sqrt(0.3 / rate)
        place = place + (length * speed / rate)[:, None] * np.stack([np.cos(heading), np.sin(heading)], 1)
        out = (place < low) | (place > high)
        heading = np.where(out.any(axis=1), np.arctan2(*(size / 2 - place).T[::-1]), heading)
        place = np.clip(place, low, high)
        cos, sin = np.abs(np.cos(heading)), np.abs(np.sin(heading))
        box = np.stack([cos + slim * sin, sin + slim * cos], axis=1) * length[:, None]
        boxes[frame] = np.concatenate([place - box / 2, box], axis=1)
    front = np.tile(rng.normal(size=count), (frames, 1))
    ways = Ways(boxes, np.ones((frames, count), bool), front, np.zeros(count, np.int64))
    return _with_others(rng, ways, size, occluders=0)


KINDS: dict[str, Callable[[np.random.Generator, int, Array], Ways]] = {
    "people": people,
    "vehicles": vehicles,
    "animals": animals,
}
"""Ways by kind."""
