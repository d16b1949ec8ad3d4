"""Detectors over a video, and their detections as one edit of a project."""

from contextlib import closing

import numpy as np
import pytest

from tests.reference_fill import image_u8
from tests.small_detector import write_detector
from workbench.core.errors import UserError
from workbench.core.progress import Progress
from workbench.core.rows import Origin
from workbench.services import editing
from workbench.services.accepting import accept
from workbench.services.detecting import DetectedFrame, DetectOptions, Detectors, detect
from workbench.services.projects import open_media
from workbench.video.writer import write_video

FRAMES = 6
LOW = DetectOptions(threshold=0.05)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    return write_detector(tmp_path_factory.mktemp("weights") / "small.safetensors")


@pytest.fixture
def clip(tmp_path):
    ground = image_u8("detecting", 90, 160)
    return write_video(tmp_path / "clip.mp4", (np.roll(ground, 4 * i, 1) for i in range(FRAMES)), fps=25.0)


@pytest.fixture
def project(clip):
    with closing(open_media(clip).project) as opened:
        yield opened


def run(clip, weights, options=LOW, **where):
    items = list(detect(clip, str(weights), detectors=Detectors(device="cpu"), options=options, **where))
    assert isinstance(items[0], Progress), "loading is told first"
    return items[1:]


def test_a_range_is_looked_at_frame_by_frame(clip, weights):
    found = run(clip, weights, start=2, stop=5)
    assert [f.frame for f in found] == [2, 3, 4]
    assert [(f.done, f.total) for f in found] == [(1, 3), (2, 3), (3, 3)]
    assert all(isinstance(f, DetectedFrame) and len(f.detections) for f in found)
    assert found[0].classes == ("person", "bird")
    assert found[0].heatmaps == ()


def test_classes_and_threshold_choose_what_is_given(clip, weights):
    every = run(clip, weights, stop=1)[0].detections
    (birds,) = run(clip, weights, DetectOptions(0.05, ("Bird",)), stop=1)
    assert set(birds.detections.classes) == {1}
    middle = float(np.median(every.scores))
    (high,) = run(clip, weights, DetectOptions(middle), stop=1)
    assert len(high.detections) == (every.scores > middle).sum()


def test_heatmaps_come_with_their_place_in_the_picture(clip, weights):
    (found,) = run(clip, weights, DetectOptions(0.05, heatmaps=True), stop=1)
    (heat,) = found.heatmaps
    assert heat.names == ("person", "bird")
    best = found.detections[:1]
    x, y, w, h = best.boxes[0]
    column, row = np.linalg.solve(heat.to_source[:, :2], (x + w / 2, y + h / 2) - heat.to_source[:, 2])
    top, left = max(int(row) - 3, 0), max(int(column) - 3, 0)  # offsets of untrained heads are wild
    around = heat.values[best.classes[0], top : top + 7, left : left + 7]
    assert np.isclose(around, best.scores[0], atol=1e-6).any()


@pytest.mark.parametrize(
    ("where", "options", "sentence"),
    [
        ({"start": 3, "stop": 99}, LOW, "which has 0:6"),
        ({}, DetectOptions(classes=("unicorn",)), "no class 'unicorn'; it knows person, bird"),
    ],
)
def test_what_cannot_be_looked_for_is_refused(clip, weights, where, options, sentence):
    with pytest.raises(UserError, match=sentence):
        run(clip, weights, options, **where)


def test_a_stopped_run_ends_its_reading(clip, weights):
    steps = detect(clip, str(weights), detectors=Detectors(device="cpu"), options=LOW)
    for item in steps:
        if isinstance(item, DetectedFrame):
            break
    steps.close()


def test_accepting_makes_one_edit_of_new_tracks(project, clip, weights):
    video = project.videos()[0].id
    found = run(clip, weights, stop=2)
    median = float(np.median(found[0].detections.scores))
    accepted = accept(project, video, found, threshold=median)
    count = sum(int((f.detections.scores >= median).sum()) for f in found)
    assert (accepted.boxes, accepted.known) == (count, 0)
    project.apply(accepted.change)
    rows = project.boxes_between(video, 0, FRAMES)
    assert len(rows) == len(project.tracks(video)) == count
    assert {row.origin for row in rows} == {Origin.MODEL}
    (run_entry,) = project.runs(video)
    assert {row.run_id for row in rows} == {run_entry.id}
    assert run_entry.model == "small"
    assert all(row.score >= median for row in rows)
    names = {c.id: c.name for c in project.categories()}
    assert {names[t.category_id] for t in project.tracks(video)} <= {"person", "bird"}
    project.undo()
    assert project.boxes_between(video, 0, FRAMES) == []
    project.redo()
    assert project.boxes_between(video, 0, FRAMES) == rows


def test_what_the_project_has_already_is_left_out(project, clip, weights):
    video = project.videos()[0].id
    (found,) = run(clip, weights, stop=1)
    best = found.detections
    category = next(c for c in project.categories() if c.name == "person")
    person = int(np.flatnonzero(best.classes == 0)[0])
    drawn = editing.draw_box(
        project, video, frame=0, box=tuple(best.boxes[person] + 0.25), category_id=category.id
    )
    project.apply(drawn.change)
    accepted = accept(project, video, [found])
    assert accepted.known >= 1
    assert accepted.boxes + accepted.known == len(best)


def test_joints_become_poses_of_the_coco_skeleton(project, clip, tmp_path):
    weights = write_detector(tmp_path / "people.safetensors", "multi_pose")
    video = project.videos()[0].id
    found = run(clip, weights, stop=1)
    project.apply(accept(project, video, found).change)
    poses = project.rows("pose", video_id=video)
    (skeleton,) = project.skeletons()
    assert len(skeleton.joints) == 17
    assert len(poses) == len(found[0].detections)
    points = np.frombuffer(poses[0].points, "<f4").reshape(17, 3)
    np.testing.assert_allclose(points, found[0].detections.poses[0], rtol=1e-6)
