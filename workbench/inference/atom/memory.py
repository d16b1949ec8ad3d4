"""The samples the filter is learned from, and how much each one counts."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


class SampleMemory:
    """A fixed number of samples; a new one takes the place of the one that counts least.

    Weights fall by ``1 - rate`` with each new sample and sum to about 1 (as published: the share of the first
    samples is topped up after the others were scaled). The samples of the first frame keep
    at least ``initial_minimum`` of the whole, and are then never replaced.

    Args:
        samples: (n, C, h, w) of the first frame.
        labels: (n, 1, h, w).
        capacity: samples kept at most.
        initial_minimum: see above; 0 = the first samples fade and are replaced like all others.
    """

    def __init__(self, samples: Tensor, labels: Tensor, *, capacity: int, initial_minimum: float) -> None:
        first = len(samples)
        _, channels, h, w = samples.shape
        self._samples = samples.new_zeros(channels, capacity, h, w).transpose(0, 1)  # as training reads it
        self._labels = labels.new_zeros(capacity, *labels.shape[1:])
        self._samples[:first], self._labels[:first] = samples, labels
        self.weights = np.zeros(capacity, dtype=np.float32)
        self.weights[:first] = 1 / first
        self.stored = first
        self.last_replaced: int | None = None
        self._first = first
        self._initial_minimum = initial_minimum

    @property
    def samples(self) -> Tensor:
        """The stored samples (n, C, h, w)."""
        return self._samples[: self.stored]

    @property
    def labels(self) -> Tensor:
        """Their labels (n, 1, h, w)."""
        return self._labels[: self.stored]

    @property
    def sample_weights(self) -> Tensor:
        """Their weights (n,), on the samples' device."""
        return torch.from_numpy(self.weights[: self.stored]).to(self._samples, copy=True)

    def add(self, sample: Tensor, label: Tensor, *, rate: float) -> int:
        """Store a sample (1, C, h, w) with its label (1, 1, h, w) and weight ``rate``; its index."""
        index = self._reweigh(rate)
        self._samples[index], self._labels[index] = sample[0], label[0]
        self.stored = max(self.stored, index + 1)
        return index

    def _reweigh(self, rate: float) -> int:
        weights = self.weights
        start = self._first if self._initial_minimum else 0
        index = start + int(weights[start:].argmin())
        if self.last_replaced is None:
            weights /= 1 - rate
            weights[index] = rate
        else:
            weights[index] = weights[self.last_replaced] / (1 - rate)
        weights /= weights.sum()
        if weights[: self._first].sum() < self._initial_minimum:
            weights /= self._initial_minimum + weights[self._first :].sum()
            weights[: self._first] = self._initial_minimum / self._first
        self.last_replaced = index
        return index
