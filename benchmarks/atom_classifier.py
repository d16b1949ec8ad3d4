"""Learning ATOM's filter: the written-out products against differentiating twice.

    python benchmarks/atom_classifier.py

Baseline: the same conjugate gradients with the products with J and its transpose taken from automatic
differentiation of torch's convolution, as in the published program. Each row is one Gauss-Newton step of ten
conjugate gradient steps, best of several, one thread, processor time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from workbench.inference.atom.dcf import mlu
from workbench.inference.atom.optimizer import (
    ConvProblem,
    FactorizedConvProblem,
    GaussNewtonCG,
    Linearization,
    Problem,
)

BAR = 0.5  # of the baseline's time
REPEATS = 5
FILTER_REG, PROJECTION_REG, BEND = 0.1, 1e-4, 0.05


class TwiceDifferentiated:
    """A problem linearised by automatic differentiation; ``channels`` None = no projection."""

    def __init__(self, samples: Tensor, labels: Tensor, *, size: int, channels: int | None) -> None:
        self.samples, self.labels, self.size = samples, labels, size
        filter_channels = channels or samples.shape[1]
        self.shapes = [(1, filter_channels, size, size)]
        if channels:
            self.shapes.append((channels, samples.shape[1], 1, 1))

    def loss(self, x: Tensor) -> float:
        """The sum of squared residuals."""
        return float(sum((r**2).sum() for r in self._residuals(self._parts(x))))

    def precondition(self, residual: Tensor) -> Tensor:
        """None: it costs nothing either way."""
        return residual

    def linearize(self, x: Tensor) -> Linearization:
        """The quadratic model, its products by differentiating twice."""
        parts = [part.clone().requires_grad_() for part in self._parts(x)]
        residuals = self._residuals(parts)
        weights = [r.detach().clone().requires_grad_() for r in residuals]
        pulled = torch.autograd.grad(residuals, parts, weights, create_graph=True)

        def normal(step: Tensor) -> Tensor:
            pushed = torch.autograd.grad(pulled, weights, self._parts(step), retain_graph=True)
            return _flat(torch.autograd.grad(residuals, parts, pushed, retain_graph=True))

        return Linearization(-_flat([p.detach() for p in pulled]), normal)

    def _parts(self, x: Tensor) -> list[Tensor]:
        sizes = [torch.Size(shape).numel() for shape in self.shapes]
        return [part.view(shape) for part, shape in zip(x.split(sizes), self.shapes, strict=True)]

    def _residuals(self, parts: list[Tensor]) -> list[Tensor]:
        samples = self.samples if len(parts) == 1 else functional.conv2d(self.samples, parts[1])
        h, w = samples.shape[-2:]
        scores = functional.conv2d(samples, parts[0], padding=self.size // 2)[..., :h, :w]
        fit = (mlu(scores, BEND) - self.labels) / len(self.samples) ** 0.5
        return [fit, *(r**0.5 * part for r, part in zip((FILTER_REG, PROJECTION_REG), parts, strict=False))]


def _flat(parts: list[Tensor] | tuple[Tensor, ...]) -> Tensor:
    return torch.cat([part.flatten() for part in parts])


def cases() -> list[tuple[str, Problem, Problem, Tensor]]:
    """Name, our problem, the baseline's, and where both start."""
    found = []
    for name, n, channels, side, size, compressed in (
        ("start, published: 30 x 256 x 18 x 18, projected to 64", 30, 256, 18, 4, 64),
        ("start, without weights: 30 x 51 x 26 x 26, projected to 32", 30, 51, 26, 5, 32),
        ("update, published: 250 x 64 x 18 x 18", 250, 64, 18, 4, None),
        ("update, without weights: 50 x 32 x 26 x 26", 50, 32, 26, 5, None),
    ):
        samples, labels = torch.rand(n, channels, side, side), torch.rand(n, 1, side, side)
        weights, kernel = torch.full((n,), 1 / n), (size, size)
        theirs = TwiceDifferentiated(samples, labels, size=size, channels=compressed)
        ours: Problem
        if compressed is None:
            ours = ConvProblem(samples, labels, weights, size=kernel, filter_reg=FILTER_REG, bend=BEND)
        else:
            ours = FactorizedConvProblem(
                samples,
                labels,
                weights,
                size=kernel,
                channels=compressed,
                filter_reg=FILTER_REG,
                projection_reg=PROJECTION_REG,
                bend=BEND,
            )
        start = 0.01 * torch.randn(sum(torch.Size(shape).numel() for shape in theirs.shapes))
        found.append((name, ours, theirs, start))
    return found


def best(action: Callable[[], object]) -> float:
    """Milliseconds of processor time, best of several."""
    times = []
    for _ in range(REPEATS):
        begun = time.thread_time()
        action()
        times.append(time.thread_time() - begun)
    return 1e3 * min(times)


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    print("| learning | ours, ms | differentiating twice, ms | ratio | bar | met |")
    print("|---|---|---|---|---|---|")
    for name, ours, theirs, start in cases():
        mine = best(lambda: GaussNewtonCG().run(ours, start, cg=10))  # noqa: B023
        base = best(lambda: GaussNewtonCG().run(theirs, start, cg=10))  # noqa: B023
        met = "yes" if mine <= BAR * base else "no"
        print(f"| {name} | {mine:.0f} | {base:.0f} | {mine / base:.2f} | {BAR} | {met} |")


if __name__ == "__main__":
    main()
