from __future__ import annotations

from pathlib import Path

import pytest

from tests.formats.made import box_table, finished
from workbench.core.errors import FormatError, UserError
from workbench.core.rows import Origin
from workbench.services import importing
from workbench.services.exporting import annotations_of, export
from workbench.services.importing import free_numbers, import_file
from workbench.store import Project, Video

MOT = "1,7,10,20,30.5,40,1,1,1\n2,7,11,20,30.5,40,1,1,0.2\n1,9,50,60,7,8,1,3,1\n"


@pytest.fixture
def project(tmp_path: Path):
    with Project.create(tmp_path / "p.wbp") as made:
        made.add_category("Pedestrian")
        yield made


@pytest.fixture
def video(project: Project, tmp_path: Path) -> Video:
    return project.add_video(tmp_path / "clip.mp4", width=160, height=120, frame_count=20, fps=25.0)


@pytest.fixture
def gt(tmp_path: Path) -> Path:
    path = tmp_path / "gt.txt"
    path.write_text(MOT)
    return path


def test_a_file_becomes_one_edit_that_undo_takes_back(project: Project, video: Video, gt: Path) -> None:
    report = finished(import_file(project, video.id, None, gt))
    rows = project.boxes_between(video.id, 0, 20)
    assert (report.boxes, len(rows)) == (3, 3)
    assert {r.origin for r in rows} == {Origin.IMPORTED}
    assert [r.occluded for r in rows] == [0, 0, 1]
    assert all(r.score is None and r.keyframe and not r.verified for r in rows)
    assert [t.number for t in project.tracks(video.id)] == [7, 9]
    assert project.undo_name == "Import gt.txt"
    project.undo()
    assert project.boxes_between(video.id, 0, 20) == []
    assert project.tracks(video.id) == []


def test_categories_are_found_by_name_or_added(project: Project, video: Video, gt: Path) -> None:
    report = finished(import_file(project, video.id, None, gt))
    assert [c.name for c in project.categories()] == ["Pedestrian", "car"]
    assert "the category 'car' was added" in str(report)


def test_an_archived_category_comes_back(project: Project, video: Video, gt: Path) -> None:
    project.update_category(project.categories()[0].id, archived=True)
    finished(import_file(project, video.id, None, gt))
    assert [c.name for c in project.categories()] == ["Pedestrian", "car"]


def test_importing_again_makes_tracks_of_their_own(project: Project, video: Video, gt: Path) -> None:
    finished(import_file(project, video.id, None, gt))
    report = finished(import_file(project, video.id, None, gt))
    assert [t.number for t in project.tracks(video.id)] == [7, 9, 10, 11]
    assert "2 identities are in use in this video already" in str(report)


def test_numbers_are_kept_where_they_are_free() -> None:
    assert free_numbers([1, 5, 9], {5}) == [1, 10, 9]
    assert free_numbers([1, 2], {1, 2, 30}) == [31, 32]
    assert free_numbers([], set()) == []


def test_a_malformed_file_changes_nothing(project: Project, video: Video, gt: Path) -> None:
    gt.write_text(MOT + "3,7,oops,20,30,40,1,1,1\n")
    with pytest.raises(FormatError, match="line 4"):
        finished(import_file(project, video.id, None, gt))
    assert project.history() == []
    assert [c.name for c in project.categories()] == ["Pedestrian"]


def test_frames_beyond_the_video_are_left_out_and_nothing_is_no_edit(
    project: Project, video: Video, gt: Path
) -> None:
    gt.write_text("21,7,10,20,30,40,1,1,1\n")
    report = finished(import_file(project, video.id, None, gt))
    assert (report.boxes, report.count("left out")) == (0, 1)
    assert project.history() == []


def test_a_large_file_is_written_in_slices_and_stopping_takes_it_back(
    project: Project, video: Video, gt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "LARGE", 100)
    gt.write_text("".join(f"{f},{i},1,2,3,4,1,1,1\n" for f in range(1, 21) for i in range(1, 101)))
    steps = import_file(project, video.id, None, gt)
    for _ in range(3):
        next(steps)
    steps.close()
    assert project.boxes_between(video.id, 0, 20) == []
    assert project.history() == []
    finished(import_file(project, video.id, None, gt))
    assert len(project.boxes_between(video.id, 0, 20)) == 2000
    assert len(project.history()) == 1


def test_what_was_exported_comes_back_as_it_was(
    project: Project, video: Video, gt: Path, tmp_path: Path
) -> None:
    finished(import_file(project, video.id, None, gt))
    source = annotations_of(project, video.id)
    for name, inside in (("mot-challenge", "train/clip"), ("coco", "annotations.json")):
        finished(export(project, video.id, name, tmp_path / name))
        while project.undo():
            pass
        finished(import_file(project, video.id, None, tmp_path / name / inside))
        back = annotations_of(project, video.id)
        assert back.tracks == source.tracks
        assert box_table(back) == box_table(source)


def test_formats_without_a_reader_are_refused(project: Project, video: Video, gt: Path) -> None:
    with pytest.raises(UserError, match="can be written, but not read"):
        finished(import_file(project, video.id, "otb", gt))
