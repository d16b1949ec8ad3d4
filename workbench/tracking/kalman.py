"""Kalman filters of boxes, all tracks at once.

A state is what is measured (four numbers) and how fast each of them changes, in units a frame. The published
filters of SORT, DeepSORT, JDE / FairMOT, ByteTrack and BoT-SORT start from diagonal noise and move each
number by its own speed alone, so the four never become correlated: an 8 x 8 covariance holds four 2 x 2
blocks and zeros. We store just those blocks, which is exact and turns every step into a few operations on (N,
4).

``States`` is float64 (N, 5, 4): for each of the four numbers its mean, its speed, the variance of the mean,
the covariance of mean and speed, and the variance of the speed.

Sources: Kalman, A New Approach to Linear Filtering and Prediction Problems, 1960; for the forms Bewley et al.
2016 (arXiv:1602.00763, xysr), Wojke et al. 2017 (arXiv:1703.07402, xyah), Aharon et al. 2022
(arXiv:2206.14651, xywh).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MEAN, SPEED, VARIANCE, COVARIANCE, SPEED_VARIANCE = range(5)

GATE_95: dict[int, float] = {1: 3.8415, 2: 5.9915, 3: 7.8147, 4: 9.4877}
"""Squared Mahalanobis distance that 95 % of true measurements stay below, by how many numbers they are."""


class BoxForm(Protocol):
    """The four numbers a filter measures of a box, and how sure it is of them. Variances are (N, 4)."""

    size_powers: tuple[int, int]
    """Power of length in the third and the fourth number: a camera's zoom by s scales them by s ** power."""

    def measure(self, boxes: Array) -> Array:
        """Boxes x, y, w, h (N, 4), w and h positive, to measurements (N, 4)."""

    def boxes(self, mean: Array) -> Array:
        """Measurements (N, 4) to boxes x, y, w, h; a size that has become negative is 0."""

    def start_noise(self, measured: Array) -> tuple[Array, Array]:
        """Variances of a new track's mean and speed."""

    def process_noise(self, mean: Array) -> tuple[Array, Array]:
        """Variances added to mean and speed in one frame."""

    def measurement_noise(self, mean: Array) -> Array:
        """Variances of a measurement."""


def _columns(x: Array, y: Array, third: Array | float, fourth: Array) -> Array:
    """Four columns (N,), of which the third may be one number for all rows, to (N, 4)."""
    columns = np.empty((len(x), 4))
    columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3] = x, y, third, fourth
    return columns


def _centred(mean: Array, w: Array, h: Array) -> Array:
    """Boxes about the centres in the first two columns of ``mean``."""
    w, h = np.maximum(w, 0.0), np.maximum(h, 0.0)
    return _columns(mean[:, 0] - w / 2, mean[:, 1] - h / 2, w, h)


@dataclass(frozen=True)
class Xyah:
    """Centre x, y, aspect w / h, height (DeepSORT, JDE / FairMOT, ByteTrack); noise in shares of the height.

    Args:
        position_share: standard deviation of a position or height, in heights (published 1/20).
        speed_share: standard deviation of their change in one frame, in heights (published 1/160).
    """

    position_share: float = 1 / 20
    speed_share: float = 1 / 160

    size_powers = (0, 1)

    def measure(self, boxes: Array) -> Array:
        """Boxes x, y, w, h (N, 4) to centre, aspect, height."""
        x, y, w, h = boxes.T
        return _columns(x + w / 2, y + h / 2, w / h, h)

    def boxes(self, mean: Array) -> Array:
        """Centre, aspect, height (N, 4) to boxes."""
        return _centred(mean, mean[:, 2] * mean[:, 3], mean[:, 3])

    def start_noise(self, measured: Array) -> tuple[Array, Array]:
        """Twice a position's deviation, ten times a speed's."""
        p, v = 2 * self.position_share * measured[:, 3], 10 * self.speed_share * measured[:, 3]
        return _columns(p, p, 1e-2, p) ** 2, _columns(v, v, 1e-5, v) ** 2

    def process_noise(self, mean: Array) -> tuple[Array, Array]:
        """A position's and a speed's deviation; the aspect hardly changes."""
        p, v = self.position_share * mean[:, 3], self.speed_share * mean[:, 3]
        return _columns(p, p, 1e-2, p) ** 2, _columns(v, v, 1e-5, v) ** 2

    def measurement_noise(self, mean: Array) -> Array:
        """A position's deviation; .1 of an aspect."""
        p = self.position_share * mean[:, 3]
        return _columns(p, p, 1e-1, p) ** 2


@dataclass(frozen=True)
class Xywh:
    """Centre x, y, width, height (BoT-SORT); noise in shares of the width for x, w, of the height for y, h.

    Args:
        position_share: standard deviation of a position or size, in widths or heights (published 1/20).
        speed_share: standard deviation of their change in one frame (published 1/160).
    """

    position_share: float = 1 / 20
    speed_share: float = 1 / 160

    size_powers = (1, 1)

    def measure(self, boxes: Array) -> Array:
        """Boxes x, y, w, h (N, 4) to centre and size."""
        return np.concatenate([boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 2:]], axis=1)

    def boxes(self, mean: Array) -> Array:
        """Centre and size (N, 4) to boxes."""
        return _centred(mean, mean[:, 2], mean[:, 3])

    def start_noise(self, measured: Array) -> tuple[Array, Array]:
        """Twice a position's deviation, ten times a speed's."""
        size = measured[:, [2, 3, 2, 3]]
        return (2 * self.position_share * size) ** 2, (10 * self.speed_share * size) ** 2

    def process_noise(self, mean: Array) -> tuple[Array, Array]:
        """A position's and a speed's deviation."""
        size = mean[:, [2, 3, 2, 3]]
        return (self.position_share * size) ** 2, (self.speed_share * size) ** 2

    def measurement_noise(self, mean: Array) -> Array:
        """A position's deviation."""
        return (self.position_share * mean[:, [2, 3, 2, 3]]) ** 2


