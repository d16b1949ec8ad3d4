"""A correlation filter around a target: corrects its place by fractions of its size.

A classifier on coarse cells finds a target anywhere in its search area, but only to within a part of a
cell, and its small errors add up. This filter looks at the target and a margin around it in fine cells
and answers with the offset.

Bolme, Beveridge, Draper, Lui: Visual Object Tracking using Adaptive Correlation Filters, CVPR 2010, with
many channels as in Danelljan et al. (DSST, TPAMI 2017): HOG, and Lab histograms in place of grey values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Box
from workbench.tracking.hog import fhog
from workbench.tracking.lab_colour import soft_lab
from workbench.tracking.patches import Image, cut, scaled

Array = NDArray[np.float32]
Complex = NDArray[np.complex64]


@dataclass(frozen=True)
class Offset:
    """What the filter says of a box.

    Args:
        x, y: from the box's centre to the target's, pixels; 0, 0 where the answer is not believed.
        likeness: height of the answer; near 1 for the first frame, some tenths for the same target
            later, below a tenth for something else.
    """

    x: float
    y: float
    likeness: float


@dataclass(frozen=True)
class TranslationFilterOptions:
    """How the place is corrected and learned.

    Args:
        margin: sides of the window over those of the target.
        area: pixels to which the target is resampled.
        cell: side of a cell in those pixels.
        sigma: width of the wanted answer over the target's mean side.
        colour_weight: of the colour channels beside those of HOG.
        learning_rate: share of the newest frame in the filter.
        regularisation: added to the filter's denominator.
        limit: corrections beyond this share of the target's side are not believed.
    """

    margin: float = 2.0
    area: int = 48 * 48
    cell: int = 4
    sigma: float = 1 / 16
    colour_weight: float = 0.3
    learning_rate: float = 0.02
    regularisation: float = 0.01
    limit: float = 0.3


class TranslationFilter:
    """The filter of one target; it keeps what it learned, not where the target is.

    Args:
        image: uint8 (H, W, 3), the frame the box was drawn in.
        box: the target, x, y, w, h in pixels; w and h positive.
        options: see ``TranslationFilterOptions``.
    """

    def __init__(self, image: Image, box: Box, *, options: TranslationFilterOptions | None = None) -> None:
        self.options = options or TranslationFilterOptions()
        self._cells = _window_cells(box, self.options)
        rows, columns = self._cells
        window = np.outer(np.hanning(rows + 2)[1:-1], np.hanning(columns + 2)[1:-1])
        self._window = window[..., None].astype(np.float32)
        self._label = np.fft.rfft2(_label(self._cells, self.options)).astype(np.complex64)
        self._numerator, self._denominator = self._learned(self._spectrum(image, box))

    def measure(self, image: Image, box: Box) -> Offset:
        """How far the target is from the box's centre, and how much it looks like the target."""
        options, (rows, columns) = self.options, self._cells
        answer = (self._numerator * self._spectrum(image, box)).sum(axis=2)
        answer /= self._denominator + options.regularisation
        response: Array = np.fft.irfft2(answer, s=self._cells).astype(np.float32)
        down, right = _peak(response)
        share_x, share_y = options.margin * right / columns, options.margin * down / rows
        likeness = float(response.max())
        if np.hypot(share_x, share_y) > options.limit:
            return Offset(0.0, 0.0, likeness)
        return Offset(share_x * box[2], share_y * box[3], likeness)

    def learn(self, image: Image, box: Box) -> None:
        """Take in how the target looks in this frame; the box has to fit it."""
        numerator, denominator = self._learned(self._spectrum(image, box))
        rate = self.options.learning_rate
        self._numerator = (1.0 - rate) * self._numerator + rate * numerator
        self._denominator = (1.0 - rate) * self._denominator + rate * denominator

    def _learned(self, spectrum: Complex) -> tuple[Complex, Array]:
        """Numerator (rows, frequencies, channels) and denominator (rows, frequencies) for one frame."""
        conjugate = spectrum.conj()
        return self._label[..., None] * conjugate, (spectrum * conjugate).real.sum(axis=2)

    def _spectrum(self, image: Image, box: Box) -> Complex:
        """Fourier transform of the windowed features, (rows, frequencies, channels)."""
        options, (rows, columns) = self.options, self._cells
        around = scaled(box, np.array([options.margin]))
        patch = cut(image, around, shape=(rows * options.cell, columns * options.cell))
        colours = options.colour_weight * soft_lab(patch, cell=options.cell)
        features = np.concatenate([fhog(patch, cell=options.cell), colours], axis=3)[0]
        features -= features.mean(axis=(0, 1))
        return np.asarray(np.fft.rfft2(features * self._window, axes=(0, 1)), dtype=np.complex64)


def _window_cells(box: Box, options: TranslationFilterOptions) -> tuple[int, int]:
    """Rows and columns of the window: the box's aspect, at least four either way."""
    _, _, w, h = box
    per_pixel = np.sqrt(options.area / (w * h)) * options.margin / options.cell
    rows, columns = (max(4, round(float(side * per_pixel))) for side in (h, w))
    return rows, columns


def _label(cells: tuple[int, int], options: TranslationFilterOptions) -> Array:
    """The wanted answer: a Gaussian in the middle cell."""
    sigma = options.sigma * np.sqrt(options.area) / options.cell
    rows, columns = (np.exp(-0.5 * ((np.arange(n) - n // 2) / sigma) ** 2) for n in cells)
    return np.outer(rows, columns).astype(np.float32)


def _peak(response: Array) -> tuple[float, float]:
    """Where the highest value is from the middle cell, rows and columns, by parabolas between cells."""
    row, column = np.unravel_index(int(response.argmax()), response.shape)
    down = row + _vertex(response[:, column], int(row)) - response.shape[0] // 2
    right = column + _vertex(response[row], int(column)) - response.shape[1] // 2
    return float(down), float(right)


def _vertex(line: Array, top: int) -> float:
    """Where the parabola through a cyclic line's highest value and its neighbours peaks, from that value."""
    before, at, after = line[top - 1], line[top], line[(top + 1) % len(line)]
    bend = before - 2 * at + after
    return 0.5 * float((before - after) / bend) if bend < 0 else 0.0
