"""Tracks of a project have the figures that ``workbench evaluate`` gives their file."""

import json
import shutil
from pathlib import Path

import pytest

from tests.store.reference import box, new_project, track
from workbench.core.edits import ChangeSet
from workbench.core.errors import UserError
from workbench.core.rows import Origin
from workbench.core.track_boxes import TrackBoxes
from workbench.formats.mot_challenge_rows import read_rows
from workbench.services.evaluating import evaluate
from workbench.services.run_files import run_folder, write_tracks
from workbench.services.run_storing import KIND
from workbench.services.scoring import EVERYTHING, layers_of, note_truth, score_layer, truth_of, write_scores

MADE = Path(__file__).resolve().parents[1] / "data" / "scores" / "made"
TRUTH, TRACKS = MADE / "crossing" / "gt" / "gt.txt", MADE / "crossing.txt"


def result(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def add_rows(project, path, *, first, origin, **fields):
    """The counted rows of a file as boxes of new tracks, whose ids begin behind ``first``."""
    rows = read_rows(path)
    counted = [i for i in range(len(rows.frames)) if rows.seventh[i] > 0]
    tracks = [track(first + int(name), number=first + int(name)) for name in sorted(set(rows.ids[counted]))]
    boxes = [
        box(
            first + int(rows.ids[i]), int(rows.frames[i]), origin=origin,
            **dict(zip("xywh", rows.boxes[i].tolist(), strict=True)),
            score=float(rows.seventh[i]) if origin == Origin.MODEL else None, **fields,
        )
        for i in counted
    ]  # fmt: skip
    project.apply(ChangeSet.of("Add", track=([], tracks), box=([], boxes)))


@pytest.fixture
def project(tmp_path):
    with new_project(tmp_path / "p.wbp") as made:
        yield made


@pytest.fixture
def expected():
    """Figures of the files, by the command's own way."""
    return result(evaluate(TRUTH, TRACKS)).figures()["crossing"]


def test_imported_ground_truth_gives_the_figures_of_the_files(project, expected, tmp_path):
    add_rows(project, TRUTH, first=0, origin=Origin.IMPORTED)
    add_rows(project, TRACKS, first=100, origin=Origin.MODEL)
    found = result(score_layer(project, 1))
    figures = found.figures()["clip"]
    assert {name: figures[name] for name in expected} == pytest.approx(expected, abs=1e-9)
    json_file, plot = write_scores(found, tmp_path / "s.json")
    assert json.loads(json_file.read_text(encoding="utf-8"))["all"]["IDSW"] == expected["IDSW"]
    assert plot.read_text(encoding="utf-8").startswith("<svg")


def test_a_file_may_be_the_ground_truth(project, expected):
    add_rows(project, TRACKS, first=100, origin=Origin.MODEL)
    figures = result(score_layer(project, 1, truth=TRUTH)).figures()["all"]
    assert {name: figures[name] for name in expected} == pytest.approx(expected, abs=1e-9)


def test_the_file_is_remembered_and_moves_with_the_project(project, tmp_path):
    assert truth_of(project, 1) is None
    near = tmp_path / "true.txt"
    shutil.copy(TRUTH, near)
    note_truth(project, 1, near)
    assert truth_of(project, 1) == near
    assert not Path(project.setting("truth-1")).is_absolute()
    near.unlink()
    assert truth_of(project, 1) is None, "the imported boxes stand in for a file that is gone"
    note_truth(project, 1, TRUTH)
    assert truth_of(project, 1) == TRUTH
    note_truth(project, 1, None)
    assert truth_of(project, 1) is None


def test_a_run_is_scored_as_its_tracker_made_it_in_the_frames_it_was_about(project, expected):
    """Imported boxes hide a run's boxes in the project, and do not hide them here."""
    add_rows(project, TRUTH, first=0, origin=Origin.IMPORTED)
    rows = read_rows(TRACKS)
    parts = {"detector": "people", "tracker": "offline"}
    for stop in (16, 8):
        run = project.add_run(video_id=1, kind=KIND, parameters={**parts, "start": 0, "stop": stop})
        kept = rows.frames < stop
        tracks = TrackBoxes.of(rows.ids[kept], rows.frames[kept], rows.boxes[kept], scores=rows.seventh[kept])
        write_tracks(run_folder(project, run.id), tracks)
        project.finish_run(run.id)
    half, whole, everything = layers_of(project, 1)
    assert everything == EVERYTHING
    assert half.title.startswith("Run 3: people, offline (")
    figures = result(score_layer(project, 1, whole)).figures()["all"]
    assert {name: figures[name] for name in expected} == pytest.approx(expected, abs=1e-9)
    part = result(score_layer(project, 1, half)).figures()["all"]
    before = read_rows(TRUTH)
    assert part["CLR_TP"] + part["CLR_FN"] == ((before.frames < 8) & (before.seventh > 0)).sum()


def test_without_ground_truth_or_boxes_a_sentence_says_so(project):
    with pytest.raises(UserError, match="clip has no ground truth: import it"):
        result(score_layer(project, 1))
    add_rows(project, TRUTH, first=0, origin=Origin.IMPORTED)
    with pytest.raises(UserError, match="no boxes to score in clip"):
        result(score_layer(project, 1))
