"""``workbench run`` on files: a clip with a detector, and detections without any video."""

import re
import signal

import pytest

from tests.services.made_run import FRAMES, write_blocks, write_clip
from workbench.cli import parse, run
from workbench.formats.mot_challenge_rows import read_rows
from workbench.store import Project


@pytest.fixture
def clip(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    write_blocks(tmp_path / "config" / "tracking-workbench" / "plugins")
    return write_clip(tmp_path / "clip.mp4")


@pytest.fixture
def detections(tmp_path):
    """Two targets that walk, in MOTChallenge's rows."""
    rows = [(f, x + 2 * f, 50) for f in range(1, 41) for x in (10, 300)]
    path = tmp_path / "det.txt"
    path.write_text("".join(f"{f},-1,{x},{y},20,40,0.9,-1,-1,-1\n" for f, x, y in rows))
    return path


def workbench(*words):
    return run(parse(["run", *map(str, words)]))


def test_a_clip_becomes_a_file_of_results_and_leaves_nothing_else(tmp_path, clip, capsys):
    out = tmp_path / "tracks.txt"
    words = (clip, "--detector", "blocks", "--out", out, "--set", "level=140", "--set", "shortest=6")
    assert workbench(*words) == 0
    rows = read_rows(out, frame_count=FRAMES)
    assert set(rows.ids.tolist()) == {1, 2, 3}
    assert len(rows.frames) == 3 * FRAMES
    assert "3 tracks, 180 boxes in the frames 0:60" in capsys.readouterr().out
    assert not list(tmp_path.glob("*.run"))
    assert not list(tmp_path.glob("*.wbp"))


def test_a_run_goes_into_a_project_that_is_made_for_it(tmp_path, clip, capsys):
    home = tmp_path / "new.wbp"
    assert workbench(clip, "--detector", "blocks", "--project", home, "--range", "10:20") == 0
    assert workbench(home, "--detections-of", 1, "--tracker", "sort") == 0
    said = capsys.readouterr().out
    assert "run 2: " in said
    assert "30 of earlier runs replaced" in said
    with Project.open(home) as project:
        assert {row.frame for row in project.boxes_between(1, 0, FRAMES)} == set(range(10, 20))
        assert [run.parameters["tracker"] for run in project.runs()] == ["offline", "sort"]


def test_a_run_that_is_done_writes_its_file_from_what_is_stored(tmp_path, clip, monkeypatch, capsys):
    home, out = tmp_path / "new.wbp", tmp_path / "tracks.txt"
    words = (clip, "--detector", "blocks", "--project", home)
    assert workbench(*words) == 0
    capsys.readouterr()
    monkeypatch.setenv("BLOCKS_INTERRUPT", "0")  # detecting anything would end it
    assert workbench(*words, "--out", out) == 0
    said = capsys.readouterr().out
    assert "180 boxes in the frames 0:60, all of which had been looked at before" in said
    assert "run 1: " in said
    assert len(read_rows(out).frames) == 3 * FRAMES
    monkeypatch.setenv("BLOCKS_INTERRUPT", "-1")
    assert workbench(*words, "--fresh") == 0
    assert "run 2: " in capsys.readouterr().out


def test_resume_goes_on_with_the_last_run_that_did_not_end(tmp_path, clip, capsys):
    home = tmp_path / "new.wbp"
    breaking = ("--set", "breaks_at=30", "--tracker", "sort")
    assert workbench(clip, "--detector", "blocks", "--project", home, *breaking) == 1
    assert "the lamp broke" in capsys.readouterr().err
    assert workbench(home, "--resume") == 1  # it breaks again, at the same frame
    assert "30 frames before is kept" in capsys.readouterr().err
    with Project.open(home) as project:
        assert len(project.runs()) == 1


def test_detections_alone_are_tracked_without_a_video(tmp_path, detections, capsys):
    out = tmp_path / "tracks.txt"
    for tracker in ("offline", "byte-track", "bot-sort", "jde", "center-track"):
        assert workbench("--detections", detections, "--tracker", tracker, "--out", out) == 0
        rows = read_rows(out)
        assert len(set(rows.ids.tolist())) == 2, tracker
        assert len(rows.frames) == 80
    assert workbench("--detections", detections, "--out", out, "--range", "10:20") == 0
    assert set(read_rows(out).frames.tolist()) == set(range(10, 20))


def test_detections_become_tracks_of_a_project(tmp_path, clip, detections):
    home = tmp_path / "new.wbp"
    words = (clip, "--project", home, "--detections", detections, "--classes", "walker")
    assert workbench(*words) == 0
    with Project.open(home) as project:
        tracks = project.tracks(1)
        assert {project.category(t.category_id).name for t in tracks} == {"walker"}
        assert len(tracks) == 2


def test_confidences_that_are_no_shares_are_brought_to_them_and_it_is_said(tmp_path, detections, capsys):
    text = detections.read_text().replace(",0.9,", ",35.5,", 40).replace(",0.9,", ",71,")
    detections.write_text(text)
    assert workbench("--detections", detections, "--out", tmp_path / "out.txt", "--tracker", "sort") == 0
    assert "go from 35.5 to 71" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1,-1,10,10,20,40,0.9\n2,-1,10,10\n", "line 2: has 4 columns"),
        ("1,-1,10,10,20,40,0.9\n0,-1,10,10,20,40,0.9\n", "line 2: has a frame below 1"),
        ("1,-1,10,nan,20,40,0.9\n", "line 1: has NaN"),
        ("not a file of detections\n", "line 1: has 1 columns"),
    ],
)
def test_a_bad_file_of_detections_is_refused_with_its_line(tmp_path, capsys, text, sentence):
    path = tmp_path / "det.txt"
    path.write_text(text)
    assert workbench("--detections", path, "--out", tmp_path / "out.txt") == 1
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out.txt").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--detections", "det.txt"), "Say where the tracks are to go"),
        (("clip.mp4", "--out", "o.txt"), "Name a detector with --detector"),
        (("--out", "o.txt", "--detector", "blocks"), "Name the video to run on"),
        (("--out", "o.txt", "--detections-of", "1"), "names a run of a project"),
        (("no.mp4", "--out", "o.txt", "--detector", "blocks"), "no.mp4 does not exist"),
        (
            ("clip.mp4", "--out", "o.txt", "--detector", "blocks", "--set", "levels=3"),
            "no parameter 'levels'",
        ),
        (("clip.mp4", "--out", "o.txt", "--detector", "blocks", "--set", "level=x"), "level takes a whole"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(clip, monkeypatch, capsys, words, sentence):
    monkeypatch.chdir(clip.parent)
    assert workbench(*words) == 1
    assert sentence in capsys.readouterr().err
    assert not list(clip.parent.glob("*.wbp"))


def test_detectors_and_trackers_are_listed_with_what_their_parameters_mean(clip, capsys):
    assert workbench("--list") == 0
    said = capsys.readouterr().out
    assert "level [150]: brightness above which something is a block" in said
    assert "offline (default)" in said
    assert "sure_score [0.5]: detections above it are sure" in said
    assert "``" not in said, "words of the program's own code mean nothing here"
    for tracker in re.split(r"\n  (?! )", said)[1:]:
        meanings = [line.split("]: ", 1)[1] for line in tracker.splitlines() if "]: " in line]
        assert len(set(meanings)) == len(meanings), "two parameters of one thing do not mean the same"


@pytest.fixture
def interruptible():
    """Ctrl-C raises, also where the tests were started in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_keeps_what_was_found_and_the_same_command_goes_on(tmp_path, clip, monkeypatch, capsys):
    out = tmp_path / "tracks.txt"
    monkeypatch.setenv("BLOCKS_INTERRUPT", "30")
    assert workbench(clip, "--detector", "blocks", "--out", out) == 130
    kept = set(read_rows(out).frames.tolist())
    assert kept == set(range(len(kept)))
    assert 25 < len(kept) < 35  # the detector is a little ahead of what is kept
    monkeypatch.setenv("BLOCKS_INTERRUPT", "-1")
    assert workbench(clip, "--detector", "blocks", "--out", out) == 0
    assert f"of which {len(kept)} were looked at before" in capsys.readouterr().out
    assert set(read_rows(out).frames.tolist()) == set(range(FRAMES))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("TEXT", "--detector", "blocks"), "is not a video"),
        (("CLIP", "--detector", "magic"), "There is no detector 'magic'"),
        (("CLIP",), "Name a detector"),
        (("--detections", "det.txt"), "does not exist"),
    ],
)
def test_what_cannot_be_run_leaves_no_project(clip, tmp_path, capsys, words, sentence):
    text = tmp_path / "text.mp4"
    text.write_text("hello")
    given = [{"TEXT": text, "CLIP": clip}.get(word, word) for word in words]
    assert workbench(*given, "--project", tmp_path / "new.wbp") == 1
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "new.wbp").exists()
