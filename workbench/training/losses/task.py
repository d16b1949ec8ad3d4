"""What a task's loss gives back, and the weighted sum of its terms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

Heads = Mapping[str, Tensor]


class TaskLoss(NamedTuple):
    """A loss and what it is made of.

    Args:
        total: scalar, what is minimised.
        terms: its parts by name, scalars before weighting.
    """

    total: Tensor
    terms: dict[str, Tensor]


def weighted_sum(terms: dict[str, Tensor], weights: Mapping[str, float]) -> TaskLoss:
    """Sum of the terms, each by its weight."""
    return TaskLoss(torch.stack([weights[name] * term for name, term in terms.items()]).sum(), terms)


def mean_over_stacks(
    stacks: Sequence[Heads], terms_of: Callable[[Heads], dict[str, Tensor]]
) -> dict[str, Tensor]:
    """Terms averaged over the stacks of a network that predicts several times, as the hourglass does."""
    each = [terms_of(heads) for heads in stacks]
    return {name: torch.stack([terms[name] for terms in each]).mean() for name in each[0]}
