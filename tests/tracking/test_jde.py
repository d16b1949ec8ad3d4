import numpy as np

from tests.reference_golden import Golden
from workbench.core.boxes import xyxy_to_xywh
from workbench.core.detections import Detections
from workbench.tracking.jde import Jde


def test_ids_and_boxes_are_the_published_ones():
    golden, tracker = Golden("fairmot_tracker"), Jde()
    rows, features = golden["det_rows_frame_x1y1x2y2_score"], golden["det_feat"]
    shown = golden["online_rows_frame_id_tlwh_score_act_len_nlost"]
    for number in range(1, int(rows[:, 0].max()) + 1):
        here = rows[:, 0] == number
        boxes, scores = xyxy_to_xywh(rows[here, 1:5]), rows[here, 5].astype(float)
        classes = np.zeros(len(boxes), np.int64)
        found = tracker.update(number - 1, Detections(boxes, scores, classes, embeddings=features[here]))
        expected = shown[shown[:, 0] == number]
        expected = expected[np.argsort(expected[:, 1])]
        assert found.ids.tolist() == expected[:, 1].astype(int).tolist(), number
        np.testing.assert_allclose(found.boxes, expected[:, 2:6], rtol=1e-5, atol=1e-3)
        assert (found.scores[found.detections >= 0] == scores[found.detections[found.detections >= 0]]).all()
