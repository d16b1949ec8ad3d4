"""What the search for identity errors finds in scenes whose errors are known."""

from dataclasses import replace

import numpy as np
import pytest

from tests.review.made import PICTURE, crossing, drained, issues_of, swapped, tracks_of, walk
from workbench.core.fixes import Operation
from workbench.core.progress import Progress
from workbench.core.track_boxes import TrackBoxes
from workbench.review.apply_fix import apply_fix
from workbench.review.finding import KINDS, FindOptions, find_issues
from workbench.review.view import Evidence, Links

KNOWN = Evidence(picture=PICTURE, frames=100)


def first(issues, kind):
    return next(issue for issue in issues if issue.kind == kind)


def test_a_clean_scene_has_nothing_that_is_likely():
    assert [i for i in issues_of(tracks_of(*crossing()), KNOWN) if i.probability > 0.4] == []


def test_an_exchange_of_two_tracks_is_found_and_its_fix_repairs_it():
    rows = np.concatenate(crossing())
    right, wrong = tracks_of(rows), tracks_of(swapped(rows, 1, 2, 50))
    found = first(issues_of(wrong, KNOWN), "possible-switch")
    assert set(found.tracks) == {1, 2}
    assert found.fix.operation is Operation.SWAP
    assert abs(found.frame - 50) <= 8
    worst = first(issues_of(right, KNOWN, least=0.0), "possible-switch")
    assert found.probability > 2 * worst.probability
    mended = apply_fix(wrong, found.fix).tracks
    agreed = (mended.tracks == right.tracks) & (mended.frames == right.frames)
    assert np.mean(agreed) > 0.9


def test_the_two_parts_of_a_broken_track_are_found_and_joined():
    tracks = tracks_of(walk(1, range(40)), walk(7, range(48, 100)), walk(3, range(100), start=(200.0, 450.0)))
    found = issues_of(tracks, KNOWN)[0]
    assert (found.kind, found.tracks, found.start, found.stop) == ("fragment", (1, 7), 39, 49)
    assert found.probability > 0.5
    assert 0 < found.gain <= 40
    mended = apply_fix(tracks, found.fix).tracks
    assert mended.of_track(1).frames.tolist() == list(range(100))


def test_a_chain_of_fragments_is_one_issue():
    tracks = tracks_of(
        *(walk(k, range(25 * k, 25 * k + 22)) for k in range(4)), walk(9, range(100), start=(0, 450))
    )
    found = issues_of(tracks, KNOWN)[0]
    assert found.tracks == (0, 1, 2, 3)
    assert len(apply_fix(tracks, found.fix).tracks.of_track(0)) == 97


def test_two_tracks_of_one_target_are_found():
    again = walk(2, range(30, 60), start=(103.0, 202.0))
    found = first(issues_of(tracks_of(walk(1, range(100)), again), KNOWN), "duplicate")
    assert found.tracks == (1, 2)
    assert (found.start, found.stop) == (30, 60)
    assert found.fix.operation is Operation.MERGE


def test_a_track_that_jumps_to_somebody_else_is_split_there():
    rows = np.concatenate(
        [walk(1, range(50)), walk(1, range(50, 100), start=(500.0, 350.0), speed=(-2.0, 0.0))]
    )
    found = first(issues_of(tracks_of(rows, walk(2, range(100), start=(0.0, 480.0))), KNOWN), "jump")
    assert (found.tracks, found.frame, found.fix.operation) == ((1,), 50, Operation.SPLIT)


def test_a_gap_is_found_and_filled():
    tracks = tracks_of(walk(1, [*range(40), *range(46, 100)]))
    found = first(issues_of(tracks, KNOWN), "gap")
    assert (found.start, found.stop, found.fix.operation) == (39, 47, Operation.FILL)
    assert len(apply_fix(tracks, found.fix).tracks) == 100


def test_boxes_that_shrink_for_a_while_are_found():
    rows = walk(1, range(100))
    rows[40:60, 5] *= 0.6
    found = first(issues_of(tracks_of(rows), KNOWN), "size-drift")
    assert abs(found.start - 40) <= 2
    assert abs(found.stop - 60) <= 2


def test_a_track_that_ends_in_the_middle_of_the_picture_is_followed_further():
    found = first(
        issues_of(tracks_of(walk(1, range(60)), walk(2, range(100), start=(0.0, 480.0))), KNOWN), "death"
    )
    assert (found.tracks, found.frame) == ((1,), 59)
    assert (found.fix.operation, found.fix.start) == (Operation.EXTEND, 60)


def test_a_short_track_of_low_scores_among_sure_ones_is_found():
    ghost = walk(8, range(30, 34), start=(600.0, 80.0), speed=(0.0, 0.0), score=0.2)
    tracks = tracks_of(*crossing(), ghost)
    found = first(issues_of(tracks, KNOWN), "short-track")
    assert found.tracks == (8,)
    assert len(apply_fix(tracks, found.fix).tracks) == len(tracks) - 4


