"""Where networks run."""

from __future__ import annotations

import torch

from workbench.core.errors import ModelError


def torch_device(name: str) -> torch.device:
    """The device a user named; "auto" is an accelerator where there is one.

    Raises:
        ModelError: it does not exist here.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ModelError(f"The device {name!r} cannot be used here: choose auto or cpu.") from error
    return device


def use_threads(count: int) -> None:
    """Let torch use so many processor threads in the whole program."""
    torch.set_num_threads(count)
