"""Pairs of search crops with exact boxes, made on the fly: the data set that needs no disk.

A batch is a function of (options, seed, index) alone. The boxes come from the outlines of the target's
parts under the same maps that paint them, so they are exact and amodal: hidden parts count.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from workbench.training.batches import PairBatch
from workbench.training.synthetic.bank import Bank, make_bank
from workbench.training.synthetic.camera import look_at, photograph
from workbench.training.synthetic.painting import paint
from workbench.training.synthetic.plans import Layer, PairOptions, Plan, make_plan

KEPT = 2  # banks that stay in memory


class LabelledPairs(NamedTuple):
    """A batch with all that is known of it.

    Args:
        batch: crops, boxes, visibility.
        masks: (T, B, S, S) share of each pixel that shows the target, [0, 1].
        identities: (B,) int64, one number for each object that the generator ever made.
    """

    batch: PairBatch
    masks: Tensor
    identities: Tensor


class PairGenerator:
    """A ``PairSource`` of painted targets.

    Args:
        options: what to make.
        seed: everything random comes from it.
        device: where to paint; the scenes are the same everywhere.
    """

    def __init__(
        self, options: PairOptions | None = None, *, seed: int, device: str | torch.device = "cpu"
    ) -> None:
        self.options = options or PairOptions()
        self.seed = seed
        self.device = torch.device(device)
        self._banks: dict[int, Bank] = {}

    def batch(self, index: int) -> PairBatch:
        """The batch of step ``index``, always the same one."""
        return self.labelled(index).batch

    @torch.no_grad()
    def labelled(self, index: int) -> LabelledPairs:
        """The same batch with masks and identities."""
        options = self.options
        number = index * options.batch // options.pairs_a_bank
        bank = self._bank(number)
        rng = np.random.default_rng([self.seed, 1, index])
        strength = min(1.0, (index + 1) / options.ramp) if options.ramp else 1.0
        plan = make_plan(rng, bank, options, strength)
        canvas = _compose(plan, bank, options)
        images = photograph(rng, canvas[:, :3].contiguous(), options.frames, bank.noise, strength)
        shape = (options.frames, options.batch)
        masks = canvas[:, 4].clamp(0, 1)
        areas = torch.as_tensor(plan.areas, dtype=torch.float32, device=self.device)
        visible = (masks.sum(dim=(1, 2)) / areas.clamp(min=1e-3)).clamp(0, 1)
        batch = PairBatch(
            images.reshape(*shape, *images.shape[1:]),
            torch.as_tensor(plan.boxes, dtype=torch.float32, device=self.device),
            visible.reshape(shape),
        )
        identities = torch.as_tensor(plan.targets + number * options.bank.objects, device=self.device)
        return LabelledPairs(batch, masks.reshape(*shape, *masks.shape[1:]), identities)

    def _bank(self, number: int) -> Bank:
        if number not in self._banks:
            while len(self._banks) >= KEPT:
                del self._banks[next(iter(self._banks))]
            rng = np.random.default_rng([self.seed, 0, number])
            self._banks[number] = make_bank(
                rng, self.options.bank, noise_side=self.options.size, device=self.device
            )
        return self._banks[number]


def _compose(plan: Plan, bank: Bank, options: PairOptions) -> Tensor:
    """(T * B, 5, S, S): colours and, last, how much of each pixel is the target."""
    grounds = bank.backgrounds[torch.as_tensor(plan.grounds, device=bank.backgrounds.device)]
    seen = look_at(grounds, plan.views, options.size)
    size, count = options.size, options.frames * options.batch
    canvas = torch.zeros(count, 5, size, size, device=grounds.device)
    canvas[:, :3] = seen.reshape(count, 3, size, size)
    for layer in plan.behind:
        _lay(canvas, bank, layer)
    _lay(canvas, bank, plan.target, tagged=True)
    for layer in plan.before:
        _lay(canvas, bank, layer)
    cover = plan.cover
    paint(canvas, bank.patches.pictures, cover.which, cover.placements, cover.rows, tagged=False)
    return canvas


def _lay(canvas: Tensor, bank: Bank, layer: Layer, *, tagged: bool = False) -> None:
    bank.sprites.lay(canvas, layer.which, layer.placements, layer.rows, tagged=tagged)
