import numpy as np

from workbench.core.track_boxes import TrackBoxes


def test_sorts_by_track_and_frame():
    found = TrackBoxes.of([2, 1, 2], [5, 9, 3], [[5, 0, 1, 1], [9, 0, 1, 1], [3, 0, 1, 1]])
    assert found.tracks.tolist() == [1, 2, 2]
    assert found.boxes[:, 0].tolist() == [9, 3, 5]
    assert found.bounds.tolist() == [0, 1, 3]
    assert found.of_track(2).frames.tolist() == [3, 5]
    assert np.isnan(found.scores).all()
    assert not found.sure.any()


def test_nothing_has_no_tracks():
    assert TrackBoxes.of([], [], []).bounds.tolist() == [0]
