"""Runs with a detector that finds poses: each tracked box keeps its own, and a person's stays."""

import json

import numpy as np
import pytest

from tests.formats.made import finished
from tests.services.made_run import (
    FRAMES,
    boxes_of,
    detectors,
    drained,
    poses_of,
    project_of,
    run_blocks,
    write_clip,
)
from tests.small_detector import write_detector
from workbench.core.edits import ChangeSet
from workbench.core.rows import Origin, PoseRow
from workbench.models import coco_joints
from workbench.services import editing
from workbench.services.exporting import export
from workbench.services.run_again import track_again
from workbench.services.run_detecting import RunFrame
from workbench.services.run_files import read_found, run_folder
from workbench.services.run_options import RunOptions
from workbench.services.running import run
from workbench.store import Project

MISSED = {(frame, 1) for frame in range(20, 23)}


@pytest.fixture
def project(tmp_path):
    with project_of(write_clip(tmp_path / "clip.mp4")) as project:
        yield project


@pytest.fixture
def blocks(tmp_path):
    return detectors(tmp_path)


def run_figures(project, blocks, **options):
    return run_blocks(project, blocks, detector="figures", **options)


def same(some, others):
    return some.keys() == others.keys() and all(np.array_equal(some[k], others[k], True) for k in some)


def test_each_box_has_the_pose_of_the_detection_it_was_joined_with_and_a_filled_one_has_none(project, blocks):
    outcome = run_figures(project, blocks)
    poses, boxes = poses_of(project), {box[:2]: box[2:] for box in boxes_of(project)}
    assert len(boxes) == 3 * FRAMES
    assert set(boxes) - set(poses) == MISSED
    for place, pose in poses.items():
        x, y, w, h = boxes[place]
        np.testing.assert_allclose(pose[0, :2], (x + w / 2, y + h / 10), atol=1)  # the nose
        assert np.isnan(pose[4]).all()
    assert outcome.stored.poses == len(poses)
    (skeleton,) = project.skeletons()
    assert tuple(skeleton.joints) == coco_joints.NAMES


def test_poses_are_undone_redone_and_read_again_with_their_boxes(project, blocks):
    run_figures(project, blocks)
    poses = poses_of(project)
    project.undo()
    assert not poses_of(project)
    project.redo()
    assert same(poses_of(project), poses)
    edits = len(project.history())
    assert run_figures(project, blocks).repeated
    assert len(project.history()) == edits, "nothing was changed"
    project.close()
    with Project.open(project.path) as again:
        assert same(poses_of(again), poses)


def test_a_stopped_run_goes_on_with_the_poses_that_it_has(tmp_path, project, blocks):
    steps = run(project, 1, RunOptions("figures"), detectors=blocks)
    while not (isinstance(item := next(steps), RunFrame) and item.frame == 25):
        pass
    steps.close()
    assert {frame for frame, _ in poses_of(project)} == set(range(26))
    assert run_figures(project, blocks).resumed == 26
    with project_of(write_clip(tmp_path / "other.mp4")) as unbroken:
        run_figures(unbroken, blocks)
        assert same(poses_of(project), poses_of(unbroken))


def test_another_tracker_takes_the_stored_poses_and_a_run_without_any_takes_them_away(
    tmp_path, project, blocks
):
    first = run_figures(project, blocks)
    again = drained(track_again(project, first.run_id, RunOptions(tracker="byte-track")))[1]
    assert {row.run_id for row in project.rows("pose")} == {again.run_id}
    with project_of(write_clip(tmp_path / "other.mp4")) as whole:
        run_figures(whole, blocks, tracker="byte-track")
        assert same(poses_of(project), poses_of(whole))
    before = poses_of(project)
    run_blocks(project, blocks)
    assert not poses_of(project)
    project.undo()
    assert same(poses_of(project), before)


