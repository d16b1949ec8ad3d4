"""Windows, labels and the filter's convolution: the parts of a discriminative correlation filter."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Size = tuple[int, int]


def hann1d(size: int, *, centered: bool = True) -> Tensor:
    """A Hann window of ``size`` points that does not reach zero; not centred: its top is at index 0."""
    if centered:
        return 0.5 * (1 - torch.cos(2 * math.pi / (size + 1) * torch.arange(1, size + 1).float()))
    half = 0.5 * (1 + torch.cos(2 * math.pi / (size + 2) * torch.arange(size // 2 + 1).float()))
    return torch.cat([half, half[1 : size - size // 2].flip(0)])


def hann2d(size: Size, *, centered: bool = True) -> Tensor:
    """The product of two Hann windows, (1, 1, h, w)."""
    rows, columns = hann1d(size[0], centered=centered), hann1d(size[1], centered=centered)
    return (rows[:, None] * columns)[None, None]


def hann2d_clipped(size: Size, effective: Size, *, centered: bool = True) -> Tensor:
    """A centred Hann window of the ``effective`` size, continued with its border values, (1, 1, h, w)."""
    inner = [e + (e - s) % 2 for e, s in zip(effective, size, strict=True)]
    window = hann2d((inner[0], inner[1]))
    top, left = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    window = functional.pad(window, (left, left, top, top), mode="replicate")
    if centered:
        return window
    return window.roll((-(size[0] // 2), -(size[1] // 2)), dims=(-2, -1))


def gauss_label(size: Size, sigma: float, center: tuple[float, float], *, extra: Size = (0, 0)) -> Tensor:
    """A Gaussian peak of height 1, (1, 1, h, w).

    Args:
        size: height and width in cells.
        sigma: standard deviation in cells.
        center: y, x of the peak relative to the map's middle, in cells.
        extra: rows and columns added at the end.
    """
    rows = _gauss1d(size[0], sigma, center[0], extra[0])
    columns = _gauss1d(size[1], sigma, center[1], extra[1])
    return torch.from_numpy((rows[:, None] * columns)[None, None])


def _gauss1d(size: int, sigma: float, center: float, extra: int) -> NDArray[np.float32]:
    cells = np.arange(size + extra, dtype=np.float32) - (size - 1) / 2
    peak: NDArray[np.float32] = np.exp(-0.5 * ((cells - center) / sigma) ** 2)
    return peak


def gauss_fourier(size: int, sigma: float, *, half: bool = False) -> Tensor:
    """Fourier coefficients of a Gaussian over ``size`` cells, zero frequency in the middle or first."""
    first = 0 if half else -((size - 1) // 2)
    k = torch.arange(first, size // 2 + 1).float()
    return math.sqrt(2 * math.pi) * sigma / size * torch.exp(-2 * (math.pi * sigma * k / size) ** 2)


def mlu(x: Tensor, bend: float) -> Tensor:
    """The response activation: the identity above zero, saturating at ``-bend`` below."""
    return functional.elu(functional.leaky_relu(x, 1 / bend), bend)


def mlu_slope(x: Tensor, bend: float) -> Tensor:
    """The derivative of ``mlu``, in (0, 1]."""
    return torch.exp(x.clamp(max=0) / bend)


def max2d(maps: NDArray[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.intp]]:
    """Highest value of each map (..., h, w) and its (y, x), the first one where several are equal."""
    flat = maps.reshape(*maps.shape[:-2], -1)
    return flat.max(axis=-1), np.stack(np.unravel_index(flat.argmax(axis=-1), maps.shape[-2:]), axis=-1)


def by_channel(samples: Tensor) -> Tensor:
    """The same samples (n, C, h, w) with each channel's cells together in memory, for the two below."""
    n, channels, h, w = samples.shape
    return samples.transpose(0, 1).flatten(1).view(channels, n, h, w).transpose(0, 1)


def convolve(samples: Tensor, kernel: Tensor) -> Tensor:
    """Scores of a filter at every cell.

    A filter with one output is applied tap by tap: one matrix product gives every tap's response, and
    their shifted sum is the score: first over the columns of the kernel, then over its rows. This reads the
    samples once, whatever the size of the kernel.

    Args:
        samples: (n, C, h, w); fastest when laid out ``by_channel``.
        kernel: (C, k, l); cells outside a sample are zero, and an even kernel reaches one cell
            farther up and left than down and right.

    Returns:
        (n, 1, h, w).
    """
    n, _, h, w = samples.shape
    _, rows, columns = kernel.shape
    taps = kernel.flatten(1).T @ samples.transpose(0, 1).flatten(1)  # (k * l, n * h * w)
    by_place = taps.view(rows, columns, n, h, w)
    # add_, since += would copy the sum onto itself
    wide = taps.new_zeros(rows, n, h, w + columns - 1)
    for column in range(columns):
        left = columns - 1 - column
        wide[..., left : left + w].add_(by_place[:, column])
    padded = taps.new_zeros(n, h + rows - 1, w + columns - 1)
    for row in range(rows):
        top = rows - 1 - row
        padded[:, top : top + h].add_(wide[row])
    top, left = (rows - 1) // 2, (columns - 1) // 2
    return padded[:, None, top : top + h, left : left + w]


def convolve_adjoint(samples: Tensor, maps: Tensor, size: Size) -> Tensor:
    """The transpose of ``convolve`` as a function of the kernel: maps (n, 1, h, w) to (C, k, l)."""
    n, channels, h, w = samples.shape
    rows, columns = size
    top, left = (rows - 1) // 2, (columns - 1) // 2
    padded = functional.pad(maps, (left, columns - 1 - left, top, rows - 1 - top))
    shifted = functional.unfold(padded, size)  # (n, k * l, h * w)
    # Summed sample by sample: one long sum over all would round more coarsely, which sixty steps amplify.
    taps = torch.bmm(shifted, samples.reshape(n, channels, h * w).mT).sum(0)  # (k * l, C)
    return taps.T.reshape(channels, rows, columns).flip(1, 2)
