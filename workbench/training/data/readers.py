"""The data sets that can be trained on, by the names a configuration gives them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.core.errors import UserError
from workbench.training.data.coco import Coco
from workbench.training.data.got10k import Got10k
from workbench.training.data.lasot import Lasot
from workbench.training.data.sequences import SequenceSet
from workbench.training.data.trackingnet import TrackingNet

READERS: Mapping[str, Callable[[Path], SequenceSet]] = {
    "lasot": Lasot,
    "got10k": Got10k,
    "trackingnet": TrackingNet,
    "coco": Coco,
}


@dataclass(frozen=True)
class RealSet:
    """One data set of a configuration.

    Args:
        kind: whose layout it has.
        root: the folder that its reader wants.
        share: how often it is used, against the others and what is made; above 0.

    Raises:
        UserError: the share is none.
    """

    kind: Literal["lasot", "got10k", "trackingnet", "coco"]
    root: Path
    share: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.share < math.inf:
            raise UserError(f"share must be above 0, not {self.share:g}.")


def open_set(which: RealSet) -> SequenceSet:
    """The data set, with its reader's own defaults.

    Raises:
        UserError: it is not there.
        FormatError: its lists cannot be read.
    """
    return READERS[which.kind](which.root)
