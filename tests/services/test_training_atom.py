"""``workbench train atom`` on painted pairs: killed, it goes on and ends with the same weights to the bit."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from workbench.core.boxes import iou
from workbench.inference.trackers import make
from workbench.models.atom_slim import SlimAtomNet
from workbench.models.loading import load
from workbench.models.weights_file import read_weights
from workbench.training.events import Resumed, Saved
from workbench.training.job_folder import JobFolder
from workbench.training.log import read_events
from workbench.training.painters import affordable
from workbench.training.synthetic.clip_types import ClipOptions
from workbench.training.synthetic.clips import make_clip

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills processes as POSIX does")

CONFIG = """
[task]
width = 8
head_width = 8
validation = 1

[task.made]
batch = 2
size = 64
search_area = 4.0

[task.made.bank]
patches = 8
objects = 6
poses = 1
backgrounds = 2
background_side = 96

[train]
steps = 6
save_every = 2
log_every = 1
warmup = 2
optimizer = "adamw"
schedule = "cosine"
precision = "bfloat16"
ahead = 1
painters = 1
threads = 1
"""


def begin(config, job):
    return subprocess.Popen(
        [sys.executable, "-m", "workbench", "train", "atom", "--config", str(config), "--out", str(job)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def events(job):
    file = JobFolder(job).events
    return read_events(file)[0] if file.exists() else []


def wait_for_step(job, step, process):
    while not any(isinstance(e, Saved) and e.step >= step for e in events(job)):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def children(pid):
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(word) for task in tasks for word in task.read_text().split()}


def test_killed_and_started_again_it_ends_with_the_weights_of_an_unbroken_run(tmp_path):
    config = tmp_path / "tiny.toml"
    config.write_text(CONFIG)
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    first = begin(config, broken)
    wait_for_step(broken, 2, first)
    pid = JobFolder(broken).pid
    painters = children(pid)
    assert len(painters) >= (affordable(1) if sys.platform == "linux" else 0)
    os.kill(pid, signal.SIGKILL)
    out, err = first.communicate(timeout=60)
    assert first.returncode == 1, out
    assert "ended early" in err
    gone = time.monotonic() + 15  # they look every five seconds whether it lives
    while any(Path(f"/proc/{painter}/cmdline").exists() for painter in painters):
        assert time.monotonic() < gone
        time.sleep(0.1)
    config.write_text(CONFIG.replace("painters = 1", "painters = 0"))  # how, not what
    for job in (straight, broken):
        process = begin(config, job)
        out, err = process.communicate(timeout=180)
        assert process.returncode == 0, err
        assert out.strip() == str(job / "weights.safetensors")
    assert any(isinstance(e, Resumed) and e.step >= 2 for e in events(broken))
    expected, found = (read_weights(j / "weights.safetensors") for j in (straight, broken))
    assert all(torch.equal(found.state[name], value) for name, value in expected.state.items())
    assert isinstance(load(broken / "weights.safetensors", kind="atom").network, SlimAtomNet)


def test_the_weights_that_ship_follow_a_target_of_the_demo():
    """A generous floor: these weights were trained on pairs of the same painter, not on these clips."""
    frames = list(make_clip(ClipOptions(frames=40, targets=3, seed=35)))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    overlaps = []
    for target in range(3):
        tracker = make("atom")
        tracker.start(frames[0].image, tuple(frames[0].boxes[target]))
        for frame in frames[1:]:
            box = tracker.step(frame.image).box
            if frame.visibility[target] > 0.5:
                overlaps.append(float(iou([box], frame.boxes[target : target + 1])[0, 0]))
    torch.set_num_threads(threads)
    assert sum(overlaps) / len(overlaps) > 0.45
