"""``workbench review`` from the command line."""

import json

import numpy as np
import pytest

from tests.services.identity_project import add_track, box, new_project, runs
from workbench.__main__ import main
from workbench.core.edits import ChangeSet
from workbench.core.rows import TrackRow
from workbench.services import editing
from workbench.store import Project


@pytest.fixture
def folder(tmp_path):
    """A closed project with a track that was broken in two."""
    with new_project(tmp_path / "p.wbp") as project:
        add_track(project, 5, range(40))
        part = project.new_ids("track", 1)[0]
        rows = [box(part, f, x=500.0) for f in range(44, 90)]
        project.apply(ChangeSet.of("Add", track=((), [TrackRow(part, 1, 1, 6, "", 1)]), box=((), rows)))
    return tmp_path / "p.wbp"


def test_errors_are_found_listed_handed_out_and_put_right(folder, tmp_path, capsys):
    assert main(["review", str(folder), "--find", "--boxes-only"]) == 0
    assert "new issues" in capsys.readouterr().out
    assert main(["review", str(folder), "--list"]) == 0
    listed = capsys.readouterr().out
    assert "join" in listed
    assert "#5 #6" in listed or "#6 #5" in listed
    out = tmp_path / "items.json"
    assert main(["review", str(folder), "--export", str(out)]) == 0
    data = json.loads(out.read_text())
    joins = [item for item in data["items"] if item["fix"] and item["fix"]["operation"] == "join"]
    joins[0]["verdict"] = "accepted"
    out.write_text(json.dumps(data))
    assert main(["review", str(folder), "--apply", str(out)]) == 0
    assert "1 applied, 0 refused" in capsys.readouterr().out
    with Project.open(folder) as project:
        (track,) = project.tracks(1)
        assert runs(project, track.id) == [(5, 0, 90)]
    assert main(["review", str(folder), "--apply", str(out)]) == 0


def test_fragments_are_joined_and_what_is_left_is_said(folder, capsys):
    assert main(["review", str(folder), "--join", "0.1"]) == 1
    assert "look for errors first" in capsys.readouterr().err
    assert main(["review", str(folder), "--find", "--boxes-only"]) == 0
    with Project.open(folder) as project:
        one, two = project.tracks(1)
        project.apply(editing.relabel(project, [two.id], category_id=2))
    capsys.readouterr()
    assert main(["review", str(folder), "--join", "0.1"]) == 0
    assert "0 links were made. 1 chain is left as it is: " in capsys.readouterr().out
    with Project.open(folder) as project:
        project.undo()
    assert main(["review", str(folder), "--join", "0.1"]) == 0
    assert "1 link was made." in capsys.readouterr().out
    with Project.open(folder) as project:
        assert runs(project, one.id)[0][:2] == (5, 0)
        assert len(project.tracks(1)) == 1


def test_what_cannot_be_applied_is_said(folder, tmp_path, capsys):
    file = tmp_path / "items.json"
    item = {"fix": {"operation": "swap", "tracks": [5, 77]}}
    file.write_text(json.dumps({"format": "workbench-review", "version": 1, "items": [item]}))
    assert main(["review", str(folder), "--apply", str(file)]) == 1
    said = capsys.readouterr()
    assert "no track 77" in said.out
    assert "Nothing of" in said.err
    file.write_text("{")
    assert main(["review", str(folder), "--apply", str(file)]) == 1
    assert "line 1" in capsys.readouterr().err


def test_a_file_that_decides_nothing_is_said(folder, tmp_path, capsys):
    out = tmp_path / "items.json"
    assert main(["review", str(folder), "--find", "--boxes-only"]) == 0
    assert main(["review", str(folder), "--export", str(out)]) == 0
    capsys.readouterr()
    assert main(["review", str(folder), "--apply", str(out)]) == 0
    said = capsys.readouterr().out
    assert f"0 applied, 0 refused, {len(json.loads(out.read_text())['items'])} left alone" in said
    assert "accepted, rejected or skipped" in said


def test_looking_at_a_video_makes_no_project(tmp_path, capsys):
    from workbench.video.writer import write_video

    clip = write_video(tmp_path / "clip.mp4", [np.zeros((32, 32, 3), np.uint8)] * 3, fps=25.0)
    assert main(["review", str(clip), "--list"]) == 1
    assert "has no project yet" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.wbp"))
