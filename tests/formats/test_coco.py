"""COCO as CenterTrack and pycocotools read it."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.formats.made import annotations, box_table, finished, pictures, two_tracks
from workbench.core.annotations import AnnotatedTrack, Poses, Skeleton, VideoFacts
from workbench.core.errors import UserError
from workbench.formats.clips import Clip
from workbench.formats.coco import CocoOptions, write
from workbench.formats.coco_read import CocoReadOptions, read


def centertrack_pairs(path: Path) -> list[tuple[str, str, set[int]]]:
    """(picture, previous picture, identities seen in both) of every image, found as generic_dataset does."""
    data = json.loads(path.read_text())
    boxes: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for record in data["annotations"]:
        assert 1 <= record["category_id"] <= len(data["categories"])  # 0 and below = ignore
        assert "segmentation" not in record
        boxes[record["image_id"]].append(record)
    videos: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for image in data["images"]:
        videos[image["video_id"]].append(image)
    pairs = []
    for image in data["images"]:
        same = videos[image["video_id"]]
        before = [i for i in same if i["frame_id"] - image["frame_id"] == -1] or [image]
        seen = [{r["track_id"] for r in boxes[i["id"]]} for i in (image, before[0])]
        pairs.append((image["file_name"], before[0]["file_name"], seen[0] & seen[1]))
    return pairs


def test_centertrack_finds_the_previous_frame_and_the_same_targets(tmp_path: Path) -> None:
    finished(write(tmp_path, [Clip(two_tracks(), pictures(10))]))
    pairs = centertrack_pairs(tmp_path / "annotations.json")
    assert pairs[0] == ("clip/000001.jpg", "clip/000001.jpg", {7})
    assert pairs[2] == ("clip/000003.jpg", "clip/000002.jpg", {7})
    assert pairs[3] == ("clip/000004.jpg", "clip/000003.jpg", {3})
    assert len(pairs) == 10
    assert all((tmp_path / "images" / name).is_file() for name, _, _ in pairs)


def test_pycocotools_reads_it(tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    finished(write(tmp_path, [Clip(two_tracks())]))
    data = coco.COCO(str(tmp_path / "annotations.json"))
    first = data.loadAnns(data.getAnnIds(imgIds=[1]))
    assert first[0]["bbox"] == [1.5, 2.25, 10.1, 20.0]


def test_ids_are_unique_over_several_videos(tmp_path: Path) -> None:
    other = annotations(
        [{"frame": 1, "track": 0, "box": (1, 1, 5, 5)}],
        tracks=(AnnotatedTrack(7, "person"),),
        video=VideoFacts("other", 64, 48, 3, 10),
    )
    finished(write(tmp_path, [Clip(two_tracks()), Clip(other)]))
    data = json.loads((tmp_path / "annotations.json").read_text())
    for table in ("videos", "images", "annotations", "tracks", "categories"):
        ids = [record["id"] for record in data[table]]
        assert len(set(ids)) == len(ids) > 0
    assert [i["frame_id"] for i in data["images"]] == [*range(1, 11), 1, 2, 3]
    back, _ = read(tmp_path / "annotations.json", VideoFacts("other", 64, 48, 3, 10))
    assert [t.number for t in back.tracks] == [7]
    assert [tuple(b)[:6] for b in back.boxes.tolist()] == [(1, 0, 1.0, 1.0, 5.0, 5.0)]


def test_reads_back_exactly(tmp_path: Path) -> None:
    source = two_tracks()
    finished(write(tmp_path, [Clip(source)], options=CocoOptions(clip=False)))
    back, report = read(tmp_path / "annotations.json")
    kept = source.boxes[~source.boxes["outside"]]
    assert box_table(back) == box_table(replace(source, boxes=kept))
    assert {(t.number, t.category, t.name) for t in back.tracks} == {
        (t.number, t.category, t.name) for t in source.tracks
    }
    assert back.video == VideoFacts("clip", 64, 48, 10, 25.0)
    assert not report.findings


def test_video_without_boxes_round_trips(tmp_path: Path) -> None:
    finished(write(tmp_path, [Clip(annotations([], tracks=()))]))
    back, _ = read(tmp_path / "annotations.json")
    assert len(back.boxes) == 0
    assert back.video.frame_count == 10


def test_a_file_is_asked_for_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="name a folder"):
        finished(write(tmp_path / "my.json", [Clip(two_tracks())]))


def test_wanted_video_must_be_there(tmp_path: Path) -> None:
    clips = [Clip(two_tracks()), Clip(annotations([], video=VideoFacts("other", 64, 48, 3, 10)))]
    finished(write(tmp_path, clips))
    path = tmp_path / "annotations.json"
    with pytest.raises(Exception, match="no video called 'third'; it has clip, other"):
        read(path, options=CocoReadOptions(video="third"))
    assert len(read(path, options=CocoReadOptions(video="other"))[0].boxes) == 0


def test_poses_become_keypoints_of_their_class(tmp_path: Path) -> None:
    points = np.full((3, 2, 3), np.nan, np.float32)
    points[0] = (2.0625, 4.5, 0.9), (-3, 5, 0.05)  # the second was hardly seen
    points[1, 1] = 7, 8, np.nan  # marked by somebody
    frame, track = np.array([0, 1, 3]), np.array([0, 0, 0])  # in the last one the target is outside
    own = Poses(Skeleton(("head", "foot"), ((0, 1),)), frame, track, points)
    other = Poses(Skeleton(("nose",)), np.array([2]), np.array([0]), np.ones((1, 1, 3), np.float32))
    source = replace(two_tracks(), poses=(own, other)).between(0, 6)
    report = finished(write(tmp_path, [Clip(source)]))
    data = json.loads((tmp_path / "annotations.json").read_text())
    person, light = data["categories"]
    assert (person["keypoints"], person["skeleton"]) == (["head", "foot"], [[1, 2]])
    assert "keypoints" not in light
    records = [(a["keypoints"], a["num_keypoints"]) for a in data["annotations"] if a["category_id"] == 1]
    empty = [0, 0, 0, 0, 0, 0]
    assert records == [([2.062, 4.5, 2, 0, 0, 0], 1), ([0, 0, 0, 7, 8, 2], 1), (empty, 0), (empty, 0)]
    assert not any("keypoints" in a for a in data["annotations"] if a["category_id"] == 2)
    assert "1 pose was left out, for most of the class person have other joints" in str(report)
