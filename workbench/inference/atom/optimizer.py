"""Learning the filter: Gauss-Newton steps, each solved by conjugate gradients.

The loss is a sum of squares, |sqrt(w) (mlu(score) - label)|^2 + reg |filter|^2, so a Gauss-Newton step
solves (J^T J) step = -J^T residual. The products with J and J^T are written out: a filter's scores are
linear in one combined kernel per input channel, also when a projection stands before the filter, because
projecting and then filtering equals filtering with the projected kernel. So both problems cost the same
two matrix products over the samples in each step.

Parameters are one flat vector; the problems know what its parts are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from workbench.inference.atom.dcf import Size, by_channel, convolve, convolve_adjoint, mlu, mlu_slope

Operator = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Linearization:
    """A problem around a point: minus half the gradient of its loss, and the product with J^T J."""

    descent: Tensor
    normal: Operator


class Problem(Protocol):
    """A sum of squares over a flat parameter vector."""

    def loss(self, x: Tensor) -> float:
        """The sum of squared residuals at ``x``."""

    def linearize(self, x: Tensor) -> Linearization:
        """The quadratic model at ``x``."""

    def precondition(self, residual: Tensor) -> Tensor:
        """An approximate inverse of J^T J, applied."""


class _FilterProblem:
    """What both problems share: a combined kernel, its scores, and a regularisation."""

    def __init__(
        self, samples: Tensor, labels: Tensor, weights: Tensor, *, size: Size, reg: Tensor, bend: float
    ) -> None:
        self.samples = by_channel(samples)  # (n, C, h, w)
        self.labels = labels  # (n, 1, h, w)
        self.weights = weights[:, None, None, None]
        self.size = size
        self.reg = reg  # one value per parameter
        self.bend = bend

    def kernel(self, x: Tensor) -> Tensor:
        """The combined kernel (C, k, l)."""
        raise NotImplementedError

    def kernel_step(self, x: Tensor, step: Tensor) -> Tensor:
        """How the combined kernel changes to first order."""
        raise NotImplementedError

    def kernel_adjoint(self, x: Tensor, kernel: Tensor) -> Tensor:
        """The transpose of ``kernel_step`` at ``x``."""
        raise NotImplementedError

    def loss(self, x: Tensor) -> float:
        """The sum of squared residuals at ``x``."""
        residual = mlu(convolve(self.samples, self.kernel(x)), self.bend) - self.labels
        return float((self.weights * residual**2).sum() + (self.reg * x**2).sum())

    def linearize(self, x: Tensor) -> Linearization:
        """The quadratic model at ``x``."""
        scores = convolve(self.samples, self.kernel(x))
        slope = mlu_slope(scores, self.bend)
        pull = self.weights * slope * (self.labels - mlu(scores, self.bend))
        curvature = self.weights * slope**2

        def back(maps: Tensor) -> Tensor:
            return self.kernel_adjoint(x, convolve_adjoint(self.samples, maps, self.size))

        def normal(step: Tensor) -> Tensor:
            return back(curvature * convolve(self.samples, self.kernel_step(x, step))) + self.reg * step

        return Linearization(back(pull) - self.reg * x, normal)

    def precondition(self, residual: Tensor) -> Tensor:
        """Division by the regularisation, which tells the scales of the parts apart."""
        return residual / self.reg


class ConvProblem(_FilterProblem):
    """The filter alone; ``x`` is the filter (C, k, l), flat.

    Args:
        samples: (n, C, h, w).
        labels: (n, 1, h, w).
        weights: (n,).
        size: of the filter.
        filter_reg: weight of the squared filter.
        bend: of the response activation.
    """

    def __init__(
        self,
        samples: Tensor,
        labels: Tensor,
        weights: Tensor,
        *,
        size: Size,
        filter_reg: float,
        bend: float,
    ) -> None:
        reg = samples.new_tensor(filter_reg)
        super().__init__(samples, labels, weights, size=size, reg=reg, bend=bend)

    def kernel(self, x: Tensor) -> Tensor:
        """The filter itself."""
        return x.view(-1, *self.size)

    def kernel_step(self, x: Tensor, step: Tensor) -> Tensor:
        """The step itself."""
        return self.kernel(step)

    def kernel_adjoint(self, x: Tensor, kernel: Tensor) -> Tensor:
        """The kernel, flat."""
        return kernel.reshape(-1)


class FactorizedConvProblem(_FilterProblem):
    """Filter and projection together; ``x`` is the filter (D, k, l) then the projection (D, C), flat.

    Args:
        samples: (n, C, h, w), not projected.
        labels: (n, 1, h, w).
        weights: (n,).
        size: of the filter.
        channels: D.
        filter_reg, projection_reg: weights of the squared parameters.
        bend: of the response activation.
    """

    def __init__(
        self,
        samples: Tensor,
        labels: Tensor,
        weights: Tensor,
        *,
        size: Size,
        channels: int,
        filter_reg: float,
        projection_reg: float,
        bend: float,
    ) -> None:
        self.channels = channels
        self._split = channels * size[0] * size[1]
        reg = samples.new_full((self._split + channels * samples.shape[1],), projection_reg)
        reg[: self._split] = filter_reg
        super().__init__(samples, labels, weights, size=size, reg=reg, bend=bend)

    def parts(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The filter (D, k * l) and the projection (D, C)."""
        return x[: self._split].view(self.channels, -1), x[self._split :].view(self.channels, -1)

    def kernel(self, x: Tensor) -> Tensor:
        """The filter seen through the projection."""
        filter_, projection = self.parts(x)
        return (projection.T @ filter_).view(-1, *self.size)

    def kernel_step(self, x: Tensor, step: Tensor) -> Tensor:
        """The product rule."""
        filter_, projection = self.parts(x)
        filter_step, projection_step = self.parts(step)
        return (projection.T @ filter_step + projection_step.T @ filter_).view(-1, *self.size)

    def kernel_adjoint(self, x: Tensor, kernel: Tensor) -> Tensor:
        """The transpose of the product rule."""
        filter_, projection = self.parts(x)
        flat = kernel.flatten(1)  # (C, k * l)
        return torch.cat([(projection @ flat).flatten(), (filter_ @ flat.T).flatten()])


