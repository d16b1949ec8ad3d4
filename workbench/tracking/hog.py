"""Felzenszwalb's histogram of oriented gradients: 31 channels for each square cell of an image.

It describes a patch without any training: 18 signed and 9 unsigned orientations, normalised by the
energy of the four blocks around the cell, and 4 channels that keep those energies. The scale filter and
the tracker without weights look at the world through it.

Felzenszwalb, Girshick, McAllester, Ramanan: Object Detection with Discriminatively Trained Part-Based
Models, TPAMI 2010, section 6. Departures: cells at the border are kept, with the border's energy
repeated outside, and gradients are looked up in a table, which is exact for 8-bit images.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint8]
Features = NDArray[np.float32]

CHANNELS = 31
SIGNED = 18  # orientations over the full turn; half as many when the sign is dropped
TRUNCATION = 0.2
TEXTURE_GAIN = 0.2357  # as in the paper's release: 1 / sqrt(18)
EPSILON = 1e-4


def fhog(images: Images, *, cell: int = 4) -> Features:
    """The 31 channels of every cell.

    Args:
        images: uint8 (B, H, W, 3); where the colours disagree the steepest one is taken.
        cell: side of a cell in pixels; pixels beyond the last whole cell are left out.

    Returns:
        float32 (B, H // cell, W // cell, 31), channels in [0, 0.4] and the last four in [0, 0.85].
    """
    rows, columns = images.shape[1] // cell, images.shape[2] // cell
    images = images[:, : rows * cell, : columns * cell]
    signed = _histograms(*_gradients(images), cell)  # (B, rows, columns, 18)
    unsigned = signed[..., : SIGNED // 2] + signed[..., SIGNED // 2 :]
    norms = _block_norms((unsigned**2).sum(axis=3))  # (B, rows, columns, 4)
    orientations = np.concatenate([signed, unsigned], axis=3)
    result = np.zeros((*signed.shape[:3], CHANNELS), dtype=np.float32)
    for block in range(4):
        part = np.minimum(orientations * norms[..., block, None], TRUNCATION)
        result[..., :27] += 0.5 * part
        result[..., 27 + block] = TEXTURE_GAIN * part[..., :SIGNED].sum(axis=3)
    return result


@lru_cache(maxsize=1)
def _orientations() -> NDArray[np.uint8]:
    """Orientation 0..17 of every (dy, dx) of 8-bit differences, flat (511 * 511,)."""
    step = np.arange(-255, 256, dtype=np.float64)
    angle = np.arctan2(step[:, None], step[None, :])
    return (np.rint(angle * (SIGNED / 2) / np.pi).astype(np.int64) % SIGNED).astype(np.uint8).ravel()


def _gradients(images: Images) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Orientation and length of the steepest colour's gradient, each (B, H, W)."""
    planes = _bordered(images)
    dx = planes[..., 1:-1, 2:] - planes[..., 1:-1, :-2]
    dy = planes[..., 2:, 1:-1] - planes[..., :-2, 1:-1]
    first, second, third = np.square(dx, dtype=np.int32) + np.square(dy, dtype=np.int32)
    best = np.maximum(first, second)
    of_two, of_three = second > first, third > best
    right, down = (np.where(of_three, d[2], np.where(of_two, d[1], d[0])).astype(np.int32) for d in (dx, dy))
    code = (down + 255) * 511 + (right + 255)
    return _orientations()[code], np.sqrt(np.maximum(best, third), dtype=np.float32)


def _bordered(images: Images) -> NDArray[np.int16]:
    """Colour planes with their edge pixels repeated once around them, (3, B, H + 2, W + 2)."""
    batch, height, width, colours = images.shape
    planes = np.empty((colours, batch, height + 2, width + 2), dtype=np.int16)
    planes[..., 1:-1, 1:-1] = images.transpose(3, 0, 1, 2)
    planes[..., 1:-1, 0], planes[..., 1:-1, -1] = planes[..., 1:-1, 1], planes[..., 1:-1, -2]
    planes[..., 0, :], planes[..., -1, :] = planes[..., 1, :], planes[..., -2, :]
    return planes


@lru_cache(maxsize=32)
def _votes(
    height: int, width: int, cell: int
) -> tuple[NDArray[np.intp], list[tuple[int, NDArray[np.float64]]]]:
    """Where each pixel votes: its first histogram, and the offset and share of each of its four.

    Histograms lie one after the other, 18 bins each, for the cells and a border of one around them.
    """
    columns = width // cell + 2
    (cell_y, share_y), (cell_x, share_x) = (_between_cells(size, cell) for size in (height, width))
    first = (cell_y[:, None] * columns + cell_x) * SIGNED
    votes = [
        ((down * columns + right) * SIGNED, np.outer(y, x))
        for down, y in enumerate((1 - share_y, share_y))
        for right, x in enumerate((1 - share_x, share_x))
    ]
    return first, votes


def _between_cells(size: int, cell: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """For each pixel along an axis the cell before it, border counted, and its nearness to the next one."""
    place = (np.arange(size) + 0.5) / cell + 0.5
    before = np.floor(place)
    return before.astype(np.intp), place - before


def _histograms(orientation: NDArray[np.uint8], length: NDArray[np.float32], cell: int) -> Features:
    """Orientation histograms with every pixel shared between its four nearest cells, (B, rows, columns, 18).

    Counting needs no matrix product, whose threads cost more than they give at this size.
    """
    batch, height, width = orientation.shape
    shape = (batch, height // cell + 2, width // cell + 2, SIGNED)
    first, votes = _votes(height, width, cell)
    image = np.arange(batch)[:, None, None] * (shape[1] * shape[2] * SIGNED)
    bins = (first + orientation + image).ravel()
    total = np.zeros(int(np.prod(shape)))
    for offset, share in votes:
        left = len(total) - offset
        total[offset:] += np.bincount(bins, weights=(length * share).ravel(), minlength=left)[:left]
    return total.reshape(shape)[:, 1:-1, 1:-1].astype(np.float32)


def _block_norms(energy: Features) -> Features:
    """One over the length of the four 2 x 2 blocks that hold a cell, (B, rows, columns, 4)."""
    padded = np.pad(energy, ((0, 0), (1, 1), (1, 1)), mode="edge")
    pairs = padded[:, :-1] + padded[:, 1:]
    blocks = pairs[:, :, :-1] + pairs[:, :, 1:]
    corners = [blocks[:, y : y + energy.shape[1], x : x + energy.shape[2]] for y in (0, 1) for x in (0, 1)]
    result: Features = np.power(np.stack(corners, axis=3) + EPSILON, -0.5, dtype=np.float32)
    return result
