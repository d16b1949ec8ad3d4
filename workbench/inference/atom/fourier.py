"""Reading a score map between its cells by its Fourier series.

The published tracker evaluates the trigonometric polynomial through the score map on a finer grid. Two
habits of it are kept: a map of even size carries its highest frequency on both sides of the spectrum
at full strength, and the origin is shifted for even kernels, whose centre lies between cells.

All steps are linear and separable, so ``resampling_matrix`` runs them once on unit impulses; two small
matrix products then replace the transforms in every frame.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def cfft2(maps: Tensor) -> Tensor:
    """Fourier coefficients with the zero frequency in the middle row and the first column.

    Args:
        maps: (..., h, w) real.

    Returns:
        (..., h or h + 1, w // 2 + 1) complex; an even h gets its highest frequency in both end rows.
    """
    spectrum: Tensor = torch.fft.fftshift(torch.fft.rfft2(maps), dim=-2)
    if maps.shape[-2] % 2 == 0:
        spectrum = torch.cat([spectrum, spectrum[..., :1, :]], dim=-2)
    return spectrum


def shift_fs(spectrum: Tensor, shift: tuple[float, float]) -> Tensor:
    """Coefficients of the series moved by ``shift`` (y, x), where 2 pi is one period."""
    rows, columns = spectrum.shape[-2:]
    like = spectrum.real
    ky = torch.arange(rows, device=like.device, dtype=like.dtype) - rows // 2
    kx = torch.arange(columns, device=like.device, dtype=like.dtype)
    phase = shift[0] * ky[:, None] + shift[1] * kx
    return spectrum * torch.polar(torch.ones_like(phase), phase)


def sample_fs(spectrum: Tensor, size: tuple[int, int]) -> Tensor:
    """The series' values on a grid of ``size`` over one period, (..., size) real.

    ``spectrum`` is as ``cfft2`` gives it, divided by the number of cells of its map.
    """
    rows, columns = spectrum.shape[-2:]
    full = torch.cat([spectrum[..., 1:].flip(-2, -1).conj(), spectrum], dim=-1)
    ky = torch.arange(rows, device=spectrum.device) - rows // 2
    kx = torch.arange(2 * columns - 1, device=spectrum.device) - (columns - 1)
    waves_y = _waves(ky, size[0], full.real.dtype)  # (size, rows)
    waves_x = _waves(kx, size[1], full.real.dtype)
    return (waves_y @ full @ waves_x.T).real


def _waves(frequencies: Tensor, size: int, dtype: torch.dtype) -> Tensor:
    """Values of every frequency's wave at the grid's points, (size, frequencies) complex."""
    points = torch.arange(size, device=frequencies.device)
    # Whole turns are taken off before the conversion, so that the angle keeps its precision.
    angle = (points[:, None] * frequencies % size).to(dtype) * (2 * math.pi / size)
    return torch.polar(torch.ones_like(angle), angle)


def resampling_matrix(cells: int, points: int, *, even_kernel: bool) -> Tensor:
    """The matrix (points, cells), float64, from scores of a row of cells to the fine grid's.

    Args:
        cells: size of the score map.
        points: size of the fine grid over the same extent.
        even_kernel: whether the filter that made the scores has an even size.

    The first point is zero displacement of the target; displacements wrap around.
    """
    impulses = torch.eye(cells, dtype=torch.float64)[:, None, :, None]  # (cells, 1, cells, 1)
    shift = math.pi * (1 - (0 if even_kernel else 1) / cells)
    spectrum = shift_fs(cfft2(impulses) / cells, (shift, 0.0))
    return sample_fs(spectrum, (points, 1))[:, 0, :, 0].T


def centered(maps: Tensor) -> Tensor:
    """Fine maps (..., h, w) with zero displacement moved from the corner to h // 2, w // 2."""
    h, w = maps.shape[-2:]
    return maps.roll((h // 2, w // 2), dims=(-2, -1))


def resample(maps: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Maps (..., h, w) on the fine grid, by a ``resampling_matrix`` for each direction."""
    return rows @ maps @ columns.T
