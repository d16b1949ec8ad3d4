"""Offline association: what is told apart, joined, filled and dropped when the whole video is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.boxes import iou
from workbench.core.detections import Detections
from workbench.core.errors import UserError
from workbench.core.marginals import marginal_log_odds
from workbench.core.progress import Progress
from workbench.tracking.link_ends import Noise, ends
from workbench.tracking.link_evidence import LinkModel, evidence
from workbench.tracking.offline import OfflineOptions, Tracks, track_offline
from workbench.tracking.tracklets import NONE, Found, Tracklets


def tracked(video, options=None) -> Tracks:
    job = track_offline(video, options)
    while True:
        try:
            next(job)
        except StopIteration as end:
            return end.value


def found(boxes, scores=None, classes=None, looks=None):
    boxes = np.asarray(boxes, dtype=float).reshape(-1, 4)
    return Detections(
        boxes,
        np.full(len(boxes), 0.9) if scores is None else np.asarray(scores, dtype=float),
        np.zeros(len(boxes), np.int64) if classes is None else np.asarray(classes, dtype=np.int64),
        embeddings=looks,
    )


def walker(frame, *, start=100.0, speed=4.0, top=100.0):
    return [start + speed * frame, top, 40.0, 100.0]


def ids_at(tracks, frame):
    """Ids from left to right."""
    rows = np.flatnonzero(tracks.frames == frame)
    return tracks.ids[rows][np.argsort(tracks.boxes[rows, 0])].tolist()


def crossing(frames=60, hidden=range(25, 35)):
    """Two people walk towards each other and past; the one behind is not seen while they meet."""
    rng = np.random.default_rng(0)
    video = []
    for frame in range(frames):
        boxes = [walker(frame), walker(frame, start=340.0, speed=-4.0, top=103.0)]
        boxes = boxes[:1] if frame in hidden else boxes
        video.append(found(np.array(boxes) + rng.normal(0, 1.0, (len(boxes), 4))))
    return video


def test_two_people_who_cross_keep_their_ids_though_one_is_hidden_meanwhile():
    tracks = tracked(crossing())
    assert sorted(set(tracks.ids.tolist())) == [1, 2]
    assert ids_at(tracks, 59) == ids_at(tracks, 0)[::-1]


def test_the_gap_is_filled_where_the_hidden_person_walked():
    tracks = tracked(crossing())
    filled = np.flatnonzero(tracks.detections == NONE)
    assert sorted(tracks.frames[filled].tolist()) == list(range(25, 35))
    expected = [walker(f, start=340.0, speed=-4.0, top=103.0) for f in tracks.frames[filled]]
    assert np.diag(iou(tracks.boxes[filled], np.array(expected))).min() > 0.75


def test_a_track_broken_by_misses_is_joined_and_the_link_says_where():
    video = [found([walker(frame)] if not 20 <= frame < 26 else []) for frame in range(45)]
    tracks = tracked(video)
    assert set(tracks.ids.tolist()) == {1}
    assert (tracks.links.before.tolist(), tracks.links.after.tolist()) == ([19], [26])
    assert (tracks.links.gaps.tolist(), tracks.links.ids.tolist()) == ([7], [1])
    assert (tracks.links.from_tracklets.tolist(), tracks.links.to_tracklets.tolist()) == ([0], [1])
    assert 0.3 < tracks.links.probabilities[0] <= 1.0


def chance_of(gap, aside=0.0, taller=1.0):
    """Probability that a walker goes on as one who appears after a gap, off the way or of another height."""
    first = [(f, walker(f)) for f in range(15)]
    later = [(f, walker(f, top=100.0 + aside)) for f in range(14 + gap, 29 + gap)]
    boxes = np.array([box for _, box in first + later])
    boxes[15:, 3] *= taller
    frames = np.array([f for f, _ in first + later])
    all_found = Found(
        frames, boxes, np.ones(30), np.zeros(30, np.int64), np.empty((30, 0)), np.zeros(30, np.intp)
    )  # fmt: skip
    after = np.append(np.arange(1, 30), NONE)
    after[14] = NONE
    tracklets, noise, model = Tracklets.of(after), Noise(), LinkModel()
    pair = (np.array([0]), np.array([1]))
    last, begin = (ends(all_found, tracklets, noise, last=end) for end in (True, False))
    return model.probabilities(*pair, model.log_odds(evidence(last, begin, *pair, noise)))[0]


def test_a_link_is_the_less_likely_the_longer_the_gap():
    chances = [chance_of(gap) for gap in (1, 2, 4, 8, 16, 32, 64)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.95


def test_a_link_is_the_less_likely_the_further_off_or_the_more_changed():
    aside = [chance_of(5, aside=pixels) for pixels in (0, 10, 20, 40, 80, 240)]
    taller = [chance_of(5, taller=times) for times in (1.0, 1.1, 1.3, 1.8)]
    assert aside == sorted(aside, reverse=True)
    assert aside[-1] < 0.3
    assert taller == sorted(taller, reverse=True)


def test_two_equal_rivals_halve_each_others_chance_and_a_taken_rival_takes_none():
    strong, weak = 8.0, -8.0
    equal = marginal_log_odds(np.array([0, 0]), np.array([0, 1]), np.array([strong, strong]))
    np.testing.assert_allclose(equal, 0.0, atol=0.01)
    # Column 1 could go to row 0 as well, but has a partner of its own.
    rows, columns = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    taken = marginal_log_odds(rows, columns, np.array([strong, 2.0, weak, strong]))
    assert min(taken[0], taken[3]) > 5
    assert taken[1] < -5


def side_by_side(seed, *, missed, frames=120):
    """Two people who walk side by side and overlap, many of their boxes missing; also who is in each box."""
    rng = np.random.default_rng(seed)
    video, who = [], []
    for frame in range(frames):
        boxes = np.array([walker(frame), walker(frame, start=130.0, top=106.0)])
        seen = rng.random(2) >= missed
        video.append(found((boxes + rng.normal(0, 2.0, (2, 4)))[seen]))
        who.append(np.flatnonzero(seen))
    return video, who


def switches(tracks, who):
    """How often the track of a person changes."""
    given = np.flatnonzero(tracks.detections != NONE)
    at = zip(tracks.frames[given], tracks.detections[given], strict=True)
    person = np.array([who[frame][row] for frame, row in at])
    ids = tracks.ids[given][np.argsort(tracks.frames[given], kind="stable")]
    person = person[np.argsort(tracks.frames[given], kind="stable")]
    return sum(int(np.count_nonzero(np.diff(ids[person == p]))) for p in (0, 1))


def test_who_is_missed_for_a_frame_is_not_taken_for_the_person_beside():
    scenes = [side_by_side(seed, missed=0.3) for seed in range(6)]
    assert sum(switches(tracked(video), who) for video, who in scenes) <= 6  # in 1000 detections


def test_looks_tell_apart_who_changed_places_unseen():
    faces = np.eye(4, dtype=np.float32)
    video = []
    for frame in range(50):
        swapped = frame >= 30
        boxes = [[100.0, 100, 40, 100], [125.0, 100, 40, 100]]
        order = [1, 0] if swapped else [0, 1]
        seen = [] if 20 <= frame < 30 else [0, 1]
        video.append(found(np.array(boxes)[seen], looks=faces[order][seen]))
    tracks = tracked(video)
    assert ids_at(tracks, 49) == ids_at(tracks, 0)[::-1]


def test_classes_are_never_mixed():
    video = [found([walker(f), walker(f)], classes=[0, 1]) for f in range(20)]
    tracks = tracked(video)
    for name in set(tracks.ids.tolist()):
        assert len(set(tracks.classes[tracks.ids == name].tolist())) == 1
    assert sorted(set(tracks.classes.tolist())) == [0, 1]


def test_what_is_seen_once_is_dropped_and_a_steady_track_stays():
    video = [found([walker(f)] + ([[600.0, 50, 30, 80]] if f in (7, 21) else [])) for f in range(30)]
    tracks = tracked(video)
    assert set(tracks.ids.tolist()) == {1}
    assert tracks.frames.tolist() == list(range(30))
    assert tracks.detections.tolist() == [0] * 30


def test_smoothing_takes_the_shaking_out():
    rng = np.random.default_rng(3)
    truth = np.array([walker(f) for f in range(80)])
    shaken = truth + rng.normal(0, 3.0, truth.shape)
    tracks = tracked([found(box) for box in shaken])
    assert np.abs(tracks.boxes - truth).mean() < 0.6 * np.abs(shaken - truth).mean()


def test_the_same_detections_give_the_same_tracks_and_rows_are_unique():
    one, other = tracked(crossing()), tracked(crossing())
    for name in ("frames", "ids", "boxes", "scores", "classes", "detections"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert len(set(zip(one.frames.tolist(), one.ids.tolist(), strict=True))) == len(one)


def test_it_says_how_far_it_is_and_can_be_stopped():
    job = track_offline(crossing())
    steps = [next(job) for _ in range(20)]
    assert all(isinstance(step, Progress) and step.total is not None for step in steps)
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    job.close()


@pytest.mark.parametrize("video", [[], [Detections.none()], [Detections.none()] * 9])
def test_nothing_found_gives_no_tracks(video):
    tracks = tracked(video)
    assert len(tracks) == len(tracks.links) == 0
    assert tracks.boxes.shape == (0, 4)


def test_embeddings_of_two_networks_are_refused():
    looks = [np.ones((1, 4), np.float32), np.ones((1, 8), np.float32)]
    with pytest.raises(UserError, match="one network"):
        tracked([found([walker(f)], looks=looks[f]) for f in range(2)])


number = st.one_of(
    st.floats(-50, 700),
    st.sampled_from([0.0, -5.0, 1e-9, 1e7, 1e8, 1e300, np.nan, np.inf, -np.inf]),
)
box = st.tuples(number, number, number, number)
frame_of = st.lists(st.tuples(box, st.sampled_from([0.9, 0.0, np.nan]), st.integers(0, 1)), max_size=4)


@settings(deadline=None, max_examples=60)
@given(st.lists(frame_of, max_size=12))
def test_any_detections_give_sound_tracks(frames):
    video = [found([b for b, _, _ in f], [s for _, s, _ in f], [c for _, _, c in f]) for f in frames]
    options = OfflineOptions(shortest=1, believed=0.0)
    tracks = tracked(video, options)
    assert np.isfinite(tracks.boxes).all()
    assert (tracks.boxes[:, 2:] > 0).all()
    assert ((tracks.links.probabilities >= 0) & (tracks.links.probabilities <= 1)).all()
    assert len(set(zip(tracks.frames.tolist(), tracks.ids.tolist(), strict=True))) == len(tracks)
    given_rows = tracks.detections >= 0
    used = set(zip(tracks.frames[given_rows].tolist(), tracks.detections[given_rows].tolist(), strict=True))
    assert len(used) == given_rows.sum()
