"""Key points of COCO files, made ones and those that mmpose publishes, and back again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.made import annotations, finished, two_tracks
from tests.shared import SHARED
from workbench.core.annotations import AnnotatedTrack, Annotations, Poses, Skeleton
from workbench.core.errors import FormatError
from workbench.formats.clips import Clip
from workbench.formats.coco import write
from workbench.formats.coco_read import read

REAL = SHARED / "data" / "images"
JOINTS = ["head", "back", "tail"]
NAN = float("nan")


@pytest.fixture
def file(tmp_path: Path):
    def make(*boxes: dict[str, Any], category: dict[str, Any] | None = None) -> Path:
        path = tmp_path / "some.json"
        cat = {"id": 1, "name": "cat", **({"keypoints": JOINTS} if category is None else category)}
        images = [{"id": i, "frame_id": i} for i in range(1, 6)]
        path.write_text(json.dumps({"images": images, "annotations": boxes, "categories": [cat]}))
        return path

    return make


def box(frame: int = 1, **fields: Any) -> dict[str, Any]:
    return {"image_id": frame, "category_id": 1, "bbox": [1, 2, 30, 40], "track_id": 5, **fields}


def test_joints_are_marked_where_the_file_says_so_and_a_list_without_any_is_no_pose(file) -> None:
    path = file(
        box(1, keypoints=[7, 8, 2, 9, 9.5, 1, 3, 4, 0]),
        box(2, keypoints=[0] * 9),
        box(3, keypoints=[]),
        box(4),
        box(5, keypoints=[1, 2, 2.0, 0, 0, 0, NAN, None, 0], track_id=None),
        category={"keypoints": JOINTS, "skeleton": [[1, 2], [3, 2]]},
    )
    back, report = read(path)
    (poses,) = back.poses
    assert poses.skeleton == Skeleton(tuple(JOINTS), ((0, 1), (2, 1)))
    places = [
        (frame, back.tracks[track].number) for frame, track in zip(poses.frame, poses.track, strict=True)
    ]
    assert places == [(0, 5), (4, 6)]
    expected = [[(7, 8, NAN), (9, 9.5, NAN), (NAN,) * 3], [(1, 2, NAN), *[(NAN,) * 3] * 2]]
    np.testing.assert_array_equal(poses.points, np.array(expected, np.float32))
    assert "1 hidden joint (v = 1) is kept like those that are seen (v = 2)" in str(report)


def test_poses_go_with_the_boxes_that_are_left_out(file) -> None:
    pose = {"keypoints": [7, 8, 2] * 3}
    crowd, flat = box(1, iscrowd=1, **pose), box(2, **pose) | {"bbox": [1, 2, 0, 4]}
    back, _ = read(file(crowd, flat, box(3, **pose), box(3, keypoints=[1, 1, 2] * 3)))
    assert [(p.frame.tolist(), p.points[0, 0, 0]) for p in back.poses] == [([2], 7.0)]


@pytest.mark.parametrize("category", [{}, {"keypoints": []}, {"keypoints": None}])
def test_key_points_without_names_are_left_out_and_counted(file, category) -> None:
    back, report = read(file(box(1, keypoints=[1, 2, 2]), box(2, keypoints=[1, 2, 2]), category=category))
    assert (len(back.boxes), back.poses) == (2, ())
    assert "2 boxes have key points whose class does not name them" in str(report)


@pytest.mark.parametrize(
    ("values", "category", "words"),
    [
        (
            [1, 2, 2],
            None,
            r"annotations\[1\] has 3 numbers in keypoints, and the 3 joints of its class take 9",
        ),
        ([1, 2, 2] * 4, None, "has 12 numbers in keypoints"),
        ("1,2,2", None, r"annotations\[1\] has keypoints that are no list"),
        ([1, 2, 2] * 2 + [1, 2, 0.4], None, r"annotations\[1\] has v = 0.4 for 'tail'"),
        ([1, 2, True] * 3, None, "v = True for 'head'"),
        ([1, 2, [2]] * 3, None, "v = "),
        ([1, "2", 2] * 3, None, "has 'head' at 1, '2', which is no place"),
        ([1, NAN, 2] * 3, None, "has 'head' at 1, nan"),
        ([10**400, 1, 1] * 3, None, "which is no place"),
        ([1, 2, 2] * 3, {"keypoints": 3}, r"categories\[0\] has keypoints that are no list of names"),
        ([1, 2, 2], {"keypoints": [3]}, r"categories\[0\] has keypoints that are no list of names"),
        ([1, 2, 2], {"keypoints": ["a"], "skeleton": 7}, r"categories\[0\] has 7 in skeleton"),
        ([1, 2, 2], {"keypoints": ["a"], "skeleton": [[0, 1]]}, r"\[0, 1\] in skeleton.* from 1 to 1"),
        ([1, 2, 2], {"keypoints": ["a"], "skeleton": [[1]]}, r"\[1\] in skeleton"),
    ],
)
def test_what_means_nothing_is_refused(file, values, category, words) -> None:
    path = file(box(1), box(2, keypoints=values), category=category)
    with pytest.raises(FormatError, match=words) as refused:
        read(path)
    assert refused.value.path == path


@pytest.mark.parametrize(
    "name", ["mmpose-coco/test_coco", "mmpose-coco/test_coco_wholebody", "mmpose-ap10k/test_ap10k"]
)
def test_published_key_points_are_read_as_they_stand(name: str) -> None:
    path = REAL / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    data = json.loads(path.read_text())
    boxes = [a for a in data["annotations"] if not a["iscrowd"]]
    wanted = sorted(a["bbox"] + a["keypoints"] for a in boxes if a["num_keypoints"])
    back, _ = read(path)
    of_box = {(b["frame"], b["track"]): [b[k] for k in "xywh"] for b in back.boxes}
    found = []
    for poses in back.poses:
        for frame, track, points in zip(poses.frame, poses.track, poses.points, strict=True):
            on = ~np.isnan(points[:, :1])
            found.append([*of_box[frame, track], *np.where(on, points, 0)[:, :2].ravel()])
    marked = [[v for i, v in enumerate(one) if i < 4 or i % 3 != 0] for one in wanted]
    assert len(back.boxes) == len(boxes)
    np.testing.assert_allclose(sorted(found), marked, rtol=1e-6)
    categories = {c["id"]: tuple(c["keypoints"]) for c in data["categories"]}
    assert {p.skeleton.joints for p in back.poses} == {categories[a["category_id"]] for a in boxes}


def test_lists_of_another_length_than_the_names_are_refused_with_their_place() -> None:
    path = REAL / "mmpose-coco" / "test_keypoint_partition_metric.json"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    with pytest.raises(FormatError, match=r"annotations\[0\] has 399 numbers .* the 17 joints .* take 51"):
        read(path)


SKELETONS = (Skeleton(("nose", "left eye"), ((0, 1),)), Skeleton(("tip",)))
numbers = st.floats(-200, 4000, width=32) | st.just(NAN)
scores = st.floats(0, 1, width=32) | st.just(NAN)


@st.composite
def made(draw) -> Annotations:
    """Two tracks of two classes, some boxes verified or outside, with poses that may lack joints."""
    tracks = (AnnotatedTrack(7, "person", "the red one"), AnnotatedTrack(9, "car"))
    places = draw(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 1)), min_size=1))
    rows = [
        {
            "frame": frame,
            "track": track,
            "box": (draw(st.floats(-20, 40)), draw(st.floats(0, 30)), draw(st.floats(25, 60)), 8.5),
            "score": draw(st.floats(0, 1) | st.just(NAN)),
            "verified": draw(st.booleans()),
            "occluded": draw(st.booleans()),
        }
        for frame, track in sorted(places)
    ]
    rows += [
        {"frame": f, "track": t, "box": (1, 1, 2, 2)} for t in (0, 1) for f in (4,) if (f, t) not in places
    ]
    whole = annotations(rows, tracks=tracks)
    tables = []
    for skeleton in SKELETONS:
        own = sorted(draw(st.sets(st.sampled_from(sorted(places)))))
        joints = st.lists(st.tuples(numbers, numbers, scores), min_size=1, max_size=2)
        points = [(draw(joints) * 2)[: len(skeleton.joints)] for _ in own]
        frame, track = np.array(own, np.int64).reshape(-1, 2).T
        shaped = np.array(points, np.float32).reshape(len(own), len(skeleton.joints), 3)
        tables.append(Poses(skeleton, frame, track, shaped))
    return replace(whole, categories=("car", "person"), poses=tuple(tables))


@settings(max_examples=150, deadline=None)
@given(source=made())
def test_what_was_written_is_written_again_once_it_was_read(tmp_path_factory, source: Annotations) -> None:
    first, second = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    finished(write(first, [Clip(source)]))
    back, _ = read(first / "annotations.json", source.video)
    finished(write(second, [Clip(back)]))
    assert (second / "annotations.json").read_text() == (first / "annotations.json").read_text()


def test_poses_of_boxes_that_are_not_written_give_their_class_no_joints(tmp_path: Path) -> None:
    points = np.array([[(1, 2, 0.9)], [(1, 2, 0.01)]], np.float32)  # a target that is outside; hardly seen
    own = Poses(Skeleton(("nose",)), np.array([3, 0]), np.array([0, 0]), points)
    finished(write(tmp_path, [Clip(replace(two_tracks(), poses=(own,)))]))
    assert "keypoints" not in (tmp_path / "annotations.json").read_text()
