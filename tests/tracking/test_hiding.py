"""How many frames of a gap nothing hid the target in, and which boxes cover which."""

import numpy as np

from workbench.tracking.hiding import bare_frames, covers
from workbench.tracking.link_ends import Noise, ends
from workbench.tracking.tracklets import NONE, Found, Tracklets


def found_of(rows):
    """Of (frame, box) in the order of frames."""
    frames = np.array([frame for frame, _ in rows])
    boxes = np.array([box for _, box in rows], dtype=float)
    count = len(rows)
    return Found(
        frames, boxes, np.ones(count), np.zeros(count, np.int64), np.empty((count, 0)), np.zeros(count, int)
    )  # fmt: skip


def bare_with(post):
    """Frames in which nothing hid a walker between frames 4 and 14, with a post at ``post`` or none."""
    seen = [(f, [100.0 + 5 * f, 100, 40, 100]) for f in (*range(5), *range(14, 19))]
    posts = [(f, post) for f in range(19)] if post else []
    rows = sorted(seen + posts, key=lambda row: row[0])
    found = found_of(rows)
    walker = [n for n, (_, box) in enumerate(rows) if box is not post]
    after = np.full(len(rows), NONE)
    after[walker[:4]], after[walker[5:9]] = walker[1:5], walker[6:10]
    tracklets = Tracklets.of(after)
    one = int(np.flatnonzero(tracklets.firsts == walker[0])[0])
    other = int(np.flatnonzero(tracklets.firsts == walker[5])[0])
    last, first = (ends(found, tracklets, Noise(), last=end) for end in (True, False))
    return bare_frames(found, last, first, np.array([one]), np.array([other]))[0]


def test_a_post_over_the_way_explains_the_gap_and_one_elsewhere_does_not():
    assert bare_with(None) == 9
    assert bare_with([600.0, 90, 60, 130]) == 9
    assert bare_with([115.0, 90, 80, 130]) == 0


def test_only_boxes_of_one_frame_cover_each_other():
    frames, boxes = np.array([3, 4]), np.array([[0.0, 0, 10, 10], [0, 0, 10, 10]])
    others = np.array([[0.0, 0, 10, 10], [5, 0, 10, 10], [0, 0, 5, 5]])
    one, other, share = covers(frames, boxes, np.array([2, 3, 4]), others)
    assert (one.tolist(), other.tolist()) == ([0, 1], [1, 2])
    np.testing.assert_allclose(share, [0.5, 0.25])
