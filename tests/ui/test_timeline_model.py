"""From columns to runs, and from runs to the occupancy picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.rows import Origin
from workbench.ui.timeline.axis import TimeAxis, clock, round_step
from workbench.ui.timeline.model import OUTSIDE, BoxColumns, LaneData, lane_data, replace_tracks
from workbench.ui.timeline.occupancy import RANKED, Occupancy
from workbench.ui.timeline.score_strip import extremes


def runs(data: LaneData, track_id: int) -> list[tuple[int, int, int]]:
    spans = data.boxes
    mine = spans.row == data.rows_of([track_id])[0]
    return list(zip(*(a[mine].tolist() for a in (spans.start, spans.stop, spans.kind)), strict=True))


def random_columns(seed: int, tracks: int = 5, frames: int = 60) -> BoxColumns:
    rng = np.random.default_rng(seed)
    key = np.unique(rng.integers(0, tracks * frames, tracks * frames // 2))
    rng.shuffle(key)
    count = len(key)
    return BoxColumns.of(
        key // frames * 3 + 2,
        key % frames,
        origin=rng.integers(0, 4, count),
        verified=rng.integers(0, 2, count),
        keyframe=rng.integers(0, 2, count),
        occluded=rng.integers(0, 2, count),
        outside=rng.random(count) < 0.1,
        score=np.where(rng.random(count) < 0.2, np.nan, rng.random(count)),
    )


def test_runs_break_at_gaps_kinds_and_tracks() -> None:
    data = lane_data(
        BoxColumns.of(
            [7, 7, 7, 7, 7, 9],
            [4, 3, 5, 8, 9, 10],
            origin=[1, 1, 0, 0, 0, 0],
            outside=[0, 0, 0, 0, 1, 0],
        )
    )
    assert runs(data, 7) == [
        (3, 5, Origin.MODEL),
        (5, 6, Origin.HUMAN),
        (8, 9, Origin.HUMAN),
        (9, 10, OUTSIDE),
    ]
    assert runs(data, 9) == [(10, 11, Origin.HUMAN)]
    assert data.kind_at(7, 4) == Origin.MODEL
    assert data.kind_at(7, 6) is None
    assert data.kind_at(8, 4) is None


def test_marks_and_scores_leave_out_frames_without_the_target() -> None:
    data = lane_data(
        BoxColumns.of(
            [1] * 4, range(4), verified=[1, 1, 0, 1], outside=[0, 0, 0, 1], score=[0.5, np.nan, 0.25, 0.9]
        )
    )
    assert (data.verified.start.tolist(), data.verified.stop.tolist()) == ([0], [2])
    frames, scores = data.scores_of(1)
    assert (frames.tolist(), scores.tolist()) == ([0, 2], [0.5, 0.25])
    assert len(data.scores_of(5)[0]) == 0


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(0, 10_000),
    st.sets(st.sampled_from([2, 5, 8, 11, 14, 17]), max_size=3),
)
def test_changed_tracks_alone_give_what_the_whole_gives(first: int, second: int, changed: set[int]) -> None:
    before, after = random_columns(first), random_columns(second, tracks=6)
    is_new = np.isin(after.track_id, list(changed))
    stays = ~np.isin(before.track_id, list(changed))

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(before, name)[stays], getattr(after, name)[is_new]])

    names = list(BoxColumns.__dataclass_fields__)
    whole = lane_data(BoxColumns(*(joined(n) for n in names)))
    part = BoxColumns(*(getattr(after, n)[is_new] for n in names))
    quick = replace_tracks(lane_data(before), changed, part)
    for track in range(20):
        assert runs(quick, track) == runs(whole, track)
        for mine, theirs in zip(quick.scores_of(track), whole.scores_of(track), strict=True):
            assert np.array_equal(mine, theirs)
    for name in ("occluded", "verified", "keyframes"):
        mine, theirs = getattr(quick, name), getattr(whole, name)
        assert np.array_equal(mine.start, theirs.start)
        assert np.array_equal(quick.track_ids[mine.row], whole.track_ids[theirs.row])


def test_runs_in_view_are_those_that_meet_it() -> None:
    data = lane_data(BoxColumns.of([1] * 6 + [2] * 3, [0, 1, 2, 10, 11, 20, 5, 6, 7]))
    rows = data.rows_of([2, 99, 1])
    lane, found = data.boxes.select(rows, 2, 11)
    got = list(zip(lane.tolist(), data.boxes.start[found].tolist(), strict=True))
    assert got == [(0, 5), (2, 0), (2, 10)]
    assert data.boxes.count(rows, 3, 5) == 0


@pytest.mark.parametrize(("start", "stop", "width"), [(0, 60, 60), (0, 60, 23), (10, 37, 200), (-5, 90, 31)])
@pytest.mark.parametrize("base", [1, 4])
def test_occupancy_picture_shows_the_highest_rank_of_each_column(
    start: int, stop: int, width: int, base: int
) -> None:
    columns = random_columns(3)
    data = lane_data(columns)
    occupancy = Occupancy(data, 60)
    occupancy.base = base
    axis = TimeAxis(60, width, start, width / (stop - start))
    tracks = [5, 77, 2]
    picture = occupancy.picture(data.rows_of(tracks), axis, width)
    rank = {int(kind): i + 1 for i, kind in enumerate(RANKED)}
    per_column = (stop - start) / width
    for lane, track in enumerate(tracks):
        for column in range(width):
            low, high = start + column * per_column, start + (column + 1) * per_column
            expected = [
                rank.get(int(kind), 0)
                for a, b, kind in runs(data, track)
                if a < high - 1e-9 and b > low + 1e-9
            ]
            shown = picture[lane, column]
            assert shown >= max(expected, default=0)  # nothing is lost ...
            if per_column < base:  # ... and where runs are drawn themselves nothing is added
                assert shown == max(expected, default=0)


def test_one_corrected_frame_is_seen_from_afar() -> None:
    columns = BoxColumns.of(
        np.ones(50_000, int), np.arange(50_000), origin=(np.arange(50_000) != 31_234).astype(int)
    )
    data = lane_data(columns)
    picture = Occupancy(data, 50_000).picture(data.rows_of([1]), TimeAxis.whole(50_000, 800), 800)
    assert picture.max() == len(RANKED)
    assert abs(int(picture.argmax()) - round(31_234 / 50_000 * 800)) <= 1


def test_occupancy_after_a_change_is_as_made_anew() -> None:
    before = lane_data(random_columns(1))
    occupancy = Occupancy(before, 60)
    axis = TimeAxis.whole(60, 20)
    occupancy.picture(before.rows_of([2, 5, 8]), axis, 20)
    after = replace_tracks(before, [5], BoxColumns.of([5] * 10, range(30, 40)))
    rows = after.rows_of([2, 5, 8])
    updated = occupancy.updated(after, [5]).picture(rows, axis, 20)
    assert np.array_equal(updated, Occupancy(after, 60).picture(rows, axis, 20))


def test_axis_keeps_the_frame_under_the_cursor_and_its_limits() -> None:
    axis = TimeAxis.whole(1000, 500)
    assert axis.visible == (0, 1000)
    near = axis.zoomed(8, 200)
    assert near.frame_at(200) == pytest.approx(400)
    assert near.zoomed(1e-9, 50) == axis
    assert axis.zoomed(1e9, 50).scale == 48
    far_right = near.scrolled(1e9)
    assert far_right.x_of(1000) >= far_right.width - 25
    assert near.nearest(-500) >= 0
    assert TimeAxis.whole(0, 500).visible == (0, 0)


def test_whole_video_stays_whole_when_resized() -> None:
    assert TimeAxis.whole(1000, 500).resized(frames=1000, width=800) == TimeAxis.whole(1000, 800)
    near = TimeAxis.whole(1000, 500).zoomed(10, 0)
    assert near.resized(frames=1000, width=800).scale == near.scale


def test_ticks_are_round_and_apart() -> None:
    axis = TimeAxis.whole(100_000, 800)
    step, ticks = axis.ticks(70)
    assert step == 10_000
    assert ticks == list(range(0, 100_000, 10_000))
    assert [round_step(v) for v in (0.1, 1, 1.5, 3, 6, 10, 11, 49, 51)] == [1, 1, 2, 5, 10, 10, 20, 50, 100]


def test_clock_reads_as_people_write_it() -> None:
    assert [clock(s) for s in (0, 59.996, 61, 3661)] == ["0:00", "1:00", "1:01", "1:01:01"]
    assert clock(240 / 25, fine=True) == "0:09.60"


def test_score_curve_keeps_the_extremes_of_each_column() -> None:
    scores = np.full(100_000, 0.8, np.float32)
    scores[54_321] = 0.1
    column, low, high = extremes(np.arange(100_000), scores, TimeAxis.whole(100_000, 500), 500)
    assert len(column) == 500
    assert low[54_321 * 500 // 100_000] == pytest.approx(0.1)
    assert high.min() == pytest.approx(0.8)
