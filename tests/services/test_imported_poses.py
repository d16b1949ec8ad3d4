"""Poses that come with a file: they get the joints of their class, and go back out as they came."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.formats.made import finished
from tests.services.identity_project import state
from tests.services.made_run import detectors, poses_of, project_of, run_blocks, write_clip
from tests.shared import SHARED
from workbench.core.annotations import Annotations
from workbench.core.errors import FormatError
from workbench.core.rows import Origin
from workbench.models import coco_joints
from workbench.services import editing, importing
from workbench.services.exporting import annotations_of, export
from workbench.services.importing import import_file
from workbench.services.poses import skeleton_id
from workbench.store import Project, Video

JOINTS = ["left_ear", "tail"]


@pytest.fixture
def project(tmp_path: Path):
    with Project.create(tmp_path / "p.wbp") as made:
        yield made


@pytest.fixture
def video(project: Project, tmp_path: Path) -> Video:
    return project.add_video(tmp_path / "clip.mp4", width=160, height=120, frame_count=20, fps=25.0)


@pytest.fixture
def file(tmp_path: Path):
    def make(frames: int = 3, joints: list[str] = JOINTS, *, names=("cat",), lines=((1, 2),)) -> Path:
        boxes: list[dict[str, Any]] = [
            {
                "image_id": frame,
                "category_id": kind,
                "track_id": kind,
                "bbox": [frame, 2, 30, 40],
                "keypoints": [frame + 0.5, 8, 2, 0, 0, 0, *[1, 1, 2] * (len(joints) - 2)],
            }
            for kind in range(1, len(names) + 1)
            for frame in range(1, frames + 1)
        ]
        shape = {"keypoints": joints, "skeleton": lines}
        data = {
            "images": [{"id": i, "frame_id": i} for i in range(1, 21)],
            "annotations": boxes,
            "categories": [{"id": i, "name": n, **shape} for i, n in enumerate(names, start=1)],
        }
        path = tmp_path / "annotations.json"
        path.write_text(json.dumps(data))
        return path

    return make


def test_a_class_gets_the_joints_of_the_file_and_classes_with_the_same_share_them(project, video, file):
    report = finished(import_file(project, video.id, None, file(names=("cat", "dog"))))
    (skeleton,) = project.skeletons()
    assert (skeleton.name, skeleton.joints, skeleton.edges) == ("cat", JOINTS, [[0, 1]])
    rows = project.rows("pose")
    assert {(r.skeleton_id, r.origin, r.run_id, r.score, r.verified) for r in rows} == {
        (skeleton.id, Origin.IMPORTED, None, None, 0)
    }
    assert {(r.frame, r.track_id) for r in rows} == {
        (b.frame, b.track_id) for b in project.boxes_between(video.id, 0, 20)
    }
    points = np.frombuffer(rows[0].points, "<f4").reshape(2, 3)
    np.testing.assert_array_equal(points, np.array([(1.5, 8, np.nan), (np.nan,) * 3], "f4"))
    assert "6 poses came with the boxes" in str(report)


def test_undo_takes_poses_back_and_redo_brings_them(project, video, file, monkeypatch):
    monkeypatch.setattr(importing, "LARGE", 100)
    for frames, names in (3, ["cat"]), (20, [f"kind {number}" for number in range(40)]):
        finished(import_file(project, video.id, None, file(frames, names=names)))
        there = state(project)
        assert len(there["pose"]) == len(there["box"]) == frames * len(names)
        project.undo()
        assert not any(state(project).values())
        project.redo()
        assert state(project) == there
        project.undo()
    (skeleton,) = project.skeletons()
    finished(import_file(project, video.id, None, file()))
    assert project.skeletons() == [skeleton]


def test_an_import_that_is_stopped_leaves_no_pose(project, video, file, monkeypatch):
    monkeypatch.setattr(importing, "LARGE", 100)
    names = [f"kind {number}" for number in range(40)]
    steps = import_file(project, video.id, None, file(20, names=names))
    while not project.rows("pose"):
        next(steps)
    assert len(project.rows("pose")) < 800
    steps.close()
    assert not any(state(project).values())


def test_a_deleted_box_takes_its_pose_and_undo_gives_both_back(project, video, file):
    finished(import_file(project, video.id, None, file(names=("cat", "dog"))))
    before = state(project)
    cat, dog = project.tracks(video.id)
    project.apply(editing.delete_boxes(project, cat.id, start=1, stop=2))
    left = [(r.frame, r.track_id) for r in project.rows("pose")]
    assert left == [(f, t.id) for t, frames in ((cat, (0, 2)), (dog, (0, 1, 2))) for f in frames]
    project.apply(editing.delete_tracks(project, [cat.id]))
    assert {r.track_id for r in project.rows("pose")} == {dog.id}
    after = state(project)
    project.undo()
    project.undo()
    assert state(project) == before
    project.redo()
    project.redo()
    assert state(project) == after


def test_joints_that_are_only_written_otherwise_are_the_projects(project, video, file):
    own = project.add_skeleton("mine", ["Left ear", "tail"], [])
    report = finished(import_file(project, video.id, None, file()))
    assert project.skeletons() == [own]
    assert {r.skeleton_id for r in project.rows("pose")} == {own.id}
    assert "the joints of cat stay connected as in the project, not as in the file" in str(report)


@pytest.mark.parametrize(
    ("there", "here", "said"),
    [
        (["a", "b"], ["a"], "joint 2 is none in the file and 'b' in the project"),
        (["a"], ["a", ""], "joint 2 is '' in the file and none in the project"),
        (["a", "b"], ["b", "a"], "joint 1 is 'b' in the file and 'a' in the project"),
    ],
)
def test_what_differs_is_named(project, video, tmp_path, there, here, said):
    def read(joints):
        box = {"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "keypoints": [1, 2, 2] * len(joints)}
        category = {"id": 1, "name": "cat", "keypoints": joints}
        data = {"images": [{"id": 1, "frame_id": 1}], "annotations": [box], "categories": [category]}
        (tmp_path / "some.json").write_text(json.dumps(data))
        return finished(import_file(project, video.id, None, tmp_path / "some.json"))

    read(there)
    assert said in str(read(here))
    assert (len(project.rows("pose")), len(project.rows("box"))) == (1, 2)


def test_a_run_goes_on_with_the_joints_that_a_file_brought(project, video, file):
    joints = [name.replace(" ", "_") for name in coco_joints.NAMES]
    finished(import_file(project, video.id, None, file(joints=joints)))
    assert [s.id for s in project.skeletons()] == [skeleton_id(project, 17)]


def test_where_the_joints_of_a_class_are_others_its_boxes_come_and_it_is_said(project, video, file):
    finished(import_file(project, video.id, None, file()))
    before = state(project)
    path = file(2, [*JOINTS, "back"], names=("Cat", "dog"))
    report = finished(import_file(project, video.id, None, path))
    said = (
        "2 poses of Cat were left out, for joint 3 is 'back' in the file and none in the project;"
        " give the class another name in the file to keep them"
    )
    assert said in str(report)
    after = state(project)
    assert all(before[table] <= after[table] for table in before)
    assert (len(after["box"]), len(after["pose"])) == (7, 5)
    assert [s.joints for s in project.skeletons()] == [JOINTS, [*JOINTS, "back"]]
    assert [s.name for s in project.skeletons()] == ["cat", "dog"]


def test_a_list_of_a_wrong_length_changes_nothing(project, video, file):
    finished(import_file(project, video.id, None, file()))
    before, edits = state(project), len(project.history())
    path = file(names=("cat", "dog"))
    data = json.loads(path.read_text())
    data["annotations"][4]["keypoints"].pop()
    path.write_text(json.dumps(data))
    with pytest.raises(FormatError, match=r"annotations\[4\] has 5 numbers in keypoints.* take 6; mend"):
        finished(import_file(project, video.id, None, path))
    assert (state(project), len(project.history())) == (before, edits)
    assert [c.name for c in project.categories()] == ["cat"]


def reimported(project: Project, folder: Path) -> tuple[str, str]:
    """The file of the only video, and the file once it was read into a new project."""
    (video,) = project.videos()
    finished(export(project, video.id, "coco", folder / "first"))
    with Project.create(folder / "other.wbp") as other:
        size = {"width": video.width, "height": video.height, "frame_count": video.frame_count}
        copy = other.add_video(project.video_file(video), fps=video.fps, **size)
        finished(import_file(other, copy.id, None, folder / "first" / "annotations.json"))
        finished(export(other, copy.id, "coco", folder / "second"))
    one, two = ((folder / name / "annotations.json").read_text() for name in ("first", "second"))
    return one, two


def test_what_a_run_found_is_exported_again_as_it_was_imported(tmp_path: Path):
    with project_of(write_clip(tmp_path / "clip.mp4")) as project:
        run_blocks(project, detectors(tmp_path), detector="figures")
        project.apply(editing.mark(project, project.tracks(1)[0].id, start=3, stop=9, verified=True))
        assert len(poses_of(project)) > 100
        one, two = reimported(project, tmp_path)
    assert one == two
    assert '"keypoints": ["nose"' in one


@pytest.mark.parametrize("name", ["mmpose-coco/test_coco", "mmpose-ap10k/test_ap10k"])
def test_published_key_points_are_exported_as_they_are(tmp_path: Path, project: Project, name: str):
    path = SHARED / "data" / "images" / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    data = json.loads(path.read_text())
    for place, image in enumerate(data["images"], start=1):
        image["frame_id"] = place
    (tmp_path / "some.json").write_text(json.dumps(data))
    count = len(data["images"])
    video = project.add_video(tmp_path / "clip.mp4", width=1300, height=1300, frame_count=count, fps=1.0)
    finished(import_file(project, video.id, None, tmp_path / "some.json"))
    one, two = reimported(project, tmp_path)
    assert one == two
    marked = [a["num_keypoints"] for a in data["annotations"] if a["num_keypoints"] and not a["iscrowd"]]
    found = [a["num_keypoints"] for a in json.loads(one)["annotations"]]
    assert sorted(filter(None, found)) == sorted(marked)
    assert len(annotations_of(project, video.id).poses) == 1


def test_a_pose_is_of_the_class_that_its_track_got(project, video, file):
    path = file(3, names=("cat", "dog"))
    data = json.loads(path.read_text())
    data["categories"][1]["keypoints"] = ["nose", "tail"]
    data["annotations"].reverse()  # the fewer poses come first
    for record in data["annotations"]:
        record["track_id"] = 1
        record["image_id"] += 3 * (record["category_id"] - 1)
    del data["annotations"][0]
    path.write_text(json.dumps(data))
    report = finished(import_file(project, video.id, None, path))
    back: Annotations = annotations_of(project, video.id)
    assert back.categories == ("cat",)
    assert [len(p.frame) for p in back.poses] == [3]
    assert "2 poses of cat were left out, for joint 1 is 'nose' in the file" in str(report)
