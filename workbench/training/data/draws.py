"""The random numbers behind one batch of training pairs.

The published code draws from three generators: Python's (frames, noise of proposals, greyscale), torch's
(jitter of crops) and numpy's (brightness). All three are kept, so that its figures can be met draw by draw.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True)
class Draws:
    """Three generators that belong together; not for use by two threads at once."""

    python: random.Random
    torch: torch.Generator
    numpy: np.random.RandomState

    @classmethod
    def seeded(cls, seed: int) -> Draws:
        """All three from one number below 2**32."""
        return cls(random.Random(seed), torch.Generator().manual_seed(seed), np.random.RandomState(seed))

    @classmethod
    def of_batch(cls, seed: int, index: int) -> Draws:
        """For one batch of a training; other batches' numbers have nothing in common with these."""
        python = random.Random(f"{seed}/{index}")
        generator = torch.Generator().manual_seed(python.getrandbits(63))
        return cls(python, generator, np.random.RandomState(python.getrandbits(32)))

    def uniform(self, low: float, high: float) -> float:
        """From [low, high), of torch's generator."""
        return low + (high - low) * float(torch.rand(1, generator=self.torch))
