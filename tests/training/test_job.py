"""Several processes train one network, as torchrun starts them; and curves for who has TensorBoard."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.training.tiny import TinyTask
from workbench.training.events import Cancelled, Report, Resumed, Validated
from workbench.training.job_folder import JobFolder, Spec
from workbench.training.log import EventLog, read_events
from workbench.training.trainer import draws_of_step

ROOT = Path(__file__).resolve().parents[2]
SPEC = Spec("tests.training.tiny:make", {}, {"steps": 1}, "tiny.toml", "0", "2026-01-01")


def torchrun(folder):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*command, "-m", "workbench.training.job", str(folder.spec)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return read_events(folder.events)[0]


@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch trains in one process only")
def test_two_processes_average_their_gradients_and_one_writes(tmp_path):
    folder = JobFolder(tmp_path)
    folder.write_spec(SPEC)
    events = torchrun(folder)
    assert events[0].world == 2
    assert [e.step for e in events if isinstance(e, Report)] == [1]
    expected = averaged_step()
    found = load_file(folder.weights)
    for name, value in expected.named_parameters():
        assert torch.allclose(found[name], value, atol=1e-6), name


def averaged_step():
    """The network after one step on the batches of two processes, worked out in one."""
    tasks = [TinyTask(rank=rank) for rank in (0, 1)]
    for rank, task in enumerate(tasks):
        draws = draws_of_step(0, 0, rank, torch.device("cpu"))
        task.loss(task.batch(0), draws)[0].backward()
    network = tasks[0].network
    for mine, other in zip(network.parameters(), tasks[1].network.parameters(), strict=True):
        mine.grad = (mine.grad + other.grad) / 2
    torch.optim.Adam(tasks[0].groups(), lr=1e-3).step()
    return network


def test_settings_that_change_no_weights_do_not_make_another_training():
    assert replace(SPEC, train={"steps": 1, "keep": 9, "device": "cuda"}).digest == SPEC.digest
    assert replace(SPEC, train={"steps": 1, "seed": 9}).digest != SPEC.digest
    assert replace(SPEC, task={"pause": 1}).digest != SPEC.digest


def test_events_are_read_from_where_one_stopped(tmp_path):
    report = Report(1, 2, {"loss": 0.5}, 1e-3, 10.0, 0.1)
    with EventLog(tmp_path / "events.jsonl") as log:
        log(report)
        events, place = read_events(tmp_path / "events.jsonl")
        assert events == [report]
        log(Cancelled(1))
    with (tmp_path / "events.jsonl").open("ab") as file:
        file.write(b'{"event": "of a newer version"}\n{"event": "repo')
    events, place = read_events(tmp_path / "events.jsonl", place)
    assert events == [Cancelled(1)]
    with EventLog(tmp_path / "events.jsonl") as log:
        log(Resumed(1))
    assert read_events(tmp_path / "events.jsonl", place)[0] == [Resumed(1)]


def test_curves_of_what_is_trained_again_are_drawn_once(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with EventLog(tmp_path / "events.jsonl", tensorboard=tmp_path / "curves") as log:
        for step in (1, 2, 3):
            log(Report(step, 4, {"loss": 1.0}, 1e-3, 10.0, 0.1))
        log(Resumed(1))
        for step in (2, 3, 4):
            log(Report(step, 4, {"loss": 2.0}, 1e-3, 10.0, 0.1))
        log(Validated(4, {"score": 0.25}, True))
    curves = EventAccumulator(str(tmp_path / "curves")).Reload()
    assert [(s.step, s.value) for s in curves.Scalars("train/loss")] == [(1, 1), (2, 2), (3, 2), (4, 2)]
    assert [s.value for s in curves.Scalars("validation/score")] == [0.25]
