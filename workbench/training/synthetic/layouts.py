"""Layouts: which patches make up an object, and where each lies in each pose.

Everything is drawn for many objects at once. An object lives in a plane of its own, x right, y down, about
2 units high; parts are listed from the back to the front. The box of an object may hold only some of its
parts (a face on a body, a rider on a horse); the others move along with it as context.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.training.synthetic.patches import REACH, VARIANTS, Patches

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """Many objects in their poses.

    Args:
        which: (n, poses, parts) picture of each part, -1 for none.
        maps: (n, poses, parts, 2, 3) patch to the object's plane.
        target: (n, parts) whether the box is drawn around this part.
    """

    which: Indices
    maps: Array
    target: NDArray[np.bool_]

    def pick(self, objects: Indices) -> Layout:
        """Some of the objects."""
        return Layout(self.which[objects], self.maps[objects], self.target[objects])


def cycle(layout: Layout, phases: int) -> Layout:
    """The objects going smoothly through their poses in a circle, in the look of the first."""
    poses = layout.maps.shape[1]
    pose, share = np.divmod(np.arange(phases) * (poses / phases), 1)
    first, second = pose.astype(np.int64), (pose.astype(np.int64) + 1) % poses
    share = (share**2 * (3 - 2 * share))[:, None, None, None]
    maps = layout.maps[:, first] * (1 - share) + layout.maps[:, second] * share
    return Layout(np.repeat(layout.which[:, :1], phases, axis=1), maps, layout.target)


def join(layouts: Sequence[Layout]) -> Layout:
    """All objects in one layout, those with fewer parts filled up with none."""
    most = max(layout.which.shape[2] for layout in layouts)
    return Layout(*(np.concatenate(group) for group in zip(*(_widen(x, most) for x in layouts), strict=True)))


def _widen(layout: Layout, parts: int) -> tuple[Indices, Array, NDArray[np.bool_]]:
    more = parts - layout.which.shape[2]
    which = np.pad(layout.which, ((0, 0), (0, 0), (0, more)), constant_values=-1)
    maps = np.pad(layout.maps, ((0, 0), (0, 0), (0, more), (0, 0), (0, 0)))
    return which, maps, np.pad(layout.target, ((0, 0), (0, more)))


class Assembly:
    """Collects the parts of ``n`` objects in ``poses`` poses, back to front."""

    def __init__(self, rng: np.random.Generator, patches: Patches, n: int, poses: int) -> None:
        self.rng, self.patches, self.shape = rng, patches, (n, poses)
        self.which: list[Indices] = []
        self.maps: list[Array] = []
        self.target: list[NDArray[np.bool_]] = []
        self.turned = rng.random((n, poses)) < 0.35  # poses that show the other variant of the patches

    def pick(self, kind: int) -> Indices:
        """(n,) a random patch of a kind for each object."""
        return self.rng.choice(self.patches.of_kind(kind), self.shape[0])

    def add(
        self,
        patch: Indices,
        centre: tuple[ArrayLike, ArrayLike],
        half: tuple[ArrayLike, ArrayLike],
        angle: ArrayLike = 0.0,
        *,
        target: ArrayLike = True,
        present: ArrayLike = True,
    ) -> None:
        """One part each: its middle, half sides and angle, numbers or (n, 1) or (n, poses)."""
        x, y, w, h, a = (np.broadcast_to(v, self.shape) for v in (*centre, *half, angle))
        w, h, c, s = w / REACH, h / REACH, np.cos(a), np.sin(a)
        picture = patch[:, None] * VARIANTS + self.turned
        self.which.append(np.where(np.broadcast_to(present, (self.shape[0],))[:, None], picture, -1))
        self.maps.append(np.stack([np.stack([c * w, -s * h, x], -1), np.stack([s * w, c * h, y], -1)], -2))
        self.target.append(np.broadcast_to(target, (self.shape[0],)))

    def limb(
        self,
        patch: Indices,
        start: tuple[ArrayLike, ArrayLike],
        angle: ArrayLike,
        size: tuple[ArrayLike, ArrayLike],
        **flags: ArrayLike,
    ) -> tuple[Array, Array]:
        """A part that hangs from ``start`` at ``angle`` from straight down; size is length and half width.

        Returns:
            The other end, x and y.
        """
        length, thick = (np.asarray(v) for v in size)
        dx, dy = np.sin(angle) * length, np.cos(angle) * length
        x, y = (np.asarray(v) for v in start)
        self.add(patch, (x + dx / 2, y + dy / 2), (thick, length / 2 + thick), -np.asarray(angle), **flags)
        return x + dx, y + dy

    def wave(self, strength: float) -> Array:
        """(n, poses) normal numbers: how far each pose is from the object's mean."""
        return self.rng.normal(0, strength, self.shape)

    def uniform(self, low: float, high: float) -> Array:
        """(n, 1) uniform numbers, one for each object."""
        return self.rng.uniform(low, high, (self.shape[0], 1))

    def chance(self, probability: float) -> NDArray[np.bool_]:
        """(n,) coin throws."""
        return self.rng.random(self.shape[0]) < probability

    def layout(self) -> Layout:
        """What was collected."""
        return Layout(np.stack(self.which, 2), np.stack(self.maps, 2), np.stack(self.target, 1))