def inner(a: Tensor, b: Tensor) -> Tensor:
    """The inner product of two vectors, a scalar.

    In single precision it is the rounding of these sums that decides where sixty steps end. On a CPU it is
    summed the way the published tracker does, by a convolution over one cell, which brings the two ten to
    a hundred times nearer to each other. An accelerator's convolutions are rounded more coarsely.
    """
    if a.device.type != "cpu":
        return torch.dot(a, b)
    return functional.conv2d(a.view(1, -1, 1, 1), b.view(1, -1, 1, 1)).view(())


class ConjugateGradient:
    """Solves a positive semi-definite system approximately, and may go on where it stopped last time.

    Args:
        fletcher_reeves: that formula for the next direction instead of Polak and Ribiere's.
        forget: how much of the last direction survives into the next system; 0 = a fresh start.
    """

    def __init__(self, *, fletcher_reeves: bool = False, forget: float = 0.0) -> None:
        self.fletcher_reeves = fletcher_reeves
        self.forget = forget
        self._direction: Tensor | None = None
        self._previous: Tensor | None = None
        self._rho = 1.0

    def solve(self, normal: Operator, b: Tensor, precondition: Operator, *, iterations: int) -> Tensor:
        """An approximation of the x with ``normal(x) = b``, starting from 0."""
        if self.forget == 0:
            self._direction = None
        else:
            self._rho /= self.forget
        x, r = torch.zeros_like(b), b.clone()
        for _ in range(iterations):
            direction = self._next_direction(r, precondition(r))
            if direction is None:
                break
            q = normal(direction)
            step = self._rho / float(inner(direction, q))
            self._previous = r
            x.add_(direction, alpha=step)
            r = r - step * q
        return x

    def _next_direction(self, r: Tensor, z: Tensor) -> Tensor | None:
        """Conjugate to the last one; None when nothing is left to improve."""
        rho = float(inner(r, z))
        if rho == 0:
            return None
        if self._direction is None or self._previous is None:
            self._direction = z.clone()
        else:
            excess = 0.0 if self.fletcher_reeves else float(inner(self._previous, z))
            self._direction = z + max((rho - excess) / self._rho, 0.0) * self._direction
        self._rho = rho
        return self._direction


class GaussNewtonCG:
    """Minimises a sum of squares by linearising it and solving each model by conjugate gradients.

    Args:
        fletcher_reeves, forget: see ``ConjugateGradient``.
    """

    def __init__(self, *, fletcher_reeves: bool = False, forget: float = 0.0) -> None:
        self._solver = ConjugateGradient(fletcher_reeves=fletcher_reeves, forget=forget)

    def run(self, problem: Problem, x: Tensor, *, cg: int, gn: int = 1) -> Tensor:
        """``x`` after ``gn`` linearisations with ``cg`` steps each."""
        for _ in range(gn):
            model = problem.linearize(x)
            x = x + self._solver.solve(model.normal, model.descent, problem.precondition, iterations=cg)
        return x
