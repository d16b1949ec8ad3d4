"""Small made scenes of tracks whose errors are known."""

import numpy as np

from workbench.core.track_boxes import TrackBoxes
from workbench.review.finding import FindOptions, find_issues

PICTURE = (1000.0, 600.0)


def drained(job):
    """What a long job returns."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


def walk(track, frames, *, start=(100.0, 200.0), speed=(4.0, 0.0), size=(40.0, 100.0), score=0.9):
    """Rows of somebody who walks straight: (F, 7) of track, frame, x, y, w, h, score."""
    frames = np.asarray(list(frames), dtype=float)
    place = np.asarray(start) + np.outer(frames, speed)
    rest = np.tile([*size, score], (len(frames), 1))
    return np.column_stack([np.full(len(frames), track), frames, place, rest])


def tracks_of(*walks, shake=0.5, seed=0):
    """Tracks of walks whose boxes shake a little."""
    rows = np.concatenate(walks)
    boxes = rows[:, 2:6] + np.random.default_rng(seed).normal(0, shake, (len(rows), 4))
    return TrackBoxes.of(rows[:, 0], rows[:, 1], boxes, scores=rows[:, 6])


def issues_of(tracks, evidence=None, **options):
    """What is found."""
    return drained(find_issues(tracks, evidence, FindOptions(**options)))


def crossing(frames=100):
    """Two who walk past each other and meet in frame 50, and one who stays away from them."""
    return (
        walk(1, range(frames), start=(300.0, 200.0), speed=(4.0, 0.0)),
        walk(2, range(frames), start=(700.0, 205.0), speed=(-4.0, 0.0), size=(44.0, 108.0)),
        walk(3, range(frames), start=(200.0, 450.0), speed=(3.0, 0.0)),
    )


def swapped(rows, one, two, frame):
    """Rows (N, 7) in which two tracks are exchanged from a frame on."""
    rows = rows.copy()
    later = rows[:, 1] >= frame
    first, second = later & (rows[:, 0] == one), later & (rows[:, 0] == two)
    rows[first, 0], rows[second, 0] = two, one
    return rows