def test_poses_of_persons_and_of_boxes_that_stay_are_left_alone(project, blocks):
    first = run_figures(project, blocks)
    track = project.tracks(1)[0].id
    rows = {row.frame: row for row in project.rows("pose", track_id=track)}
    moved = rows[5]._replace(origin=Origin.HUMAN, points=np.ones((17, 3), "<f4").tobytes())
    agreed = rows[6]._replace(verified=1)
    loose = rows[9]._replace(origin=Origin.HUMAN)
    project.apply(ChangeSet.of("Correct", pose=([rows[5], rows[6], rows[9]], [moved, agreed, loose])))
    project.apply(ChangeSet.of("Take the box away", box=([project.box(track, 9)], ())))
    project.apply(editing.mark(project, track, start=7, stop=8, verified=True))
    second = run_figures(project, blocks, resume=False)
    after = {row.frame: row for row in project.rows("pose", track_id=track)}
    assert [after[frame] for frame in (5, 6, 7, 9)] == [moved, agreed, rows[7], loose]
    assert {row.run_id for frame, row in after.items() if frame not in (5, 6, 7, 9)} == {second.run_id}
    own = [row.frame for row in project.boxes_of_track(track) if row.run_id == first.run_id]
    assert own == [5, 6, 7], "the boxes under them stay, too"


def test_a_box_that_stays_without_a_pose_gets_none(project, blocks):
    run_blocks(project, blocks)
    project.apply(editing.mark(project, project.tracks(1)[0].id, start=5, stop=8, verified=True))
    run_figures(project, blocks)
    assert {(frame, 1) for frame in range(FRAMES)} - poses_of(project).keys() == MISSED | {
        (5, 1),
        (6, 1),
        (7, 1),
    }


def test_an_imported_pose_stays_as_long_as_its_track_has_a_box_there(project, blocks):
    run_blocks(project, blocks)
    track = project.tracks(1)[0].id
    skeleton = project.add_skeleton("two", ["a", "b"], [[0, 1]]).id
    first, last = (
        PoseRow(1, frame, track, skeleton, bytes(24), None, Origin.IMPORTED, None, 0) for frame in (5, 40)
    )
    box = project.box(track, 40)
    project.apply(ChangeSet.of("Import", pose=((), [first, last]), box=([box], ())))
    run_figures(project, blocks, stop=30)
    assert {first, last} <= set(project.rows("pose"))
    run_blocks(project, blocks, classes=("shadow",), stop=30)
    assert project.rows("pose") == [last]
    run_blocks(project, blocks, classes=("shadow",))
    assert not project.rows("pose"), "its track is gone"


def test_the_poses_of_a_network_come_with_its_boxes(tmp_path, project, blocks):
    weights = write_detector(tmp_path / "people.safetensors", "multi_pose")
    settings = {"lowest_score": 0.01}
    options = {"detector": str(weights), "stop": 4, "detector_settings": settings, "threshold": 0.02}
    outcome = run_blocks(project, blocks, tracker="sort", tracker_settings={"hits_to_show": 1}, **options)
    found = read_found(run_folder(project, outcome.run_id), start=0).detections
    tracks = outcome.tracks
    joined = {
        (int(tracks.frames[i]), *tracks.boxes[i].tolist()): found[int(tracks.frames[i])].poses[row]
        for i, row in enumerate(tracks.detections)
        if row >= 0
    }
    poses = poses_of(project)
    assert len(poses) == len(joined) > 4
    for frame, number, *box in boxes_of(project):
        np.testing.assert_allclose(poses[frame, number], joined[frame, *box])


def test_poses_are_exported_as_keypoints(tmp_path, project, blocks):
    run_figures(project, blocks)
    finished(export(project, 1, "coco", tmp_path / "out", start=10, stop=30))
    data = json.loads((tmp_path / "out" / "annotations.json").read_text())
    (category,) = data["categories"]
    assert tuple(category["keypoints"]) == coco_joints.NAMES
    poses, counts = poses_of(project), {}
    for record in data["annotations"]:
        place = record["image_id"] - 1 + 10, record["track_id"]
        points = np.array(record["keypoints"]).reshape(17, 3)
        counts[place] = record["num_keypoints"]
        if record["num_keypoints"]:
            np.testing.assert_allclose(points[0], [*poses[place][0, :2], 2], atol=1e-3)
    assert len(counts) == 60
    assert {place for place, count in counts.items() if not count} == MISSED
    assert set(counts.values()) == {0, 15}
