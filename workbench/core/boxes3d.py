"""Boxes in the space before a camera, as KITTI has them (Geiger et al. 2012), and their place in its image.

The camera looks along z, x points right and y down, in metres. A box stands upright: it is turned about y by
``rotation_y``, 0 when its length lies along x, and its location is the middle of its bottom. ``alpha`` is the
same angle as seen from the camera: rotation less the direction of the ray to the box. A camera is its
projection (3, 4): pixels times depth from metres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

EDGES = (
    (0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6), (3, 7),
)  # fmt: skip
"""Pairs of corners that are joined by an edge."""


@dataclass(frozen=True, eq=False)
class Boxes3D:
    """Boxes in space.

    Args:
        dimensions: (N, 3) height, width, length in metres.
        location: (N, 3) x, y, z of the middle of the bottom, metres.
        rotation_y: (N,) radians in [-pi, pi].
        alpha: (N,) radians.
        velocity: (N, 3) metres a second, or None = not known.
        attributes: (N, A) what the network says beside, or None.
    """

    dimensions: Array
    location: Array
    rotation_y: Array
    alpha: Array
    velocity: Array | None = None
    attributes: Array | None = None

    def __len__(self) -> int:
        return len(self.dimensions)

    def __getitem__(self, chosen: ArrayLike | slice) -> Boxes3D:
        """Some of them, by mask, indices or slice."""
        index: Any = chosen if isinstance(chosen, slice) else np.asarray(chosen)
        return Boxes3D(**{name: column[index] for name, column in self.columns().items()})

    @classmethod
    def joined(cls, parts: Sequence[Boxes3D]) -> Boxes3D:
        """All rows in order; a column that one part lacks is dropped. At least one part."""
        names = set(parts[0].columns()).intersection(*(part.columns() for part in parts[1:]))
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})

    def columns(self) -> dict[str, Any]:
        """The columns that are there, by name."""
        every = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: column for name, column in every.items() if column is not None}

    def corners(self) -> Array:
        """Corners (N, 8, 3) in metres: the bottom's four, then those above them; ``EDGES`` joins them."""
        height, width, length = (self.dimensions[:, i, None] for i in range(3))
        along = np.array([1, 1, -1, -1] * 2) / 2 * length
        across = np.array([1, -1, -1, 1] * 2) / 2 * width
        up = np.array([0] * 4 + [-1] * 4) * height
        cosine, sine = np.cos(self.rotation_y)[:, None], np.sin(self.rotation_y)[:, None]
        x, z = cosine * along + sine * across, cosine * across - sine * along
        return np.asarray(np.stack([x, up, z], 2) + self.location[:, None])

    def headings(self) -> Array:
        """From the location to the front, on the ground, (N, 2, 3) metres: two points."""
        length, zero = self.dimensions[:, 2], np.zeros(len(self))
        ahead = np.stack([np.cos(self.rotation_y) * length, zero, -np.sin(self.rotation_y) * length], 1)
        return np.stack([self.location, self.location + ahead], 1)


def default_camera(width: float, height: float, *, focal: float = 1200.0) -> Array:
    """A camera (3, 4) that looks through the middle of an image of this size."""
    return np.array([[focal, 0, width / 2, 0], [0, focal, height / 2, 0], [0, 0, 1, 0]], float)


def project(points: ArrayLike, camera: ArrayLike) -> Array:
    """Pixels x, y (..., 2) of points (..., 3) in metres; not a number where the depth is 0."""
    p, m = np.asarray(points, float), np.asarray(camera, float)
    seen = p @ m[:, :3].T + m[:, 3]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(seen[..., :2] / seen[..., 2:])


def unproject(pixels: ArrayLike, depth: ArrayLike, camera: ArrayLike) -> Array:
    """Points (N, 3) in metres that are seen at pixels (N, 2) at a depth (N,)."""
    at, m = np.asarray(pixels, float), np.asarray(camera, float)
    d = np.asarray(depth, float)
    z = d - m[2, 3]
    x = (at[:, 0] * d - m[0, 3] - m[0, 2] * z) / m[0, 0]
    y = (at[:, 1] * d - m[1, 3] - m[1, 2] * z) / m[1, 1]
    return np.stack([x, y, z], 1)


def rotation_of(alpha: ArrayLike, x: ArrayLike, camera: ArrayLike) -> Array:
    """Rotation about y of what is seen at an angle ``alpha`` at column ``x`` of the image, in [-pi, pi]."""
    return wrapped(np.asarray(alpha, float) + _ray(x, camera))


def alpha_of(rotation_y: ArrayLike, x: ArrayLike, camera: ArrayLike) -> Array:
    """The inverse of ``rotation_of``."""
    return wrapped(np.asarray(rotation_y, float) - _ray(x, camera))


def wrapped(angle: Array) -> Array:
    """Angles within two turns of 0, in [-pi, pi]."""
    return np.where(angle > np.pi, angle - 2 * np.pi, np.where(angle < -np.pi, angle + 2 * np.pi, angle))


def _ray(x: ArrayLike, camera: ArrayLike) -> Array:
    m = np.asarray(camera, float)
    return np.asarray(np.arctan2(np.asarray(x, float) - m[0, 2], m[0, 0]))
