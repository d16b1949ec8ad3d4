"""FairMOT on a photograph that moves, with its tracker, against the published tracks."""

import numpy as np
import torch

from tests.inference.detection.published import session
from tests.reference_golden import Golden, photo
from workbench.inference.detection.options import DetectionOptions
from workbench.models import fairmot
from workbench.tracking import tracker
from workbench.tracking.jde import Jde, JdeOptions


def detector(**options):
    return session("fairmot", "mot", fairmot.spec(), DetectionOptions(**options))


def test_tracks_in_a_clip(monkeypatch):
    # The weights of the recipe give boxes of negative height, and these take part in the published tracker.
    monkeypatch.setattr(tracker, "THINNEST", -np.inf)
    golden = Golden("fairmot_e2e")
    rows, least = golden["rows_frame_id_tlwh_score"], float(golden["conf_thres"])
    finder = detector(threshold=least, top=60, input_size=(288, 160))
    follower = Jde(JdeOptions(least, least, longest_lost=int(golden["buffer_size"])))
    scores = np.zeros(0)
    for frame in range(1, 7):
        published = rows[rows[:, 0] == frame]
        found = finder(np.roll(photo(), -3 * (frame - 1), axis=1)).detections
        assert np.allclose(np.linalg.norm(found.embeddings, axis=1), 1, atol=1e-5)
        tracked = follower.update(frame - 1, found)
        published = published[np.argsort(published[:, 1])]
        assert tracked.ids.tolist() == published[:, 1].astype(int).tolist()
        sized = (published[:, 4:6] > 0).all(axis=1)  # our filter tells no negative one
        np.testing.assert_allclose(tracked.boxes[sized], published[sized, 2:6], rtol=1e-3, atol=0.05)
        scores = np.concatenate([scores, found.scores])  # a track that is found again keeps its old score
        assert (np.abs(published[:, None, 6] - scores[None]).min(axis=1) < 1e-5).all()


def test_picture():
    golden = Golden("fairmot_data")
    finder = detector(input_size=(272, 152))
    pixels = finder.normalised(torch.from_numpy(finder.prepare(photo()).inputs[0][None]))
    golden.check("net_input_272x152", pixels[0], rtol=1e-5, atol=0.02)
