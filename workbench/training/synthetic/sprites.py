"""Sprites: objects painted once in each pose, with the points their boxes are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from workbench.training.synthetic.layouts import Layout
from workbench.training.synthetic.painting import Pyramid, compose, paint, pyramid
from workbench.training.synthetic.patches import Patches

Array = NDArray[np.float64]
DIRECTIONS = 48  # of the support points
CHUNK = 40  # objects painted at once on a processor, so that their pictures stay in its cache
FILL = 0.94  # share of the picture that an object may take


@dataclass(frozen=True)
class Sprites:
    """Objects in their poses.

    Args:
        pictures: (n * poses, 5, side, side) RGB times alpha, alpha, tag (alpha of the boxed parts), and the
            same smaller; the picture of a pose is number object * poses + pose.
        hull: (n, poses, DIRECTIONS, 2) outermost points of the boxed parts in [-1, 1].
        area: (n, poses) of the tag, in units of the [-1, 1] plane.
    """

    pictures: Pyramid
    hull: Array
    area: Array

    @property
    def poses(self) -> int:
        """Looks of each object."""
        return int(self.hull.shape[1])

    def __len__(self) -> int:
        return int(self.hull.shape[0])

    def sibling(self, objects: NDArray[np.int64]) -> NDArray[np.int64]:
        """The object that looks almost like each of these, as ``make_layouts`` pairs them."""
        return objects ^ 1


def make_sprites(layout: Layout, patches: Patches, *, side: int) -> Sprites:
    """Paint every pose of every object into a picture of its own."""
    which, maps, target = layout.which, layout.maps, layout.target
    n, poses = which.shape[:2]
    outlines = _outlines(which, maps, patches)  # (n, poses, parts, P, 2)
    fit = _fit(outlines, which, target)
    maps = compose(fit[:, :, None], maps)
    outlines = outlines * fit[:, :, None, None, [0, 1], [0, 1]] + fit[:, :, None, None, :, 2]
    hull = _support(outlines, target[:, None] & (which >= 0))
    canvas = _paint_parts(Layout(which, maps, target), patches, side)
    area = canvas[:, 4].sum(dim=(1, 2)).double().cpu().numpy().reshape(n, poses) * (2 / side) ** 2
    return Sprites(pyramid(canvas), hull, area)


def _paint_parts(layout: Layout, patches: Patches, side: int) -> Tensor:
    n, poses, parts = layout.which.shape
    to_pixels = np.array([[side / 2, 0, side / 2], [0, side / 2, side / 2]])
    placed = compose(to_pixels, layout.maps)
    canvas = torch.zeros(n, poses, 5, side, side, device=patches.pictures[0].device)
    chunk = CHUNK if canvas.device.type == "cpu" else n
    for first in range(0, n, chunk):
        some = slice(first, first + chunk)
        piece = canvas[some].flatten(0, 1)
        tag = np.repeat(layout.target[some], poses, axis=0)
        for part in range(parts):
            which = layout.which[some, :, part].ravel()
            rows = np.flatnonzero(which >= 0)
            where = placed[some, :, part].reshape(-1, 2, 3)[rows]
            paint(piece, patches.pictures, which[rows], where, rows, tag=tag[rows, part])
    return canvas.flatten(0, 1)


def _outlines(which: NDArray[np.int64], maps: Array, patches: Patches) -> Array:
    points = patches.outlines[np.maximum(which, 0)][..., ::2, :]  # (n, poses, parts, P, 2)
    return np.asarray(points @ np.swapaxes(maps[..., :2], -1, -2) + maps[..., None, :, 2])


def _fit(outlines: Array, which: NDArray[np.int64], target: NDArray[np.bool_]) -> Array:
    """(n, poses, 2, 3): centres the object in its picture and scales all its poses by one number.

    What is boxed takes at least a third of the picture; context that no longer fits is cut off.
    """

    def bounds(chosen: NDArray[np.bool_]) -> tuple[Array, Array]:
        mask = chosen[..., None, None]
        low = np.where(mask, outlines, np.inf).min(axis=(2, 3))
        return low, np.where(mask, outlines, -np.inf).max(axis=(2, 3))

    low, high = bounds(which >= 0)
    inner_low, inner_high = bounds((which >= 0) & target[:, None])
    whole = (high - low).max(axis=(1, 2))
    boxed = (inner_high - inner_low).max(axis=(1, 2))
    scale = 2 * FILL / np.minimum(whole, 3 * boxed)
    middle = (low + high) / 2 * scale[:, None, None]
    reach = FILL - (inner_high - inner_low) / 2 * scale[:, None, None]
    inner = (inner_low + inner_high) / 2 * scale[:, None, None]
    shift = -np.clip(middle, inner - np.maximum(reach, 0), inner + np.maximum(reach, 0))
    fit = np.zeros((*which.shape[:2], 2, 3))
    fit[..., 0, 0] = fit[..., 1, 1] = scale[:, None]
    fit[..., 2] = shift
    return fit


def _support(outlines: Array, chosen: NDArray[np.bool_]) -> Array:
    """(n, poses, DIRECTIONS, 2): the chosen outlines' outermost point in each direction."""
    n, poses = outlines.shape[:2]
    angle = np.arange(DIRECTIONS) * (2 * np.pi / DIRECTIONS)
    ways = np.stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    points = outlines.reshape(n, poses, -1, 2)
    reach = points.reshape(-1, 2).astype(np.float32) @ ways  # of one product: stacked ones are slow
    reach = reach.reshape(n, poses, -1, DIRECTIONS)
    reach[~np.repeat(chosen, outlines.shape[3], axis=2)] = -np.inf
    best = reach.argmax(axis=2)
    return np.take_along_axis(points, best[..., None], axis=2)
