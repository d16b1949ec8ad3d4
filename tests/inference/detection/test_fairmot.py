"""FairMOT on a photograph that moves, against the published tracker's boxes and scores."""

import numpy as np
import torch

from tests.inference.detection.published import assert_same_rows, session
from tests.reference_golden import Golden, photo
from workbench.inference.detection.options import DetectionOptions
from workbench.models import fairmot


def detector(**options):
    return session("fairmot", "mot", fairmot.spec(), DetectionOptions(**options))


def test_detections_in_a_clip():
    golden = Golden("fairmot_e2e")
    rows = golden["rows_frame_id_tlwh_score"]
    finder = detector(threshold=float(golden["conf_thres"]), top=60, input_size=(288, 160))
    scores = np.zeros(0)
    for frame in range(1, 7):
        published = rows[rows[:, 0] == frame]
        found = finder(np.roll(photo(), -3 * (frame - 1), axis=1)).detections
        assert np.allclose(np.linalg.norm(found.embeddings, axis=1), 1, atol=1e-5)
        if frame == 1:  # later the tracker smooths the boxes
            assert_same_rows(np.column_stack([found.boxes, found.scores]), published[:, 2:], atol=0.05)
        scores = np.concatenate([scores, found.scores])  # a track that is found again keeps its old score
        assert (np.abs(published[:, None, 6] - scores[None]).min(axis=1) < 1e-5).all()


def test_picture():
    golden = Golden("fairmot_data")
    finder = detector(input_size=(272, 152))
    pixels = finder.normalised(torch.from_numpy(finder.prepare(photo()).inputs[0][None]))
    golden.check("net_input_272x152", pixels[0], rtol=1e-5, atol=0.02)