@dataclass(frozen=True)
class Xysr:
    """Centre x, y, area w * h and aspect w / h, whose speed stays 0 (SORT, OC-SORT); noise in pixels.

    Args:
        measurement: variances of a measurement of x, y, area and aspect (published 1, 1, 10, 10).
        speed: variances of the speeds' change in one frame (published .01, .01, .0001; the aspect has none).
    """

    measurement: tuple[float, float, float, float] = (1.0, 1.0, 10.0, 10.0)
    speed: tuple[float, float, float, float] = (0.01, 0.01, 0.0001, 0.0)

    size_powers = (2, 0)

    def measure(self, boxes: Array) -> Array:
        """Boxes x, y, w, h (N, 4) to centre, area, aspect."""
        x, y, w, h = boxes.T
        return _columns(x + w / 2, y + h / 2, w * h, w / h)

    def boxes(self, mean: Array) -> Array:
        """Centre, area, aspect (N, 4) to boxes."""
        w = np.sqrt(np.maximum(mean[:, 2] * mean[:, 3], 0.0))
        h = np.divide(mean[:, 2], w, out=np.zeros_like(w), where=w > 0)
        return _centred(mean, w, h)

    def start_noise(self, measured: Array) -> tuple[Array, Array]:
        """10 for what was measured, 10 000 for the speeds, which nobody has seen."""
        return np.full_like(measured, 10.0), np.array([1e4, 1e4, 1e4, 0.0]) + np.zeros_like(measured)

    def process_noise(self, mean: Array) -> tuple[Array, Array]:
        """1 for what is measured."""
        return np.ones_like(mean), np.zeros_like(mean) + self.speed

    def measurement_noise(self, mean: Array) -> Array:
        """The same for every box."""
        return np.zeros_like(mean) + self.measurement


@dataclass(frozen=True)
class Kalman:
    """A filter of constant velocity over one form of box; every function returns new states."""

    form: BoxForm

    def start(self, boxes: Array) -> Array:
        """States (N, 5, 4) of tracks seen once, at rest at ``boxes`` (N, 4)."""
        mean = self.form.measure(boxes)
        variance, speed_variance = self.form.start_noise(mean)
        return _states(mean, np.zeros_like(mean), variance, np.zeros_like(mean), speed_variance)

    def predict(self, states: Array) -> Array:
        """States one frame later."""
        mean, speed, variance, covariance, speed_variance = _parts(states)
        noise, speed_noise = self.form.process_noise(mean)
        return _states(
            mean + speed,
            speed,
            variance + 2 * covariance + speed_variance + noise,
            covariance + speed_variance,
            speed_variance + speed_noise,
        )

    def update(self, states: Array, measured: Array) -> Array:
        """States after measurements (N, 4), one a state."""
        mean, speed, variance, covariance, speed_variance = _parts(states)
        noise = self.form.measurement_noise(mean)
        total = variance + noise
        error = (measured - mean) / total
        kept = noise / total
        return _states(
            mean + variance * error,
            speed + covariance * error,
            variance * kept,
            covariance * kept,
            speed_variance - covariance**2 / total,
        )

    def project(self, states: Array) -> tuple[Array, Array]:
        """Mean and variance (N, 4) of the measurement to expect."""
        mean = states[:, MEAN]
        return mean, states[:, VARIANCE] + self.form.measurement_noise(mean)

    def gating(self, states: Array, measured: Array, *, numbers: int = 4) -> Array:
        """Squared Mahalanobis distance of measurements (M, 4) from states, (N, M); see ``GATE_95``.

        Args:
            numbers: how many are compared: 4, or 2 = the centre alone.
        """
        mean, variance = self.project(states)
        apart = measured[None, :, :numbers] - mean[:, None, :numbers]
        return np.asarray((apart**2 / variance[:, None, :numbers]).sum(axis=2))

    def boxes(self, states: Array) -> Array:
        """Boxes x, y, w, h (N, 4) of states."""
        return self.form.boxes(states[:, MEAN])

    def move(self, states: Array, motion: Array) -> Array:
        """States seen from the camera of the next frame.

        A centre is mapped; its speed is turned and scaled; sizes are scaled by the zoom alone, since an
        upright box stays upright. The variances of x and y mix as a rotation asks, their correlation is
        dropped.

        Args:
            states: (N, 5, 4).
            motion: (2, 3) affine map from pixels of the last frame to pixels of this one.
        """
        turn, moved = motion[:, :2], states.copy()
        moved[:, :2, :2] = states[:, :2, :2] @ turn.T
        moved[:, MEAN, :2] += motion[:, 2]
        moved[:, 2:, :2] = states[:, 2:, :2] @ (turn**2).T
        area = turn[0, 0] * turn[1, 1] - turn[0, 1] * turn[1, 0]
        zoom = np.sqrt(abs(area)) ** np.array(self.form.size_powers)
        moved[:, :2, 2:] *= zoom
        moved[:, 2:, 2:] *= zoom**2
        return moved


def _parts(states: Array) -> Array:
    """The five parts, each (N, 4) and contiguous."""
    return np.ascontiguousarray(states.transpose(1, 0, 2))


def _states(mean: Array, speed: Array, variance: Array, covariance: Array, speed_variance: Array) -> Array:
    states = np.empty((len(mean), 5, 4))
    for part, values in enumerate((mean, speed, variance, covariance, speed_variance)):
        states[:, part] = values
    return states
