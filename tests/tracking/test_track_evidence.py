"""What speaks for a track being of a target."""

import numpy as np

from workbench.tracking.track_evidence import TRACK_TERMS, TrackModel, track_evidence
from workbench.tracking.tracklets import NONE, Found, Tracklets

FRAMES = 30


def tracks_of(*boxes, scores=None):
    """One track of each box (4,) that moves 3 pixels a frame, and their evidence by name."""
    count = len(boxes)
    frames = np.repeat(np.arange(FRAMES), count)
    moved = np.tile(boxes, (FRAMES, 1)).astype(float)
    moved[:, 0] += 3 * frames
    score = np.tile(np.full(count, 0.9) if scores is None else scores, FRAMES)
    nothing = np.zeros(len(frames), np.int64)
    found = Found(frames, moved, score, nothing, np.empty((len(frames), 0)), nothing)
    after = np.append(np.arange(count, len(frames)), [NONE] * count)
    evidence = track_evidence(found, Tracklets.of(after))
    return dict(zip(TRACK_TERMS, evidence.T, strict=True)), TrackModel().probabilities(evidence)


def person(x, feet, height):
    return [x, feet - height, 0.4 * height, height]


def test_a_box_that_always_lies_inside_a_surer_one_is_doubtful():
    inside, beside = [102.0, 182.0, 44.0, 60.0], [302.0, 182.0, 44.0, 60.0]
    people, scores = [person(100, 300, 120), person(500, 310, 122)], [0.95, 0.95, 0.6]
    (terms, doubtful), (_, free) = (tracks_of(*people, box, scores=scores) for box in (inside, beside))
    assert terms["inside"].tolist() == [0.0, 0.0, 1.0]
    assert doubtful[2] < free[2] - 0.05


def test_a_height_that_nobody_has_there_is_doubtful():
    people = [person(120 * n, 200 + 20 * n, 80 + 8 * n) for n in range(8)]
    terms, chance = tracks_of(*people, person(50, 340, 20))
    assert terms["misfit"][-1] > 2 * terms["misfit"][:-1].max()
    assert chance[-1] < chance[:-1].min()


def test_low_scores_speak_against_a_track():
    _, chance = tracks_of(*(person(150 * n, 300, 100) for n in range(5)), scores=[0.9, 0.9, 0.92, 0.94, 0.3])
    assert chance[-1] < chance[:-1].min()
