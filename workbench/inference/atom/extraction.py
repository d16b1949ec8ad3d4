"""What the tracker needs to know about features, whatever makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor


@dataclass(frozen=True)
class Features:
    """Feature maps of some crops.

    Args:
        classifier: (B, C, h, w) for the online-learned filter.
        refinement: maps for the box refinement, each (B, Ci, hi, wi); empty where none is needed.
    """

    classifier: Tensor
    refinement: tuple[Tensor, ...] = ()

    def of(self, index: int) -> Features:
        """The maps of one crop, with B = 1."""
        one = slice(index, index + 1)
        return Features(self.classifier[one], tuple(maps[one] for maps in self.refinement))


class FeatureExtractor(Protocol):
    """Makes feature maps of crops."""

    @property
    def stride(self) -> int:
        """Pixels of the crop per cell of the classifier's map."""

    def __call__(self, crops: Tensor) -> Features:
        """Crops (B, 3, S, S) float32 RGB in [0, 255], on the CPU, to their maps on the device used."""
