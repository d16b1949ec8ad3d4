"""The learning rate as a function of the step alone, so that nothing of it has to be stored.

"step" is the decay by a factor after fixed spans that ATOM and most trackers use; "cosine" the annealing of
Loshchilov and Hutter (2017, arXiv 1608.03983) without restarts.
"""

from __future__ import annotations

import math

from workbench.training.options import TrainerOptions


def rate_factor(step: int, options: TrainerOptions) -> float:
    """What the learning rates are multiplied by in ``step``, which counts from 0; in [0, 1]."""
    rise = min(1.0, (step + 1) / (options.warmup + 1))
    if options.schedule == "step":
        return rise * options.decay ** (step // options.decay_every)
    done = min(step / max(options.steps - 1, 1), 1.0)
    return rise * (options.final + (1 - options.final) * (1 + math.cos(math.pi * done)) / 2)
