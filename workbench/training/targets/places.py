"""Where an object lies on the output grid: box, centre, cell and the radius of its peak."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.boxes import Box
from workbench.models.geometry import Array, Map, Point, apply_affine, gaussian, peak_radius, window

Size = tuple[int, int]
Corners = NDArray[np.float32]
Targets = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Place:
    """An object on the grid, in its cells.

    Args:
        corners: (4,) left, top, right, bottom of the visible part.
        size: (2,) width, height of it.
        center: (2,) x, y of its middle.
        cell: (2,) int, the centre truncated.
        index: of the cell, row by row.
        radius: of the peak.
    """

    corners: Corners
    size: Corners
    center: Corners
    cell: NDArray[np.int32]
    index: int
    radius: int

    @property
    def offset(self) -> Corners:
        """From the cell to the centre, (2,) in [0, 1)."""
        return self.center - self.cell

    @property
    def region(self) -> tuple[slice, slice]:
        """Rows and columns that the box touches."""
        left, top, right, bottom = (int(value) for value in self.corners)
        return slice(top, bottom + 1), slice(left, right + 1)


def corners_on_grid(box: Box, matrix: Array) -> Corners:
    """Left, top, right, bottom of the upright box about a mapped box, (4,) float32."""
    x, y, w, h = box
    points = apply_affine([[x, y], [x, y + h], [x + w, y + h], [x + w, y]], matrix)
    return np.concatenate([points.min(axis=0), points.max(axis=0)]).astype(np.float32)


def clipped(corners: ArrayLike, grid: Size) -> Corners:
    """Points (..., 2) or corners (4,) moved onto the cells 0 to W - 1, 0 to H - 1, float32.

    Published behaviour: the last cell's number is the limit, not its far edge.
    """
    points = np.asarray(corners, np.float32)
    pairs = np.clip(points.reshape(-1, 2), 0, np.array(grid, np.float32) - 1)
    return np.asarray(pairs.reshape(points.shape), np.float32)


def place(corners: Corners, grid: Size, *, whole_sides: bool = True) -> Place:
    """Centre, cell and radius of a clipped box on a grid of (W, H).

    Args:
        corners: (4,) clipped.
        grid: width, height.
        whole_sides: the radius is that of a box with its sides rounded up, as in all tasks but the 3D one.
    """
    size = corners[2:] - corners[:2]
    center = np.asarray((corners[:2] + corners[2:]) / 2, np.float32)
    cell = center.astype(np.int32)
    sides = [math.ceil(side) if whole_sides else float(side) for side in size]
    radius = peak_radius(sides[1], sides[0]) if min(sides) > 0 else 0
    return Place(corners, size, center, cell, cell_index(cell, grid), radius)


def cell_index(cell: NDArray[np.int32], grid: Size) -> int:
    """Number of a cell x, y counted row by row."""
    return int(cell[1]) * grid[0] + int(cell[0])


def is_visible(spot: Place) -> bool:
    """Whether the box has an area on the grid."""
    return bool((spot.size > 0).all())


def draw_dense(
    values: Map, heatmap: Map, center: Point, value: ArrayLike, *, radius: int, pointing: bool = False
) -> None:
    """Write a value into ``values`` (D, H, W), in place, wherever its gaussian is as high as ``heatmap``.

    Args:
        values: float32.
        heatmap: (H, W) float32, what has been drawn so far.
        center: x, y in cells, truncated.
        value: (D,).
        radius: of the gaussian.
        pointing: the value is a vector x, y from the centre; each cell gets the one from itself.
    """
    diameter = 2 * radius + 1
    on_map, on_square = window(center, radius, heatmap.shape)
    wanted = np.broadcast_to(np.asarray(value, np.float64)[:, None, None], (len(values), diameter, diameter))
    if pointing:
        steps = np.arange(diameter) - radius
        wanted = wanted - np.stack(np.broadcast_arrays(steps[None, :], steps[:, None]))
    over = gaussian(diameter, diameter / 6)[on_square] >= heatmap[on_map]
    values[:, *on_map] = np.where(over, wanted[:, *on_square], values[:, *on_map])
