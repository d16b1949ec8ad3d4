from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.formats.made import annotations, two_tracks
from workbench.core.annotations import Poses, Skeleton, new_boxes, set_xywh, xywh


def test_a_stretch_counts_frames_from_its_start_and_remembers_it() -> None:
    source = two_tracks()
    part = source.between(2, 5).between(1, 3)
    assert part.start == 3
    assert part.video.frame_count == 2
    assert part.boxes["frame"].tolist() == [0, 1, 0]
    assert source.boxes["frame"].max() == 5  # untouched


def test_choosing_tracks_renumbers_the_column() -> None:
    part = two_tracks().of_tracks({3})
    assert [t.number for t in part.tracks] == [3]
    assert part.column("track").tolist() == [0, 0]


def test_poses_follow_their_boxes() -> None:
    points = np.arange(9, dtype=np.float32).reshape(3, 1, 3)
    poses = Poses(Skeleton(("nose",)), np.array([2, 2, 5]), np.array([0, 1, 0]), points)
    (part,) = replace(two_tracks(), poses=(poses,)).between(1, 4).of_tracks({3}).poses
    assert (part.frame.tolist(), part.track.tolist()) == ([1], [0])
    assert part.points.tolist() == [[[3, 4, 5]]]


def test_boxes_must_name_a_track() -> None:
    with pytest.raises(ValueError, match="names track 2 of 2"):
        annotations([{"track": 2}])


def test_geometry_goes_in_and_out() -> None:
    boxes = new_boxes(2)
    set_xywh(boxes, np.arange(8.0).reshape(2, 4))
    np.testing.assert_array_equal(xywh(boxes), np.arange(8.0).reshape(2, 4))
    assert np.isnan(boxes["score"]).all()
