"""Boxes near a target, which the overlap head learns to judge.

``perturbed_box`` is of ATOM's training (Danelljan et al. 2019, arXiv:1811.07628): noise on centre and sides,
weakened until the box overlaps enough. ``sample_box_gmm`` is of training by densities (Danelljan, Van Gool
and Timofte 2020, arXiv:2003.12565): a mixture of Gaussians in relative coordinates, where a box is its
centre over a size of reference and the logarithm of its sides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike

from workbench.core.boxes import Array, as_boxes, iou
from workbench.training.data.draws import Draws

TRIES = 100
WEAKER = 0.9  # what the noise is multiplied by at each new try


@dataclass(frozen=True)
class ProposalOptions:
    """What is drawn.

    Args:
        number: boxes for each frame.
        least: overlap that is tried for, in [0, 1].
        sigmas: standard deviations of the noise over the target's side; one is drawn for each box.
    """

    number: int = 16
    least: float = 0.1
    sigmas: tuple[float, ...] = (0.01, 0.05, 0.1, 0.2, 0.3)


def proposals(box: Array, *, options: ProposalOptions, draws: Draws) -> tuple[Array, Array]:
    """Boxes around a target (4,): (number, 4), and their overlaps with it, (number,) in [0, 1]."""
    drawn = [
        perturbed_box(box, sigma=draws.python.choice(options.sigmas), least=options.least, draws=draws)
        for _ in range(options.number)
    ]
    return np.array([near for near, _ in drawn]), np.array([overlap for _, overlap in drawn])


def perturbed_box(box: Array, *, sigma: float, least: float, draws: Draws) -> tuple[Array, float]:
    """A box near a target, in whole pixels, and its overlap with it.

    Args:
        box: (4,) x, y, w, h.
        sigma: standard deviation of the noise over the target's side.
        least: so much overlap is tried for with weaker and weaker noise; the last try is taken as it is.
        draws: Python's generator gives the noise, torch's the sides that came out too small.
    """
    noise = sigma * math.sqrt(float(box[2]) * float(box[3]))
    for _ in range(TRIES):
        near = _noisy(box, noise, draws)
        overlap = float(iou(near, box)[0, 0])
        if overlap > least:
            break
        noise *= WEAKER
    return near, overlap


def _noisy(box: Array, noise: float, draws: Draws) -> Array:
    x, y, w, h = box.tolist()
    middle_x, middle_y, width, height = (
        draws.python.gauss(mean, noise) for mean in (x + 0.5 * w, y + 0.5 * h, w, h)
    )
    width, height = _large_enough(width, w, draws), _large_enough(height, h, draws)
    near = np.round([middle_x - 0.5 * width, middle_y - 0.5 * height, width, height])
    near[2] = _large_enough(near[2], w, draws)
    near[3] = _large_enough(near[3], h, draws)
    return near


def _large_enough(side: float, target: float, draws: Draws) -> float:
    """A side above a pixel; else a part of the target's."""
    return side if side > 1 else target * draws.uniform(0.15, 0.5)


class GmmBoxes(NamedTuple):
    """Boxes drawn from a mixture, and densities there in relative coordinates.

    Args:
        boxes: (N, 4) x, y, w, h.
        density: (N,) of the mixture; -1 for the mean box itself.
        truth: (N,) of the ground truth's Gaussian; 0 without one, 1 for the mean box itself.
    """

    boxes: Array
    density: Array
    truth: Array


def sample_box_gmm(
    mean: Array,
    *,
    sigmas: Sequence[tuple[float, float]],
    truth: tuple[float, float] | None = None,
    number: int,
    add_mean: bool = False,
    generator: torch.Generator,
) -> GmmBoxes:
    """Boxes around a mean box (4,), drawn from a mixture of Gaussians in relative coordinates.

    Args:
        mean: x, y, w, h; its sides are the size of reference.
        sigmas: (centre, size) of each component, all equally likely.
        truth: the same of the ground truth's Gaussian.
        number: of boxes.
        add_mean: put the mean box first, one more.
        generator: on the CPU.
    """
    spread = np.array([[center, center, size, size] for center, size in sigmas])  # (K, 4)
    which = torch.randint(len(spread), (number,), generator=generator).numpy()
    offsets = spread[which] * torch.randn(number, 4, generator=generator).numpy()  # (N, 4)
    boxes = rel_to_rect(rect_to_rel(mean, mean[2:]) + offsets, mean[2:])
    density = _gauss(offsets[:, None], spread).prod(2).mean(1)
    true = np.zeros(number)
    if truth is not None and any(truth):
        true = _gauss(offsets, np.repeat(truth, 2)).prod(1)
    if not add_mean:
        return GmmBoxes(boxes, density, true)
    return GmmBoxes(np.vstack([as_boxes(mean), boxes]), np.insert(density, 0, -1.0), np.insert(true, 0, 1.0))


def _gauss(x: Array, sigma: Array) -> Array:
    return np.asarray(np.exp(-0.5 * (x / sigma) ** 2) / (math.sqrt(2 * math.pi) * sigma))


def rect_to_rel(boxes: ArrayLike, size: ArrayLike) -> Array:
    """Boxes (..., 4) x, y, w, h to centre over a size of reference (..., 2), and logarithm of the sides."""
    b = np.asarray(boxes, np.float64)
    return np.concatenate([(b[..., :2] + 0.5 * b[..., 2:]) / np.asarray(size), np.log(b[..., 2:])], axis=-1)


def rel_to_rect(relative: ArrayLike, size: ArrayLike) -> Array:
    """Inverse of ``rect_to_rel``."""
    r = np.asarray(relative, np.float64)
    sides = np.exp(r[..., 2:])
    return np.concatenate([r[..., :2] * np.asarray(size) - 0.5 * sides, sides], axis=-1)
