"""What a classification filter shall answer: a Gaussian on the target's centre.

``gaussian_label`` is of ATOM's training (Danelljan et al. 2019, arXiv:1811.07628), ``gaussian_density`` of
its successor that predicts a distribution (Danelljan, Van Gool and Timofte 2020, arXiv:2003.12565).
"""

from __future__ import annotations

import math

import numpy as np

from workbench.core.boxes import Array


def gaussian_label(boxes: Array, *, sigma: float, kernel: int, features: int, image: int) -> Array:
    """Labels of N targets, 1 where a target's centre is.

    Args:
        boxes: (N, 4) x, y, w, h in pixels of the crop.
        sigma: standard deviation over the side of the feature map.
        kernel: side of the filter in cells; an even one answers half a cell later, with one more row and
            column.
        features: side of the feature map in cells.
        image: side of the crop in pixels.

    Returns:
        (N, n, n) in [0, 1]; n is ``features``, plus 1 where the kernel is even.
    """
    even = 1 - kernel % 2
    center = (boxes[:, :2] + boxes[:, 2:] / 2 - image / 2) * features / image + 0.5 * even  # (N, 2)
    cells = np.arange(features + even) - (features - 1) / 2
    distance = (cells - center[..., None]) / (sigma * features)  # (N, 2, n)
    across, down = np.exp(-0.5 * distance**2).transpose(1, 0, 2)
    return np.asarray(down[:, :, None] * across[:, None, :])


def gaussian_density(
    boxes: Array, *, sigma: float, kernel: int, features: int, image: int, uniform: float = 0.0
) -> Array:
    """Labels of N targets as densities a cell, which add up to about 1 where the target is well inside.

    Args:
        boxes, sigma, kernel, features, image: of ``gaussian_label``.
        uniform: share of the density that is spread evenly over all cells.

    Returns:
        (N, n, n), of ``gaussian_label``.
    """
    peaks = gaussian_label(boxes, sigma=sigma, kernel=kernel, features=features, image=image)
    density = peaks / (2 * math.pi * (sigma * features) ** 2)
    return np.asarray((1 - uniform) * density + uniform / density[0].size)
