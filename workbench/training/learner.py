"""A network with its optimiser: one update after another, and all of its state to store.

Mixed precision scales the loss as Micikevicius et al. (2018, arXiv 1710.03740); averaged weights follow
Polyak as an exponential moving average that is short at first, so that it forgets the random start.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from workbench.core.errors import UserError
from workbench.training.options import TrainerOptions
from workbench.training.schedules import rate_factor
from workbench.training.task import Task

OPTIMIZERS: dict[str, type[torch.optim.Optimizer]] = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16}


class Learner:
    """Updates the network of a task.

    Args:
        task: its network is changed in place, on the device where it is.
        options: how.

    Raises:
        UserError: the precision is not to be had on that device.
    """

    def __init__(self, task: Task, options: TrainerOptions) -> None:
        self.device = next(task.network.parameters()).device
        self._network = task.network
        self._options = options
        if options.precision == "float16" and self.device.type != "cuda":
            raise UserError(f"precision 'float16' needs CUDA, and this is {self.device}; choose 'bfloat16'.")
        self._loss: nn.Module = _Loss(task)
        self._optimizer = OPTIMIZERS[options.optimizer](
            task.groups(), lr=options.learning_rate, weight_decay=options.weight_decay
        )  # type: ignore[call-arg]
        self._rates = [group["lr"] for group in self._optimizer.param_groups]
        self._scaler = torch.amp.GradScaler(self.device.type, enabled=options.precision == "float16")
        self._average = None if options.average is None else _frozen_copy(self._network)

    def share(self) -> None:
        """Average the gradients over the processes from now on; the weights become those of the first one."""
        self._loss = nn.parallel.DistributedDataParallel(self._loss)

    def rate(self, step: int) -> float:
        """The learning rate of the first parameter group in a step."""
        return float(self._rates[0]) * rate_factor(step, self._options)

    def update(
        self, batch: Any, generator: torch.Generator, *, step: int, careful: bool
    ) -> dict[str, float | Tensor]:
        """Take one step of the optimiser.

        Args:
            batch: of the task.
            generator: of everything random.
            step: how many were taken before; sets the learning rate.
            careful: look whether the loss and its gradient are finite, which waits for the device.

        Returns:
            The terms of the loss, detached.

        Raises:
            FloatingPointError: they are not finite; the network is unchanged.
        """
        terms: dict[str, float | Tensor]
        with self._autocast():
            loss, terms = self._loss(batch, generator)
        if careful and not math.isfinite(loss.item()):
            raise FloatingPointError(f"the loss is {loss.item()}")
        self._optimizer.zero_grad(set_to_none=True)
        self._scaler.scale(loss).backward()
        self._scaler.unscale_(self._optimizer)
        norm = nn.utils.clip_grad_norm_(self._trained(), self._options.clip or math.inf)
        if careful and not self._scaler.is_enabled() and not math.isfinite(norm.item()):
            raise FloatingPointError(f"the norm of the gradient is {norm.item()}")
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * rate_factor(step, self._options)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self._follow(step)
        return terms

    def result(self) -> nn.Module:
        """A copy of what was learned, averaged where it shall be, in evaluation mode."""
        return _frozen_copy(self._network if self._average is None else self._average)

    def state(self) -> dict[str, Any]:
        """All that later updates depend on."""
        return {
            "network": self._network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "scaler": self._scaler.state_dict(),
            "average": None if self._average is None else self._average.state_dict(),
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Take over what ``state`` gave."""
        self._optimizer.zero_grad(set_to_none=True)
        self._network.load_state_dict(state["network"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._scaler.load_state_dict(state["scaler"])
        if self._average is not None:
            self._average.load_state_dict(state["average"])

    def _trained(self) -> list[Tensor]:
        return [p for group in self._optimizer.param_groups for p in group["params"]]

    def _autocast(self) -> AbstractContextManager[Any]:
        dtype = DTYPES.get(self._options.precision)
        return nullcontext() if dtype is None else torch.autocast(self.device.type, dtype)

    @torch.no_grad()
    def _follow(self, step: int) -> None:
        """Move the averaged weights towards the present ones; counters are copied."""
        if self._average is None or self._options.average is None:
            return
        decay = min(self._options.average, (1 + step) / (10 + step))
        now = self._network.state_dict()
        for name, value in self._average.state_dict().items():
            if value.is_floating_point():
                value.lerp_(now[name], 1 - decay)
            else:
                value.copy_(now[name])


class _Loss(nn.Module):
    """The loss of a task as a module, as averaging gradients over processes wants it."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.network = task.network
        self._task = task

    def forward(self, batch: Any, generator: torch.Generator) -> tuple[Tensor, dict[str, float | Tensor]]:
        """The loss, and what is reported; the loss is part of it."""
        loss, terms = self._task.loss(batch, generator)
        values = {"loss": loss, **terms}
        return loss, {name: v.detach() if isinstance(v, Tensor) else v for name, v in values.items()}


def _frozen_copy(network: nn.Module) -> nn.Module:
    return copy.deepcopy(network).eval().requires_grad_(False)
