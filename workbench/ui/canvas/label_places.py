"""Where labels go so that they can be read in a crowd.

A label stands above its box, or just inside it where there is no room. Labels that would lie on each other
are shortened first; those that still do move to another corner of their box, or stay where they are when all
corners are taken. The selected box keeps its whole label.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.ui.canvas.raster import Ints

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

MANY = 120  # labels; more are shortened from the start, and not compared with each other


def above(rects: Ints, sizes: Floats, *, lift: NDArray[np.integer], gap: int, height: int) -> Floats:
    """Top-left corners (N, 2) of labels above their boxes, or inside at the top.

    Args:
        rects: (N, 4) left, top, right, bottom, device pixels.
        sizes: (N, 2) width and height of the labels.
        lift: (N,) how far above a box its label begins.
        gap: between the top of a box and a label inside.
        height: of the visible area.
    """
    left, top = rects[:, 0], rects[:, 1]
    inside = np.clip(top + gap, 0, np.maximum(height - sizes[:, 1], 0))
    return np.stack([np.maximum(left, 0), np.where(top >= lift, top - lift, inside)], axis=1).astype(float)


def crowded(places: Floats, sizes: Floats) -> Mask:
    """Which labels lie on another one, (N,); none of more than ``MANY``."""
    if len(places) > MANY:
        return np.zeros(len(places), bool)
    return np.asarray(_overlaps(places, sizes).any(axis=1))


def spread(places: Floats, sizes: Floats, rects: Ints, *, fixed: Mask, gap: int) -> Floats:
    """Move labels that lie on another one to a free corner of their box.

    Args:
        places, sizes: top-left corners and sizes (N, 2).
        rects: (N, 4) boxes.
        fixed: (N,) labels that stay.

    Returns:
        Top-left corners (N, 2); the nearest box, which is the lowest, has the first choice.
    """
    if len(places) > MANY:
        return places
    places = places.copy()
    clash = _overlaps(places, sizes).any(axis=1)
    settled = ~clash | fixed
    for i in np.flatnonzero(clash & ~fixed)[np.argsort(-rects[clash & ~fixed, 3], kind="stable")].tolist():
        left, top, right, bottom = rects[i].tolist()
        width = float(sizes[i, 0])
        corners = np.array(
            [places[i], (right - width, places[i, 1]), (left, top + gap), (left, bottom + gap)]
        )
        taken, room = places[settled], sizes[settled]
        apart = (np.abs(2 * (corners[:, None] - taken) + sizes[i] - room) >= sizes[i] + room).any(axis=2)
        free = np.flatnonzero(apart.all(axis=1))
        if len(free):
            places[i] = corners[free[0]]
        settled[i] = True
    return places


def _overlaps(places: Floats, sizes: Floats) -> Mask:
    """(N, N) which labels lie on which others."""
    low, high = places, places + sizes
    meets = np.asarray((low[:, None] < high[None]).all(axis=2))
    both = np.logical_and(meets, meets.T)
    np.fill_diagonal(both, False)
    return both