def test_no_track_is_to_be_deleted_that_a_person_touched_or_that_came_without_scores():
    ghost = walk(8, range(30, 60), start=(600.0, 80.0), speed=(0.0, 0.0), score=0.2)
    tracks = tracks_of(*crossing(), ghost)
    assert first(issues_of(tracks, KNOWN), "low-score").tracks == (8,)
    touched = replace(tracks, sure=(tracks.tracks == 8) & (tracks.frames == 31))
    bare = replace(tracks, scores=np.where(tracks.tracks == 8, np.nan, tracks.scores))
    for kept in (touched, bare):
        deleted = {i.tracks for i in issues_of(kept, KNOWN, least=0.0) if i.kind == "low-score"}
        assert (8,) not in deleted


def test_looks_tell_an_exchange_that_motion_does_not():
    rng = np.random.default_rng(0)
    tracks = tracks_of(*crossing())
    # Two who meet and turn back look like two who pass each other.
    turned = swapped(np.column_stack([tracks.tracks, tracks.frames]), 1, 2, 50)[:, 0]
    looks = rng.normal(size=(4, 32))[turned] + rng.normal(0, 0.5, (len(tracks), 32))
    looks = (looks / np.linalg.norm(looks, axis=1, keepdims=True)).astype(np.float32)
    found = first(issues_of(tracks, Evidence(looks, picture=PICTURE)), "possible-switch")
    assert set(found.tracks) == {1, 2}
    assert abs(found.frame - 50) <= 8
    assert dict(found.evidence)["looks prefer exchange"] > 2
    blind = [i for i in issues_of(tracks, KNOWN) if i.kind == "possible-switch"]
    assert found.probability > 3 * max((i.probability for i in blind), default=0.0)


def test_a_doubtful_link_is_asked_about():
    tracks = tracks_of(walk(1, [*range(40), *range(60, 100)]), walk(2, range(100), start=(0.0, 480.0)))
    sure, doubtful = (
        Links(np.array([1]), np.array([39]), np.array([60]), np.array([p])) for p in (0.99, 0.3)
    )
    chance = [
        first(issues_of(tracks, Evidence(links=links), least=0.0), "swap-inside").probability
        for links in (sure, doubtful)
    ]
    assert chance[1] > 3 * chance[0]


def test_what_a_person_made_is_not_asked_about():
    tracks = tracks_of(walk(1, range(40)), walk(7, range(48, 100)))
    sure = TrackBoxes.of(tracks.tracks, tracks.frames, tracks.boxes, sure=np.ones(len(tracks), bool))
    assert issues_of(sure, KNOWN) == []


def test_the_most_valuable_comes_first_and_always_in_the_same_order():
    rows = np.concatenate(
        [*crossing(), walk(4, range(30), start=(0.0, 20.0)), walk(5, range(36, 100), start=(0.0, 20.0))]
    )
    tracks = tracks_of(swapped(rows, 1, 2, 50))
    found = issues_of(tracks, KNOWN)
    worth = [i.worth for i in found]
    assert worth == sorted(worth, reverse=True)
    shuffled = np.random.default_rng(1).permutation(len(tracks))
    columns = (tracks.tracks, tracks.frames, tracks.boxes, tracks.scores)
    ids, frames, boxes, scores = (column[shuffled] for column in columns)
    again = TrackBoxes.of(ids, frames, boxes, scores=scores)
    assert issues_of(again, KNOWN) == found


def test_only_the_kinds_that_are_wanted():
    tracks = tracks_of(*crossing(), walk(4, range(30), start=(0.0, 20.0)))
    assert {i.kind for i in issues_of(tracks, KNOWN, kinds=("death",))} == {"death"}
    assert {i.kind for i in issues_of(tracks, KNOWN, least=0.0)} <= set(KINDS)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(1, 0, 10, 10, 20, 20)],
        [(1, 0, np.nan, 10, 20, 20), (1, 1, 10, 10, 20, 20)],
        [(1, 0, 10, 10, 0, 20), (1, 1, 1e300, 10, np.inf, 20)],
        [(1, f, 10, 10, 20, 20) for f in range(50)] + [(2, f, 10, 10, 20, 20) for f in range(50)],
        [(k, 10**8 + k, 5e6, 5e6, 1e6, 1e6) for k in range(30)],
    ],
    ids=["nothing", "one box", "no number", "no area and too large", "all alike", "far away and late"],
)
def test_odd_input_gives_an_answer(rows):
    table = np.array(rows, float).reshape(-1, 6)
    tracks = TrackBoxes.of(table[:, 0], table[:, 1], table[:, 2:])
    for issue in issues_of(tracks, least=0.0):
        assert 0 <= issue.probability <= 1
        assert np.isfinite(issue.gain)


def test_scores_that_are_no_numbers_are_not_measured():
    tracks = tracks_of(*crossing(), walk(4, range(30), start=(0.0, 20.0)))
    unknown = TrackBoxes.of(tracks.tracks, tracks.frames, tracks.boxes)
    assert len(issues_of(unknown, KNOWN)) > 0


def test_it_says_how_far_it_is_and_can_be_stopped():
    job = find_issues(tracks_of(*crossing()), KNOWN, FindOptions())
    assert isinstance(next(job), Progress)
    job.close()
    steps = list(find_issues(tracks_of(*crossing()), KNOWN))
    assert [s.done for s in steps] == sorted(s.done for s in steps)
    assert steps[-1].done == steps[-1].total
    assert drained(find_issues(tracks_of(*crossing()), KNOWN)) is not None
