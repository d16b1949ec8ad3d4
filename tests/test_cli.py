"""The program without a window, as a process and in this one."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from workbench.__main__ import main
from workbench.core.boxes import iou
from workbench.training.synthetic.clip_types import ClipOptions
from workbench.training.synthetic.clips import make_clip
from workbench.video.writer import write_video

ROOT = Path(__file__).resolve().parents[1]
FRAMES = 16


@pytest.fixture(scope="module")
def scene():
    return list(make_clip(ClipOptions(width=320, height=240, frames=FRAMES, targets=1, seed=3)))


@pytest.fixture
def clip(scene, tmp_path):
    return write_video(tmp_path / "clip.mp4", (s.image for s in scene), fps=25.0)


def box_text(box):
    return ",".join(f"{v:.2f}" for v in box)


def test_help_needs_no_window():
    done = subprocess.run(
        [sys.executable, ROOT / "main.py", "--help"], capture_output=True, text=True, check=True, timeout=60
    )
    assert "track" in done.stdout


@pytest.mark.parametrize("backward", [False, True])
def test_track_writes_a_line_for_every_frame(clip, scene, tmp_path, backward):
    out, frame = tmp_path / "boxes.txt", (FRAMES - 1 if backward else 0)
    arguments = [
        "track",
        str(clip),
        "--box",
        box_text(scene[frame].boxes[0]),
        "--frame",
        str(frame),
        "--out",
        str(out),
    ]
    assert main(arguments + (["--backward"] if backward else [])) == 0
    found = np.loadtxt(out, delimiter=",")
    truth = np.array([s.boxes[0] for s in scene])[:: -1 if backward else 1]
    assert found.shape == (FRAMES, 4)
    overlaps = [iou([a], [b])[0, 0] for a, b in zip(found, truth, strict=True)]
    assert np.mean(overlaps) > 0.6


def test_a_folder_of_images_can_be_tracked(scene, tmp_path):
    import cv2

    for i, s in enumerate(scene[:6]):
        cv2.imwrite(str(tmp_path / f"{i:04d}.png"), s.image[..., ::-1])
    out = tmp_path / "out" / "boxes.txt"
    out.parent.mkdir()
    assert (
        main(
            ["track", str(tmp_path), "--box", box_text(scene[0].boxes[0]), "--frame", "0", "--out", str(out)]
        )
        == 0
    )
    assert len(out.read_text().splitlines()) == 6


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["track", "CLIP", "--box", "1,2,30,40", "--frame", "99", "--out", "o.txt"], "Frame 99 is not in"),
        (["track", "none.mp4", "--box", "1,2,30,40", "--out", "o.txt"], "none.mp4"),
        (
            ["track", "CLIP", "--box", "1,2,30,40", "--tracker", "magic", "--out", "o.txt"],
            "no tracker 'magic'",
        ),
        (["info", "none.wbp"], "none.wbp"),
        (["track", "CLIP", "--box=900,900,30,40", "--out", "o.txt"], "outside of the picture"),
        (["track", "CLIP", "--box", "1,2,30,40", "--out", "nowhere/o.txt"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(clip, capsys, arguments, sentence):
    assert main([str(clip) if a == "CLIP" else a for a in arguments]) == 1
    error = capsys.readouterr().err
    assert sentence in error
    assert "Traceback" not in error


@pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d", "1,2,0,5", "1,2,nan,5"])
def test_a_wrong_box_is_asked_for_again(clip, capsys, box):
    with pytest.raises(SystemExit) as stopped:
        main(["track", str(clip), "--box", box, "--out", "o.txt"])
    assert stopped.value.code == 2
    assert box in capsys.readouterr().err


def test_demo_info_export_and_import_work_together(tmp_path, capsys, monkeypatch):
    from workbench.services import demo

    small = partial(ClipOptions, width=160, height=120, frames=10, targets=4)
    monkeypatch.setattr(demo, "ClipOptions", small)
    assert main(["demo", str(tmp_path / "demo")]) == 0
    project = str(tmp_path / "demo" / "demo.wbp")
    assert main(["export", project, "--format", "mot-challenge", "--out", str(tmp_path / "mot")]) == 0
    truth = next((tmp_path / "mot").rglob("gt.txt"))
    truth.write_text("what somebody noted in there")
    again = ["export", project, "--format", "mot-challenge", "--out", str(tmp_path / "mot")]
    assert main(again) == 1
    assert (
        "(MOTChallenge of demo, 5 files); choose another folder, or add --replace" in capsys.readouterr().err
    )
    assert truth.read_text() == "what somebody noted in there"
    assert main([*again, "--replace"]) == 0
    assert main(["import", project, str(truth)]) == 0
    capsys.readouterr()
    assert main(["info", project]) == 0
    assert "4 tracks" in capsys.readouterr().out
