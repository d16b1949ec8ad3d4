"""A task that trains in milliseconds: a small network with batch norm and dropout, on made numbers."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from workbench.training.options import read_options


@dataclass(frozen=True)
class TinyOptions:
    """What goes wrong, and when; all steps count from 0."""

    pause: float = 0.0
    kill_at: int | None = None  # the process dies, the first time
    raise_at: tuple[int, ...] = ()  # making the batch fails, the first time
    always_raise_at: int | None = None
    nan_at: int | None = None  # the loss is no number, always
    rate_of_bias: float = 0.01


class TinyTask:
    def __init__(self, options=None, *, seed=0, device="cpu", rank=0):
        self.options = options or TinyOptions()
        self.seed, self.rank = seed, rank
        torch.manual_seed(seed)
        self.network = nn.Sequential(
            nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 1)
        ).to(device)
        self.seen = []
        self.raised = set()

    def groups(self):
        last = self.network[4]
        rest = [p for p in self.network.parameters() if p is not last.bias]
        return [{"params": rest}, {"params": [last.bias], "lr": self.options.rate_of_bias}]

    def batch(self, step):
        time.sleep(self.options.pause)
        self.seen.append(step)
        if step == self.options.always_raise_at:
            raise OSError(f"the file of step {step} cannot be read")
        if step in self.options.raise_at and step not in self.raised:
            self.raised.add(step)
            raise OSError(f"the file of step {step} cannot be read")
        if step == self.options.kill_at and not Path("killed").exists():
            Path("killed").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        draws = torch.Generator().manual_seed(1000 * self.seed + 10 * step + self.rank)
        x = torch.randn(16, 4, generator=draws)
        return x, x.sum(dim=1, keepdim=True), step

    def loss(self, batch, generator):
        x, y, step = batch
        noise = 0.01 * torch.randn(x.shape, generator=generator)
        error = (self.network(x + noise).float() - y).square().mean()
        bad = float("nan") if step == self.options.nan_at else 1.0
        return error * bad, {"error": error, "size": float(len(x))}

    def validate(self, network):
        assert not network.training
        x = torch.randn(64, 4, generator=torch.Generator().manual_seed(99))
        with torch.no_grad():
            error = (network(x) - x.sum(dim=1, keepdim=True)).square().mean().item()
        return {"error": error, "score": -error}

    def export(self, network, path, about):
        save_file(network.state_dict(), path, metadata=dict(about))


def make(options, *, seed, device, rank=0, world=1):
    return TinyTask(read_options(TinyOptions, options, name="task"), seed=seed, device=device, rank=rank)
