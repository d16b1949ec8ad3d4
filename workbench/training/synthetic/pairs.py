"""Pairs of search crops with exact boxes, made on the fly: the data set that needs no disk.

A batch is a function of (options, seed, index) alone. The boxes come from the outlines of the target's
parts under the same maps that paint them, so they are exact and amodal: hidden parts count.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from workbench.training.batches import PairBatch
from workbench.training.synthetic.bank import Bank, make_bank
from workbench.training.synthetic.camera import look_at, photograph
from workbench.training.synthetic.painting import paint
from workbench.training.synthetic.plans import PairOptions, Plan, make_plan
from workbench.training.synthetic.recent import Recent
from workbench.training.synthetic.upload import uploaded

KEPT = 2  # paintings that stay in memory
CHUNK = 8  # pairs painted at once on a processor, so that their pictures stay in its cache


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
    """A ``PairSource`` of painted targets; several threads may ask it at once.

    Args:
        options: what to make.
        seed: everything random comes from it.
        device: where to paint; the scenes are the same everywhere, their light and noise are not.
    """

    def __init__(
        self, options: PairOptions | None = None, *, seed: int, device: str | torch.device = "cpu"
    ) -> None:
        self.options = options or PairOptions()
        self.seed = seed
        self.device = torch.device(device)
        self._together = replace(self.options, batch=self.options.batch * self.options.batches_at_once)
        self._chunk = CHUNK if self.device.type == "cpu" else self._together.batch
        self._bank = Recent(self._make_bank, kept=1)
        self._lanes = set[int]()  # that are painted here; a painter has few of them
        self._painted = Recent(self._paint_together, kept=KEPT)
        self._stream = torch.cuda.Stream(self.device) if self.device.type == "cuda" else None  # type: ignore[no-untyped-call]

    def batch(self, index: int) -> PairBatch:
        """The batch of step ``index``, always the same one."""
        return self.labelled(index).batch

    def lane(self, index: int) -> int:
        """Which of the banks that are painted from in turn."""
        return index // self.options.batches_at_once % self.options.banks_at_once

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(PairGenerator, self.options, seed=self.seed, device=self.device), ()

    def labelled(self, index: int) -> LabelledPairs:
        """The same batch with masks and identities."""
        group, place = divmod(index, self.options.batches_at_once)
        painted = self._painted(group)
        part = slice(place * self.options.batch, (place + 1) * self.options.batch)
        return LabelledPairs(
            PairBatch(*(values[:, part] for values in painted.batch)),
            painted.masks[:, part],
            painted.identities[part],
        )

    def _paint_together(self, group: int) -> LabelledPairs:
        """On CUDA beside what trains: in a stream of its own, waited for by this thread alone."""
        if self._stream is None:
            return self._label(group)
        with torch.cuda.stream(self._stream):
            painted = self._label(group)
        self._stream.synchronize()
        for values in (*painted.batch, painted.masks, painted.identities):
            values.record_stream(torch.cuda.default_stream(self.device))
        return painted

    @torch.no_grad()
    def _label(self, group: int) -> LabelledPairs:
        options = self._together
        number = self._bank_of(group)
        self._lanes.add(number % options.banks_at_once)
        self._bank.kept = len(self._lanes) + 1  # the last is being used up
        bank = self._bank(number)
        rng = np.random.default_rng([self.seed, 1, group])
        first = group * options.batches_at_once
        strength = min(1.0, (first + 1) / options.ramp) if options.ramp else 1.0
        plan = make_plan(rng, bank, options, strength)
        images, masks = self._paint(rng, plan, bank, strength)
        areas = uploaded(plan.areas, self.device)
        visible = (masks.sum(dim=(2, 3)) / areas.clamp(min=1e-3)).clamp(0, 1)
        boxes = uploaded(plan.boxes, self.device)
        identities = uploaded(plan.targets + number * options.bank.objects, self.device)
        return LabelledPairs(PairBatch(images, boxes, visible), masks, identities)

    def _bank_of(self, group: int) -> int:
        """The number of the bank; those painted from in turn are used up at different times."""
        options = self._together
        turn, lane = divmod(group, options.banks_at_once)
        before = lane * options.pairs_a_bank // options.banks_at_once
        used = (turn * options.batch + before) // options.pairs_a_bank
        return used * options.banks_at_once + lane

    def _paint(
        self, rng: np.random.Generator, plan: Plan, bank: Bank, strength: float
    ) -> tuple[Tensor, Tensor]:
        """The photographed crops (T, B, 3, S, S), uint8, and how much of each pixel is the target."""
        options = self._together
        t, b, size = options.frames, options.batch, options.size
        pictures = torch.empty(t, b, 3, size, size, dtype=torch.uint8, device=self.device)
        masks = torch.empty(t, b, size, size, device=self.device)
        for factor in np.unique(plan.factors):
            group = np.flatnonzero(plan.factors == factor)
            side = round(size / factor)
            for pairs in np.split(group, range(self._chunk, len(group), self._chunk)):
                some = plan.of_pairs(pairs, size / side)
                canvas = _compose(some, bank, side)
                images = photograph(rng, canvas[:, :3], t, bank.noise, strength)
                both = torch.cat([images, canvas[:, 4:]], dim=1)
                if side < size:
                    both = functional.interpolate(
                        both, size=(size, size), mode="bilinear", align_corners=False
                    )
                both = both.reshape(t, len(pairs), 4, size, size)
                rows = uploaded(pairs, self.device)
                pictures[:, rows] = both[:, :, :3].round().to(torch.uint8)
                masks[:, rows] = both[:, :, 3].clamp(0, 1)
        return pictures, masks

    def _make_bank(self, number: int) -> Bank:
        rng = np.random.default_rng([self.seed, 0, number])
        return make_bank(rng, self.options.bank, noise_side=self.options.size, device=self.device)


def _compose(plan: Plan, bank: Bank, size: int) -> Tensor:
    """(T * B, 5, size, size): colours, alpha, and how much of each pixel is the target."""
    seen = look_at(bank.backgrounds, plan.views, (size, size), which=plan.grounds)
    canvas = torch.zeros(seen.shape[0] * seen.shape[1], 5, size, size, device=seen.device)
    canvas[:, :3] = seen.reshape(-1, 3, size, size)
    sprites, cover = bank.sprites.pictures, plan.cover
    for layer in plan.behind:
        paint(canvas, sprites, layer.which, layer.placements, layer.rows, tag=0.0)
    paint(canvas, sprites, plan.target.which, plan.target.placements, plan.target.rows)
    for layer in plan.before:
        paint(canvas, sprites, layer.which, layer.placements, layer.rows, tag=0.0)
    paint(canvas, bank.patches.pictures, cover.which, cover.placements, cover.rows, tag=0.0)
    return canvas
