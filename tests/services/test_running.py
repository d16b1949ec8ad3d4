"""Whole runs on a real clip and project: what comes of them, and what a stop, a failure or a kill leaves."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.services.made_run import (
    FRAMES,
    boxes_of,
    detectors,
    drained,
    places,
    poses_of,
    project_of,
    run_blocks,
    write_blocks,
    write_clip,
)
from tests.small_detector import write_detector
from workbench.core.errors import PluginError, ProjectError, UserError
from workbench.core.progress import Progress
from workbench.core.rows import Origin
from workbench.services import editing, run_files
from workbench.services.run_again import track_again
from workbench.services.run_detecting import RunFrame
from workbench.services.run_detectors import digest_of
from workbench.services.run_files import links_of, read_found, run_folder
from workbench.services.run_options import RunOptions, options_of
from workbench.services.run_storing import KIND
from workbench.services.running import can_go_on, run, run_file, unfinished
from workbench.store import Project

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path):
    with project_of(write_clip(tmp_path / "clip.mp4")) as project:
        yield project


@pytest.fixture
def blocks(tmp_path):
    return detectors(tmp_path)


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(run_files, "CHUNK", 8)


def stopped_after(project, blocks, frames, **options):
    """A run that was closed when so many frames had been shown."""
    options.setdefault("detector", "blocks")
    steps = run(project, project.videos()[0].id, RunOptions(**options), detectors=blocks)
    shown = 0
    while shown < frames:
        shown += isinstance(next(steps), RunFrame)
    steps.close()


def test_a_run_gives_each_target_one_track_as_one_edit(project, blocks):
    outcome = run_blocks(project, blocks)
    tracks = project.tracks(1)
    assert [t.number for t in tracks] == [1, 2, 3]
    assert {project.category(t.category_id).name for t in tracks} == {"block"}
    for frame in (0, 30, 59):
        found = sorted((round(row.x), round(row.y)) for row in project.boxes_at(1, frame))
        assert np.abs(np.array(found) - sorted(places(frame))).max() <= 2
    assert {row.run_id for row in project.boxes_between(1, 0, FRAMES)} == {outcome.run_id}
    project.undo()
    assert not project.tracks(1)


def test_what_a_run_was_is_in_the_catalogue(project, blocks):
    outcome = run_blocks(project, blocks, detector_settings={"level": 160}, seed=3)
    entry = project.run(outcome.run_id)
    assert (entry.kind, entry.model, entry.state, entry.seed) == ("multi-target", "blocks", "done", 3)
    assert entry.parameters["detector_settings"] == {"level": 160, "breaks_at": -1}
    assert entry.parameters["tracker"] == "offline"
    assert entry.parameters["tracker_settings"]["shortest"] == 5
    assert len(entry.parameters["digest"]) == 64
    assert entry.version


def test_frames_come_with_provisional_boxes_and_the_time_left(project, blocks):
    steps = run(project, 1, RunOptions("blocks", start=10, stop=30), detectors=blocks)
    items, outcome = drained(steps)
    frames = [item for item in items if isinstance(item, RunFrame)]
    assert [f.frame for f in frames] == list(range(10, 30))
    assert [len(f.ids) for f in frames] == [3] * 20
    assert (frames[-1].done, frames[-1].total, frames[-1].seconds_left) == (20, 20, 0)
    assert all(f.rate > 0 for f in frames)
    assert (outcome.start, outcome.stop, outcome.detections) == (10, 30, 60)
    assert isinstance(items[0], Progress)


def test_a_run_repeated_keeps_identities_and_replaces_its_own_boxes(project, blocks):
    first = run_blocks(project, blocks)
    before, tracks = boxes_of(project), project.tracks(1)
    second = run_blocks(project, blocks, resume=False)
    assert second.run_id != first.run_id
    assert boxes_of(project) == before
    assert project.tracks(1) == tracks
    assert {row.run_id for row in project.boxes_between(1, 0, FRAMES)} == {second.run_id}


@pytest.mark.parametrize("detector", ["blocks", "blocks-by-change"])
def test_a_stopped_run_keeps_what_it_has_and_goes_on_as_if_unbroken(
    tmp_path, project, blocks, small_chunks, detector
):
    stopped_after(project, blocks, 21, detector=detector)
    assert project.runs()[0].state == "stopped"
    assert {row.frame for row in project.boxes_between(1, 0, FRAMES)} == set(range(21))
    outcome = run_blocks(project, blocks, detector=detector)
    assert (outcome.run_id, outcome.resumed) == (1, 21)
    with project_of(write_clip(tmp_path / "other.mp4")) as unbroken:
        run_blocks(unbroken, blocks, detector=detector)
        assert boxes_of(project) == boxes_of(unbroken)
        scores = [[row.score for row in p.boxes_between(1, 0, FRAMES)] for p in (project, unbroken)]
    assert scores[0] == scores[1]
    assert project.runs()[0].state == "done"
    assert not unfinished(project, 1)


def test_a_run_that_is_done_detects_nothing_anew_and_is_laid_over_what_is_there_now(project, blocks):
    first = run_blocks(project, blocks)
    before = boxes_of(project)
    project.undo()
    steps = run(project, 1, RunOptions("blocks"), detectors=blocks)
    items, again = drained(steps)
    assert not any(isinstance(item, RunFrame) for item in items)
    assert again.repeated
    assert again.run_id == first.run_id
    assert again.detections == first.detections
    assert boxes_of(project) == before
    assert [entry.state for entry in project.runs()] == ["done"]
    edits = len(project.history())
    assert run_blocks(project, blocks).repeated
    assert len(project.history()) == edits, "nothing was changed"
    others = ({"seed": 1}, {"stop": 50}, {"tracker": "sort"}, {"threshold": 0.6}, {"resume": False})
    assert [run_blocks(project, blocks, **other).repeated for other in others] == [False] * len(others)


def test_the_newest_run_is_taken_up_be_it_done_or_stopped(project, blocks):
    stopped_after(project, blocks, 10)
    assert run_blocks(project, blocks, resume=False).run_id == 2
    again = run_blocks(project, blocks)
    assert (again.run_id, again.repeated) == (2, True)
    stopped_after(project, blocks, 10, resume=False)
    again = run_blocks(project, blocks)
    assert (again.run_id, again.repeated) == (3, False)
    assert [run.state for run in project.runs()] == ["stopped", "done", "done"]


def test_the_run_that_is_named_goes_on_and_no_newer_one(project, blocks):
    stopped_after(project, blocks, 10)
    stopped_after(project, blocks, 20, tracker="sort", resume=False)
    options = options_of(project.run(1))
    outcome = drained(run(project, 1, options, detectors=blocks, on=1))[1]
    assert (outcome.run_id, outcome.resumed) == (1, 10)
    assert [entry.state for entry in project.runs()] == ["done", "stopped"]
    for other in (1, 2):  # one is done, and the other found what it has in another way
        changed = replace(options, detector_settings={"level": 120 if other == 2 else 150})
        with pytest.raises(UserError, match=f"Run {other} cannot go on"):
            drained(run(project, 1, changed, detectors=blocks, on=other))


def test_what_only_tracked_again_and_was_killed_has_nothing_to_go_on_with(project):
    parameters = {"detector": "blocks", "detections_of": 1}
    killed = project.add_run(video_id=1, kind=KIND, model="blocks", parameters=parameters)
    assert killed.state == "running"
    assert not can_go_on(killed)
    assert not unfinished(project, 1)


def test_a_run_stopped_before_its_first_frame_leaves_nothing(project, blocks):
    steps = run(project, 1, RunOptions("blocks"), detectors=blocks)
    next(steps)
    steps.close()
    assert not project.tracks(1)
    assert not project.history()


def test_other_settings_or_another_range_do_not_go_on_with_a_stopped_run(project, blocks):
    stopped_after(project, blocks, 10)
    assert run_blocks(project, blocks, detector_settings={"level": 120}).resumed == 0
    assert run_blocks(project, blocks, start=5).resumed == 0
    assert run_blocks(project, blocks).resumed == 10
    assert run_blocks(project, blocks, resume=False).resumed == 0


def test_a_detector_that_fails_says_where_and_what_it_found_is_kept(project, blocks):
    with pytest.raises(PluginError, match=r"the lamp broke.*25 frames before is kept"):
        run_blocks(project, blocks, detector_settings={"breaks_at": 25})
    assert project.runs()[0].state == "failed"
    assert {row.frame for row in project.boxes_between(1, 0, FRAMES)} == set(range(25))


def test_a_run_killed_goes_on_and_ends_as_an_unbroken_one(tmp_path, blocks):
    clip = write_clip(tmp_path / "clip.mp4")
    home = tmp_path / "killed.wbp"
    settings = tmp_path / "config"
    write_blocks(settings / "tracking-workbench" / "plugins")
    environment = os.environ | {"XDG_CONFIG_HOME": str(settings), "BLOCKS_PAUSE": "0.02"}
    code = (
        "import sys; from workbench import cli; from workbench.services import run_files; "
        "run_files.CHUNK = 8; sys.exit(cli.run(cli.parse(sys.argv[1:])))"
    )
    words = ["run", str(clip), "--detector", "figures", "--project", str(home)]
    with subprocess.Popen([sys.executable, "-c", code, *words], cwd=ROOT, env=environment) as running:
        folder = home / "runs" / "1"
        deadline = time.monotonic() + 60
        while len(list(folder.glob("detections-*.npz"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.005)
        running.send_signal(signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL
    kept = read_found(folder, start=0).stop
    assert 16 <= kept < FRAMES
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=ROOT,
        env=environment | {"BLOCKS_PAUSE": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"of which {kept} were looked at before" in done.stdout
    with project_of(write_clip(tmp_path / "other.mp4")) as unbroken, Project.open(home) as project:
        run_blocks(unbroken, blocks, detector="figures")
        assert boxes_of(project) == boxes_of(unbroken)
        poses, whole = poses_of(project), poses_of(unbroken)
        assert poses.keys() == whole.keys() != set()
        assert all(np.array_equal(poses[place], whole[place], equal_nan=True) for place in poses)
        assert [r.state for r in project.runs()] == ["done"]


def test_other_trackers_on_what_was_detected_give_what_a_whole_run_gives(tmp_path, project, blocks):
    first = run_blocks(project, blocks)
    again = drained(track_again(project, first.run_id, RunOptions(tracker="byte-track")))[1]
    with project_of(write_clip(tmp_path / "other.mp4")) as whole:
        run_blocks(whole, blocks, tracker="byte-track")
        assert boxes_of(project) == boxes_of(whole)
    assert project.run(again.run_id).parameters["detections_of"] == first.run_id
    third = drained(track_again(project, again.run_id, RunOptions(tracker="sort", start=10, stop=20)))[1]
    assert (third.start, third.stop) == (10, 20)


def test_the_camera_is_measured_alike_beside_the_detector_and_afterwards(project, blocks, small_chunks):
    stopped_after(project, blocks, 13, tracker="bot-sort")
    whole = run_blocks(project, blocks, tracker="bot-sort")
    measured = read_found(run_folder(project, whole.run_id), start=0).motions
    assert list(measured) == list(range(FRAMES))
    first = run_blocks(project, blocks)
    again = drained(track_again(project, first.run_id, RunOptions(tracker="bot-sort")))[1]
    assert np.array_equal(again.tracks.boxes, whole.tracks.boxes)


def test_links_are_kept_with_the_projects_tracks(project, blocks):
    outcome = run_blocks(project, blocks)
    links = links_of(project, outcome.run_id)
    assert links is not None
    assert set(links.tracks.tolist()) <= {t.id for t in project.tracks(1)}
    assert links_of(project, 99) is None


def test_only_the_wanted_classes_and_scores_become_tracks(project, blocks):
    assert not len(run_blocks(project, blocks, classes=("shadow",)).tracks)
    assert not len(run_blocks(project, blocks, threshold=0.95).tracks)
    with pytest.raises(UserError, match="no class 'cat'; it knows block, shadow"):
        run_blocks(project, blocks, classes=("cat",))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"detector": "nothing"}, "no detector 'nothing'; choose blocks, blocks-by-change"),
        ({"tracker": "nothing"}, "no tracker 'nothing'; choose offline"),
        ({"stop": 61}, "frames 0:61 are not in"),
        ({"tracker_settings": {"shortest": 2.5}}, "shortest takes a whole number"),
        ({"detector_settings": {"levels": 1}}, "no parameter 'levels'"),
    ],
)
def test_a_run_that_cannot_begin_says_why_and_leaves_no_trace(project, blocks, options, sentence):
    with pytest.raises(UserError, match=sentence):
        run_blocks(project, blocks, **options)
    assert not project.runs()


def test_a_folder_that_cannot_be_written_is_one_sentence(project, blocks):
    (project.path / "runs").write_text("a file stands where the folder would be")
    with pytest.raises(ProjectError, match="cannot be written"):
        run_blocks(project, blocks)
    assert project.runs()[0].state == "failed"


def test_a_chunk_that_cannot_be_written_ends_the_run_with_those_before_it(project, blocks, small_chunks):
    in_the_way = run_folder(project, 1) / ".detections-000024.npz.part"
    in_the_way.mkdir(parents=True)
    with pytest.raises(ProjectError, match=r"cannot be written \(Is a directory\).*24 frames before is kept"):
        run_blocks(project, blocks)
    assert {row.frame for row in project.boxes_between(1, 0, FRAMES)} == set(range(24))
    in_the_way.rmdir()
    assert run_blocks(project, blocks).resumed == 24


def test_a_chunk_that_is_damaged_is_detected_again(project, blocks, small_chunks):
    stopped_after(project, blocks, 30)
    chunk = run_folder(project, 1) / "detections-000016.npz"
    chunk.write_bytes(chunk.read_bytes()[:100])
    outcome = run_blocks(project, blocks)
    assert outcome.resumed == 16
    assert outcome.detections == 3 * FRAMES


def test_corrections_made_while_a_run_goes_on_win(project, blocks):
    steps = run(project, 1, RunOptions("blocks"), detectors=blocks)
    for _ in range(20):
        next(steps)
    x, y = places(30)[0]
    drawn = editing.draw_box(project, 1, frame=30, box=(x + 1, y + 1, 14, 14), category_id=1)
    project.apply(drawn.change)
    drained(steps)
    rows = {row.frame: row for row in project.boxes_of_track(drawn.track_id)}
    assert len(rows) == FRAMES
    assert (rows[30].origin, rows[30].x) == (Origin.HUMAN, x + 1)
    assert len(project.tracks(1)) == 3


def test_without_a_project_a_run_goes_on_from_the_folder_beside_its_file(tmp_path, blocks, small_chunks):
    clip, folder = write_clip(tmp_path / "clip.mp4"), tmp_path / "found"
    kept = []
    steps = run_file(clip, RunOptions("blocks"), detectors=blocks, folder=folder, keep=kept.append)
    for _ in range(20):
        next(steps)
    steps.close()
    assert (kept[0].state, kept[0].stop) == ("stopped", 19)
    outcome = drained(run_file(clip, RunOptions("blocks"), detectors=blocks, folder=folder))[1]
    whole = drained(run_file(clip, RunOptions("blocks"), detectors=blocks, folder=tmp_path / "new"))[1]
    assert outcome.resumed == 19
    assert np.array_equal(outcome.tracks.boxes, whole.tracks.boxes)


def test_a_network_runs_like_any_detector_and_its_weights_are_named_by_their_hash(tmp_path, project, blocks):
    weights = write_detector(tmp_path / "small.safetensors")
    options = {"detector": str(weights), "detector_settings": {"lowest_score": 0.01}, "stop": 6}
    stopped_after(project, blocks, 3, **options)
    outcome = run_blocks(project, blocks, threshold=0.0, **options)
    assert (outcome.resumed, outcome.classes) == (3, ("person", "bird"))
    assert outcome.detections > 0
    entry = project.run(outcome.run_id)
    assert entry.model == "small"
    assert entry.parameters["digest"] == digest_of(weights)
