"""Numbers on their way to where things are painted."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def uploaded(values: NDArray[np.generic], device: torch.device) -> Tensor:
    """Whole numbers as they are, others as float32.

    From memory that is pinned a GPU fetches them when it gets there; else it would first have to finish all
    that it was told before, every time.
    """
    if not np.issubdtype(values.dtype, np.integer):
        values = values.astype(np.float32, copy=False)
    made = torch.from_numpy(np.ascontiguousarray(values))
    return made.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else made.to(device)
