"""``workbench train`` as a user meets it: started, stopped with Ctrl-C, and the same words again."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.__main__ import main
from workbench.services import training
from workbench.training.events import Report
from workbench.training.log import read_events

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals as POSIX does")
def test_interrupted_and_called_again_it_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(training, "PAUSE", 0.05)
    config, job = tmp_path / "tiny.toml", tmp_path / "job"
    config.write_text("[task]\npause = 0.05\n[train]\nsteps = 20\nlog_every = 1\nsave_every = 5\n")
    words = ["train", "tests.training.tiny:make", "--config", str(config), "--out", str(job)]
    with subprocess.Popen(
        [sys.executable, ROOT / "main.py", *words], stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as first:
        while not any(isinstance(e, Report) for e in read_events(job / "events.jsonl")[0]):
            assert first.poll() is None
            time.sleep(0.05)
        first.send_signal(signal.SIGINT)
        said = first.communicate(timeout=60)[1]
    assert first.returncode == 130
    assert "a checkpoint and the weights so far are kept" in said
    assert main(words) == 0
    told = capsys.readouterr()
    assert told.out.strip() == str(job / "weights.safetensors")
    assert "going on behind step" in told.err


def test_a_wrong_configuration_is_one_sentence(tmp_path, capsys):
    (tmp_path / "wrong.toml").write_text("[train]\nsteps = 3\nspeed = 1\n")
    assert main(["train", "atom", "--config", str(tmp_path / "wrong.toml")]) == 1
    assert "wrong.toml: [train] has no key 'speed'" in capsys.readouterr().err
