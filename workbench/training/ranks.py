"""Several processes that train one network, as torchrun starts them: one batch each, gradients averaged."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Ranks:
    """This process among all.

    Args:
        rank: of this one, from 0; the first one writes everything.
        world: how many there are.
        local: rank among those of this machine, which is the number of its GPU.
    """

    rank: int = 0
    world: int = 1
    local: int = 0

    @classmethod
    def of_environment(cls) -> Ranks:
        """What torchrun said."""
        names = ("RANK", "WORLD_SIZE", "LOCAL_RANK")
        rank, world, local = (
            int(os.environ.get(name, default)) for name, default in zip(names, "010", strict=True)
        )
        return cls(rank, world, local)

    @property
    def first(self) -> bool:
        """Whether this process writes."""
        return self.rank == 0

    def join(self, device: torch.device) -> None:
        """Meet the others."""
        if self.world > 1:
            torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")

    def leave(self) -> None:
        """Part from the others."""
        if self.world > 1:
            torch.distributed.destroy_process_group()

    def agree(self, wish: bool, *, device: torch.device) -> bool:
        """What the first process wishes, in all of them."""
        if self.world == 1:
            return wish
        said = torch.tensor(int(wish), device=device)
        torch.distributed.broadcast(said, 0)
        return bool(said)
