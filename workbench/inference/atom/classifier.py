"""The online-learned classifier: a projection, a filter, its memory and its training.

It is learned in the first frame from augmented views of the target, jointly with the projection, and then
kept up to date from the samples the tracker adds. It says how much each place looks like the target.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from workbench.inference.atom.dcf import convolve
from workbench.inference.atom.draws import Draws
from workbench.inference.atom.memory import SampleMemory
from workbench.inference.atom.optimizer import ConvProblem, FactorizedConvProblem, GaussNewtonCG
from workbench.inference.atom.options import ClassifierOptions


class Classifier:
    """The filter of one target.

    Args:
        samples: (n, C, h, w) features of the first frame's views.
        labels: (n, 1, h, w).
        options: sizes, regularisation, iterations.
        draws: where the first values come from.
    """

    def __init__(self, samples: Tensor, labels: Tensor, *, options: ClassifierOptions, draws: Draws) -> None:
        self.options = options
        channels = samples.shape[1]
        self.projection: Tensor | None = None  # (D, C)
        if options.compressed_channels is not None:
            compressed = min(options.compressed_channels, channels)
            self.projection = draws.projection((compressed, channels), channels**-0.5).to(samples)
            channels = compressed
        shape = (channels, *options.kernel)
        self.filter = draws.filter(shape, 1 / math.prod(shape)).to(samples)
        self._learn_first(samples, labels)
        self.memory = SampleMemory(
            self.project(samples), labels, capacity=options.memory, initial_minimum=options.initial_minimum
        )
        self._trainer = GaussNewtonCG(
            fletcher_reeves=options.fletcher_reeves, forget=options.direction_forget
        )

    def project(self, samples: Tensor) -> Tensor:
        """Features (n, C, h, w) as the filter takes them, (n, D, h, w)."""
        if self.projection is None:
            return samples
        n, _, h, w = samples.shape
        return (self.projection @ samples.flatten(2)).view(n, -1, h, w)

    def scores(self, samples: Tensor) -> Tensor:
        """Projected samples (n, D, h, w) to scores (n, 1, h, w)."""
        return convolve(samples, self.filter)

    def train(self, cg: int) -> None:
        """``cg`` steps on the samples in memory."""
        memory = self.memory
        problem = self._filter_problem(memory.samples, memory.labels, memory.sample_weights)
        self.filter = self._trainer.run(problem, self.filter.flatten(), cg=cg).view_as(self.filter)

    def _learn_first(self, samples: Tensor, labels: Tensor) -> None:
        options = self.options
        weights = samples.new_full((len(samples),), 1 / len(samples))
        trainer = GaussNewtonCG(fletcher_reeves=options.fletcher_reeves)
        steps = {"cg": options.start_cg, "gn": options.start_gn}
        if self.projection is None:
            alone = self._filter_problem(samples, labels, weights)
            self.filter = trainer.run(alone, self.filter.flatten(), **steps).view_as(self.filter)
            return
        joint = FactorizedConvProblem(
            samples,
            labels,
            weights,
            size=options.kernel,
            channels=len(self.projection),
            filter_reg=options.filter_reg,
            projection_reg=options.projection_reg,
            bend=options.negative_slope,
        )
        x = torch.cat([self.filter.flatten(), self.projection.flatten()])
        filter_, projection = joint.parts(trainer.run(joint, x, **steps))
        self.filter = filter_.reshape(self.filter.shape)
        self.projection = projection

    def _filter_problem(self, samples: Tensor, labels: Tensor, weights: Tensor) -> ConvProblem:
        options = self.options
        return ConvProblem(
            samples,
            labels,
            weights,
            size=options.kernel,
            filter_reg=options.filter_reg,
            bend=options.negative_slope,
        )
