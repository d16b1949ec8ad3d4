"""Batches made by processes of their own: the same ones, whatever dies, and nothing is left running."""

import multiprocessing
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import NamedTuple

import pytest
import torch
from safetensors.torch import load_file

from tests.training.tiny import TinyTask
from workbench.core.errors import UserError
from workbench.training.events import Passed, Report, Restarted
from workbench.training.options import TrainerOptions
from workbench.training.painters import Painters
from workbench.training.saving import Checkpoints
from workbench.training.synthetic.bank import BankOptions
from workbench.training.synthetic.pairs import PairGenerator
from workbench.training.synthetic.plans import PairOptions
from workbench.training.trainer import Trainer

BANK = BankOptions(patches=8, objects=6, poses=1, backgrounds=2, background_side=64)
PAIRS = PairOptions(batch=2, size=48, batches_at_once=2, pairs_a_bank=8, banks_at_once=3, bank=BANK)


class Numbers(NamedTuple):
    x: torch.Tensor
    step: torch.Tensor


@dataclass(frozen=True)
class Source:
    """Says what `TinyTask` is trained on; two batches a lane."""

    raise_at: int | None = None

    def batch(self, step):
        if step == self.raise_at:
            raise OSError(f"the file of step {step} cannot be read")
        return Numbers(torch.randn(16, 4, generator=torch.Generator().manual_seed(step)), torch.tensor(step))

    def lane(self, step):
        return step // 2


class SourcedTiny(TinyTask):
    def __init__(self, source):
        super().__init__()
        self.source = source

    def batch(self, step):
        return self.prepared(self.source.batch(step), step)

    def prepared(self, made, step):
        assert made.step == step
        return made.x, made.x.sum(dim=1, keepdim=True), step


def trainer(folder, task, **how):
    return Trainer(
        task,
        TrainerOptions(steps=14, log_every=7, save_every=5, ahead=2, **how),
        checkpoints=Checkpoints(folder / "checkpoints", digest="x"),
        weights=folder / "weights.safetensors",
    )


def test_processes_paint_the_same_pairs():
    here = PairGenerator(PAIRS, seed=3)
    with (
        closing(Painters(PairGenerator(PAIRS, seed=3), 2, ahead=2, stop=14)) as there,
        ThreadPoolExecutor(1) as thread,
    ):
        for step in range(3, 14):  # banks of all three lanes are used up on the way
            made = thread.submit(there, step).result()
            for a, b in zip(made, here.batch(step), strict=True):
                assert torch.equal(a, b)
    assert not multiprocessing.active_children()


def test_a_batch_that_cannot_be_made_is_one_sentence_and_the_next_one_comes():
    with closing(Painters(Source(3), 1, ahead=2, stop=6)) as painters, ThreadPoolExecutor(1) as thread:
        assert thread.submit(painters, 2).result().step == 2
        with pytest.raises(RuntimeError, match=r"^making its batch failed with OSError: the file of step 3"):
            thread.submit(painters, 3).result()
        assert thread.submit(painters, 4).result().step == 4


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process as POSIX does")
def test_a_painter_that_dies_is_a_failed_step_and_stopping_leaves_none(tmp_path):
    list(trainer(tmp_path / "here", SourcedTiny(Source())).run())
    with closing(trainer(tmp_path / "there", SourcedTiny(Source()), painters=1).run()) as going:
        events = [next(e for e in going if isinstance(e, Passed))]
        [painter] = multiprocessing.active_children()
        os.kill(painter.pid, signal.SIGKILL)
        while events[-1] != Passed(12):
            events.append(next(going))
    assert not multiprocessing.active_children()
    [restart] = [e for e in events if isinstance(e, Restarted)]
    assert restart.reason.startswith("RuntimeError: a painter died (")
    [report] = [e for e in events if isinstance(e, Report)]
    assert 0 < report.terms["waited"] < 1
    list(trainer(tmp_path / "there", SourcedTiny(Source())).run())
    a, b = (load_file(tmp_path / name / "weights.safetensors") for name in ("here", "there"))
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_a_task_without_a_source_is_refused(tmp_path):
    with pytest.raises(UserError, match="painters = 0"):
        list(trainer(tmp_path, TinyTask(), painters=1).run())
