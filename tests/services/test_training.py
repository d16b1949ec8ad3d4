"""Trainings as a window and the command line run them: real processes, killed, stopped and gone on with."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.torch import load_file

from workbench.core.errors import UserError
from workbench.services import training
from workbench.training.events import Cancelled, Failed, Finished, Report, Resumed, Saved, Started
from workbench.training.log import read_events

ROOT = Path(__file__).resolve().parents[2]
KIND = "tests.training.tiny:make"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills processes as POSIX does")


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


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


def same(a, b):
    a, b = (load_file(folder / "weights.safetensors") for folder in (a, b))
    return all((a[k] == b[k]).all() for k in a) and a.keys() == b.keys()


def test_killed_and_resumed_it_ends_with_the_same_bits(tmp_path):
    straight = training.start(config(tmp_path / "a"), tmp_path / "a" / "job", kind=KIND)
    _, state = to_the_end(straight)
    assert state == "done"
    (tmp_path / "a" / "killed").touch()  # the same settings, but this one was not to die
    dying = config(tmp_path / "b", task="kill_at = 13")
    _, state = to_the_end(training.start(dying, tmp_path / "b" / "job", kind=KIND))
    assert state == "interrupted"
    events, state = to_the_end(training.start(dying, tmp_path / "b" / "job", kind=KIND))
    assert state == "done"
    assert Resumed(10) in events
    assert same(tmp_path / "a" / "job", tmp_path / "b" / "job")


def test_the_folder_tells_all(tmp_path):
    job = training.start(config(tmp_path), tmp_path / "job", kind=KIND)
    events, state = to_the_end(job)
    assert state == "done"
    assert isinstance(events[0], Started)
    assert events[0].pid == job.folder.pid
    assert [r.step for r in events if isinstance(r, Report)] == list(range(1, 21))
    assert [s.step for s in events if isinstance(s, Saved)] == [0, 5, 10, 15, 20]
    assert events[-1] == Finished(20, "weights.safetensors")
    again = training.poll(training.attach(tmp_path / "job"), 0)
    assert list(again.events) == events
    spec = json.loads((tmp_path / "job" / "spec.json").read_text())
    with safe_open(tmp_path / "job" / "weights.safetensors", "pt") as file:
        about = file.metadata()
    assert about["version"] == spec["version"]
    assert about["steps"] == "20 of 20"
    assert not (tmp_path / "job" / "cancel").exists()


def test_cancelled_it_keeps_its_steps_and_goes_on_from_them(tmp_path):
    slow = config(tmp_path, task="pause = 0.1")
    job = training.start(slow, tmp_path / "job", kind=KIND)
    wait_for(job, Report, step=3)
    training.cancel(job)
    events, state = to_the_end(job)
    assert state == "cancelled"
    step = events[-1].step
    assert 3 <= step < 20
    assert events[-1] == Cancelled(step)
    events, state = to_the_end(training.resume(tmp_path / "job"))
    assert state == "done"
    assert Resumed(step) in events
    assert next(e for e in events if isinstance(e, Report)).step == step + 1


def test_a_second_process_is_refused_while_the_first_lives(tmp_path):
    job = training.start(config(tmp_path, task="pause = 0.2"), tmp_path / "job", kind=KIND)
    wait_for(job, Started)
    with pytest.raises(UserError, match="already"):
        training.resume(tmp_path / "job")
    command = [sys.executable, "-m", "workbench.training.job", str(job.folder.spec)]
    second = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert second.returncode == 1
    assert f"Process {job.process.pid} trains in" in second.stderr
    attached = training.start(tmp_path / "tiny.toml", tmp_path / "job", kind=KIND)
    assert attached.process is None
    assert training.poll(attached, 0).state == "running"
    training.kill(attached)
    job.process.wait()
    assert training.poll(attached, 0).state == "interrupted"


def test_a_process_that_gives_no_sign_can_be_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "SILENT", 2.0)
    job = training.start(config(tmp_path, task="pause = 0.1"), tmp_path / "job", kind=KIND)
    wait_for(job, Report)
    os.kill(job.process.pid, signal.SIGSTOP)
    while training.poll(job, 0).state != "silent":
        time.sleep(0.1)
    training.kill(job)
    assert training.poll(job, 0).state == "interrupted"
    events, state = to_the_end(training.resume(tmp_path / "job"))
    assert state == "done"
    assert isinstance(events[0], Started)


def test_a_torn_last_line_is_left_out(tmp_path):
    job = training.start(config(tmp_path), tmp_path / "job", kind=KIND)
    events, _ = to_the_end(job)
    log = job.folder.events
    log.write_bytes(log.read_bytes()[:-9])
    assert read_events(log)[0] == events[:-1]
    assert training.poll(job, 0).state == "interrupted"
    again, state = to_the_end(training.resume(tmp_path / "job"))
    assert state == "done"
    assert read_events(log)[0] == events[:-1] + again


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
    config(tmp_path)  # nothing was trained yet, so other settings may take the place
    _, state = to_the_end(training.start(path, tmp_path / "job", kind=KIND))
    assert state == "done"
    config(tmp_path, train="learning_rate = 0.1")
    with pytest.raises(UserError, match="other settings"):
        training.start(path, tmp_path / "job", kind=KIND)
    config(tmp_path, train="keep = 1")  # which does not change what is learned
    assert to_the_end(training.start(path, tmp_path / "job", kind=KIND))[1] == "done"


def test_an_unknown_kind_is_refused(tmp_path):
    with pytest.raises(UserError, match="choose atom"):
        training.start(config(tmp_path), tmp_path / "job", kind="magic")
    with pytest.raises(UserError, match=r"no folder of a training"):
        training.attach(tmp_path)
