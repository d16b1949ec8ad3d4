from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.annotations import VideoFacts
from workbench.core.errors import FormatError
from workbench.formats.coco_read import read

VIDEO = VideoFacts("clip", 64, 48, 10, 25.0)

KEYS = (
    "id",
    "image_id",
    "bbox",
    "frame_id",
    "category_id",
    "track_id",
    "file_name",
    "video_id",
    "number",
    "name",
    "keypoints",
    "skeleton",
)


def box(**columns: Any) -> dict[str, Any]:
    return {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], **columns}


def coco(*annotations: Any, images: Any = None, **tables: Any) -> dict[str, Any]:
    images = images or [{"id": i, "file_name": f"a/img_{i + 99}.jpg"} for i in (1, 2)]
    return {
        "images": images,
        "annotations": list(annotations),
        "categories": [{"id": 1, "name": "cat"}],
        **tables,
    }


@pytest.fixture
def file(tmp_path: Path):
    def make(data: Any) -> Path:
        path = tmp_path / "some.json"
        text = data if isinstance(data, str) else json.dumps(data)
        path.write_text(text, encoding="utf-8")
        return path

    return make


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("", "is not JSON"),
        ('{"images": [', "is not JSON"),
        ("[" * 200_000, "is not JSON"),
        ('{"images": [], "annotations": [' + "9" * 5000 + "]}", "is not JSON"),
        ([1, 2], "no list of images"),
        ({"shapes": []}, "no list of images"),
        ({"images": []}, "no list of annotations"),
        (coco("box"), r"annotations\[0\] is not an object"),
        (coco(box(bbox=[1, 2, 3])), r"annotations\[0\] has no bbox of four numbers"),
        (coco(box(bbox="1,2,3,4")), "no bbox of four numbers"),
        (coco(box(bbox=[1, 2, 3, None])), "no bbox of four numbers"),
        (coco(box(bbox=[True, 2, 3, 4])), "no bbox of four numbers"),
        (coco(box(bbox=[1, 2, float("nan"), 4])), "no bbox of four numbers"),
        (coco(box(bbox=[10**400, 2, 3, 4])), "no bbox of four numbers"),
        (coco(box(bbox=[1, 2, -3, 4])), "cannot be negative"),
        (coco(box(image_id=77)), "for image 77, which the file does not have"),
        (coco(box(image_id=[1])), "has no image_id"),
        (coco(box(category_id=None)), "has no category_id"),
        (coco(box(track_id="one")), "track_id 'one', which is not a whole number"),
        (coco(images=[{"file_name": "a"}]), r"images\[0\] has no id"),
        (coco(images=[{"id": 1}, {"id": 1, "file_name": "5"}]), "two images with the same id"),
        (coco(images=[{"id": 1, "frame_id": "x"}]), "frame_id 'x'"),
        (coco(images=[{"id": 1, "frame_id": -4}]), "has frame -4"),
        (coco(videos="clip"), "videos is not a list"),
    ],
)
def test_malformed_file_is_refused(file, data: Any, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        read(file(data), VIDEO)


def test_plain_images_are_numbered_by_their_names(file) -> None:
    images = [{"id": 5, "file_name": "x/000003.png"}, {"id": 6, "file_name": "x/000001.png"}]
    back, report = read(file(coco(box(image_id=5), box(image_id=6), images=images)), VIDEO)
    assert sorted(back.boxes["frame"].tolist()) == [0, 2]
    assert "the numbers in the file names" in str(report)
    assert len(back.tracks) == 2  # nothing says that they are one


def test_images_without_numbers_are_taken_in_order(file) -> None:
    images = [{"id": "b", "file_name": "b.png"}, {"id": "a", "file_name": "a.png"}]
    back, report = read(file(coco(box(image_id="b", track_id=4), images=images)), VIDEO)
    assert back.boxes["frame"].tolist() == [1]
    assert [t.number for t in back.tracks] == [4]
    assert "in the order of their names" in str(report)


def test_frames_from_0_and_from_1(file) -> None:
    for base in (0, 1):
        images = [{"id": i, "frame_id": i + base} for i in range(3)]
        back, _ = read(file(coco(box(image_id=2), images=images)), VIDEO)
        assert back.boxes["frame"].tolist() == [2]


def test_crowds_and_strangers(file) -> None:
    boxes = (
        box(iscrowd=1),
        box(category_id=9, attributes={"track_id": 3, "occluded": True}),
        box(track_id=3),
    )
    back, report = read(file(coco(*boxes)), VIDEO)
    assert len(back.boxes) == 0  # frames 100 and 101 of a video of 10
    assert report.count("left out") == 3
    back, _ = read(file(coco(*boxes)))
    assert [t.category for t in back.tracks] == ["class 9"]
    assert back.boxes["occluded"].tolist() == [True]


@settings(max_examples=100, deadline=None)
@given(
    data=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["images", "annotations", "categories", "videos", "tracks", *KEYS]),
                inner,
                max_size=5,
            )
        ),
        max_leaves=25,
    )
)
def test_any_json_is_either_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    if isinstance(data, dict):
        data = {"images": [{"id": 1}], "annotations": [], **data}
    path.write_text(json.dumps(data))
    try:
        back, report = read(path, VIDEO)
    except FormatError:
        return
    assert len(back.boxes) == report.boxes
