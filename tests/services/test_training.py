"""Trainings as a window and the command line run them: real processes, killed, stopped and gone on with."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from tests.training.tiny import TinyTask
from workbench.core.errors import UserError
from workbench.services import training
from workbench.training.events import Failed, Finished, Report, Resumed, Saved, Started
from workbench.training.job_folder import JobFolder
from workbench.training.log import read_events
from workbench.training.options import TrainerOptions
from workbench.training.saving import Checkpoints
from workbench.training.trainer import Trainer

ROOT = Path(__file__).resolve().parents[2]
KIND = "tests.training.tiny:make"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills processes as POSIX does")


@pytest.fixture(autouse=True)
def _one_thread_and_short_naps(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(training, "PAUSE", 0.05)


def config(folder, *, task="", train=""):
    folder.mkdir(exist_ok=True)
    path = folder / "tiny.toml"
    path.write_text(f"[task]\n{task}\n[train]\nsteps = 20\nlog_every = 1\nsave_every = 5\n{train}\n")
    return path


def to_the_end(job):
    """All events, and how it ended."""
    events, news = [], None
    for news in training.follow(job):
        events += news.events
    job.process.wait()
    return events, news.state


def wait_for(job, kind, *, step=0):
    """Follow until an event of a kind is there, at least of some step."""
    for news in training.follow(job):
        for event in news.events:
            if isinstance(event, kind) and getattr(event, "step", step) >= step:
                return
    raise AssertionError(f"it ended without {kind}")


def test_killed_and_resumed_it_ends_with_the_same_bits(tmp_path):
    path = config(tmp_path, task="kill_at = 13")
    job = training.start(path, tmp_path / "job", kind=KIND)
    events, state = to_the_end(job)
    assert state == "interrupted"
    assert job.process.returncode == -signal.SIGKILL
    assert [s.step for s in events if isinstance(s, Saved)] == [0, 5, 10]
    events, state = to_the_end(training.start(path, tmp_path / "job", kind=KIND))
    assert state == "done"
    assert Resumed(10) in events
    found, expected = load_file(tmp_path / "job" / "weights.safetensors"), uninterrupted(tmp_path)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in found)


def uninterrupted(folder):
    """The weights that the same training gives in this process and in one go."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    folder = folder / "straight"
    folder.mkdir()
    weights = folder / "weights.safetensors"
    checkpoints = Checkpoints(folder, digest="straight")
    list(Trainer(TinyTask(), TrainerOptions(steps=20), checkpoints=checkpoints, weights=weights).run())
    torch.set_num_threads(threads)
    return load_file(weights)


def test_the_folder_tells_all_and_survives_a_torn_line(tmp_path):
    job = training.start(config(tmp_path), tmp_path / "job", kind=KIND)
    events, state = to_the_end(job)
    assert state == "done"
    assert isinstance(events[0], Started)
    assert events[0].pid == job.folder.pid
    assert [r.step for r in events if isinstance(r, Report)] == list(range(1, 21))
    assert events[-1] == Finished(20, "weights.safetensors")
    spec = json.loads((tmp_path / "job" / "spec.json").read_text())
    with safe_open(tmp_path / "job" / "weights.safetensors", "pt") as file:
        assert file.metadata()["version"] == spec["version"]
    log = job.folder.events
    log.write_bytes(log.read_bytes()[:-9])
    attached = training.poll(training.attach(tmp_path / "job"), 0)
    assert list(attached.events) == events[:-1]
    assert attached.state == "interrupted"
    again, state = to_the_end(training.resume(tmp_path / "job"))
    assert state == "done"
    assert read_events(log)[0] == events[:-1] + again


def test_cancelled_it_keeps_its_steps_and_goes_on_from_them(tmp_path):
    job = training.start(config(tmp_path, task="pause = 0.05"), tmp_path / "job", kind=KIND)
    wait_for(job, Report, step=3)
    training.cancel(job)
    events, state = to_the_end(job)
    assert state == "cancelled"
    step = events[-1].step
    assert 3 <= step < 20
    assert not job.folder.cancel.exists()
    events, state = to_the_end(training.resume(tmp_path / "job"))
    assert state == "done"
    assert Resumed(step) in events
    assert next(e for e in events if isinstance(e, Report)).step == step + 1


def test_one_process_at_a_time_and_one_that_gives_no_sign_can_be_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "SILENT", 2.0)
    path = config(tmp_path, task="pause = 60")
    job = training.start(path, tmp_path / "job", kind=KIND)
    wait_for(job, Started)
    with pytest.raises(UserError, match="already"):
        training.resume(tmp_path / "job")
    command = [sys.executable, "-m", "workbench.training.job", str(job.folder.spec)]
    second = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert second.returncode == 1
    assert f"Process {job.process.pid} trains in" in second.stderr
    attached = training.start(path, tmp_path / "job", kind=KIND)
    assert attached.process is None
    os.kill(job.process.pid, signal.SIGSTOP)
    while training.poll(attached, 0).state == "running":
        time.sleep(0.1)
    assert training.poll(attached, 0).state == "silent"
    training.kill(attached)
    job.process.wait()
    assert training.poll(attached, 0).state == "interrupted"


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"train": "speed = 3"}, "[train] has no key 'speed'"),
        ({"train": "seed = 'x'"}, "[train] seed must be a whole number, not 'x'"),
        ({"train": "schedule = 'linear'"}, "[train] schedule must be 'step' or 'cosine'"),
        ({"train": "keep = 0"}, "[train] keep must be at least 1"),
        ({"train": "[tsak]"}, "[file] has no key 'tsak'"),
        ({"train": "x ="}, "is no TOML file"),
    ],
)
def test_a_wrong_file_is_refused_at_once_by_name(tmp_path, table, sentence):
    path = config(tmp_path, **table)
    with pytest.raises(UserError) as refused:
        training.start(path, tmp_path / "job", kind=KIND)
    assert sentence in str(refused.value)
    assert str(path) in str(refused.value)
    assert not (tmp_path / "job").exists()


def test_what_the_recipe_does_not_know_ends_the_training_in_a_sentence(tmp_path):
    path = config(tmp_path, task="colour = 'red'")
    events, state = to_the_end(training.start(path, tmp_path / "job", kind=KIND))
    assert state == "failed"
    assert isinstance(events[-1], Failed)
    assert events[-1].reason.startswith(f"{path}: [task] has no key 'colour'; it knows pause,")


def test_other_settings_may_take_the_place_of_a_training_only_before_it_began(tmp_path):
    job = JobFolder(tmp_path / "job")
    job.write_spec(training.read_config(config(tmp_path), kind=KIND))
    job.checkpoints.mkdir()
    (job.checkpoints / "step-00000005.pt").touch()
    with pytest.raises(UserError, match="other settings"):
        training.start(config(tmp_path, train="learning_rate = 0.1"), job.path, kind=KIND)


def test_an_unknown_kind_is_refused(tmp_path):
    with pytest.raises(UserError, match="choose atom"):
        training.start(config(tmp_path), tmp_path / "job", kind="magic")
    with pytest.raises(UserError, match=r"no folder of a training"):
        training.attach(tmp_path)
