import numpy as np
import pytest

from tests.reference_golden import Golden
from workbench.core.boxes import xyxy_to_xywh
from workbench.core.detections import Detections
from workbench.tracking.center_track import CenterTrack, CenterTrackOptions

VARIANTS = {
    "default": CenterTrackOptions(),
    "max_age3": CenterTrackOptions(longest_lost=2),
    "new_thresh5": CenterTrackOptions(birth_score=0.5, longest_lost=4),
    "hungarian": CenterTrackOptions(longest_lost=1, optimal=True),
    "public": CenterTrackOptions(),
}


def published(golden, variant):
    """Frame by frame: detections, centres of given ones, and present tracks by their left edges."""
    rows = golden["det_rows_frame_score_class_ct_tracking_bbox"]
    shown = golden[f"{variant}/rows_frame_id_age_active_score_class_ct_bbox"]
    for frame in range(int(rows[:, 0].max()) + 1):
        here = rows[rows[:, 0] == frame]
        present = shown[(shown[:, 0] == frame) & (shown[:, 3] > 0)]
        yield (
            frame,
            Detections(
                xyxy_to_xywh(here[:, 7:]),
                here[:, 1],
                here[:, 2].astype(np.int64),
                centers=here[:, 3:5],
                offsets=here[:, 5:7],
            ),
            given(golden, frame) if variant == "public" else None,
            present[np.argsort(present[:, 8])],
        )


def given(golden, frame):
    rows = golden["public_rows_frame_ct"]
    return rows[rows[:, 0] == frame, 1:]


@pytest.mark.parametrize("variant", VARIANTS)
def test_tracks_are_the_published_ones(variant):
    tracker, names = CenterTrack(VARIANTS[variant]), set()
    for frame, detections, given, expected in published(Golden("ct_tracker"), variant):
        found = tracker.update(frame, detections, given=given)
        order = np.argsort(found.boxes[:, 0])
        np.testing.assert_allclose(found.boxes[order], xyxy_to_xywh(expected[:, 8:12]))
        np.testing.assert_allclose(found.scores[order], expected[:, 4])
        names |= set(zip(found.ids[order].tolist(), expected[:, 1].astype(int).tolist(), strict=True))
    # The published optimal variant numbers the new tracks of a frame in another order.
    assert len(names) == len({ours for ours, _ in names}) == len({theirs for _, theirs in names})
    if variant != "hungarian":
        assert all(ours == theirs for ours, theirs in names)


def test_the_first_frame_is_numbered_in_the_order_of_scores():
    golden = Golden("ct_tracker")
    _, detections, *_ = next(published(golden, "default"))
    found = CenterTrack().update(0, detections)
    assert found.ids[np.argsort(found.detections)].tolist() == golden["init_track_ids"].tolist()


def test_without_offsets_a_target_is_taken_to_stand_still():
    tracker, box = CenterTrack(), np.array([[10.0, 10.0, 20.0, 40.0]])
    for frame in range(3):
        found = tracker.update(frame, Detections(box + frame, np.ones(1), np.zeros(1, np.int64)))
    assert found.ids.tolist() == [1]


def test_only_what_a_given_detection_means_becomes_a_track_and_none_are_needed_to_carry_it_on():
    tracker, boxes = CenterTrack(), np.array([[10.0, 10.0, 20.0, 40.0], [200.0, 10.0, 20.0, 40.0]])
    seen = Detections(boxes, np.array([0.9, 0.8]), np.zeros(2, np.int64))
    assert tracker.update(0, seen, given=()).ids.tolist() == []
    assert tracker.update(1, seen, given=[[211.0, 33.0], [500.0, 30.0]]).detections.tolist() == [1]
    assert tracker.update(2, seen, given=()).detections.tolist() == [1]
