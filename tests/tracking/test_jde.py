import numpy as np
import pytest

from tests.reference_golden import Golden
from workbench.core.boxes import xyxy_to_xywh
from workbench.core.detections import Detections
from workbench.tracking.jde import Jde
from workbench.tracking.life import LOST


@pytest.fixture
def golden():
    return Golden("fairmot_tracker")


def tracked(golden):
    """A tracker and what it finds, frame by frame from 1, with the scores of the detections."""
    tracker = Jde()
    rows, features = golden["det_rows_frame_x1y1x2y2_score"], golden["det_feat"]
    for number in range(1, int(rows[:, 0].max()) + 1):
        here = rows[:, 0] == number
        boxes, scores = xyxy_to_xywh(rows[here, 1:5]), rows[here, 5].astype(float)
        classes = np.zeros(len(boxes), np.int64)
        found = tracker.update(number - 1, Detections(boxes, scores, classes, embeddings=features[here]))
        yield tracker, number, found, scores


def test_ids_and_boxes_are_the_published_ones(golden):
    # In the written ones those that are tiny or too wide are left out; there are none here.
    tables = golden["online_rows_frame_id_tlwh_score_act_len_nlost"], golden["written_rows_frame_id_tlwh"]
    for _, number, found, scores in tracked(golden):
        for shown in tables:
            expected = shown[shown[:, 0] == number]
            expected = expected[np.argsort(expected[:, 1])]
            assert found.ids.tolist() == expected[:, 1].astype(int).tolist(), number
            np.testing.assert_allclose(found.boxes, expected[:, 2:6], rtol=1e-5, atol=1e-3)
        assert (found.scores[found.detections >= 0] == scores[found.detections[found.detections >= 0]]).all()


def test_lost_and_removed_tracks_are_the_published_ones(golden):
    lost, removed = golden["lost_ids_end"], golden["removed_ids_end"]
    *_, (tracker, *_) = tracked(golden)
    tracks = tracker._people.tracks
    assert tracks.ids[tracks.life == LOST].tolist() == lost.tolist()
    born = np.arange(1, max(*tracks.ids, *removed) + 1)
    assert np.setdiff1d(born, tracks.ids).tolist() == removed.tolist()
