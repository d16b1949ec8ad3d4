"""Counting on made tracks whose crossings and stays are known."""

import csv

import numpy as np
import pytest

from tests.store.reference import add, box, new_project, track
from workbench.core.errors import UserError
from workbench.core.regions import Anchor, Kind, Region
from workbench.core.track_boxes import TrackBoxes
from workbench.services.crossings import crossings, visits
from workbench.services.regions import free_name, regions_of, remember_regions
from workbench.services.statistics import measure, measure_video
from workbench.services.statistics_files import write_statistics

SIDE = 20.0  # of every made box; its margin is 2 pixels
GATE = Region("Gate", Kind.LINE, ((100, 200), (100, 0)))  # upwards: its left is the picture's left
YARD = Region("Yard", Kind.ZONE, ((50, 50), (150, 50), (150, 150), (50, 150)))


def walk(number, *feet, start=0, step=1):
    """Boxes of a track by where it stands in successive frames."""
    return [(number, start + step * i, x - SIDE / 2, y - SIDE, SIDE, SIDE) for i, (x, y) in enumerate(feet)]


def boxes(*walks, classes=None):
    rows = np.array([row for rows in walks for row in rows], np.float64).reshape(-1, 6)
    return TrackBoxes.of(rows[:, 0], rows[:, 1], rows[:, 2:], classes=classes)


def along(xs, y=100.0):
    return [(x, y) for x in xs]


def found(crossed):
    return list(zip(crossed.frames.tolist(), crossed.tracks.tolist(), crossed.inwards.tolist(), strict=True))


def result(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def read(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_left_to_right_is_in_and_back_is_out():
    tracks = boxes(walk(1, *along(range(80, 125, 10))), walk(2, *along(range(125, 80, -10))))
    crossed = crossings(tracks, GATE)
    assert found(crossed) == [(2, 1, True), (3, 2, False)]
    np.testing.assert_allclose(crossed.places, [[100, 100], [100, 100]])
    turned = Region("Turned", Kind.LINE, GATE.points[::-1])
    assert [way for *_, way in found(crossings(tracks, turned))] == [False, True]
    assert crossed.so_far(2) == (1, 0)
    assert crossed.so_far() == (1, 1)


def test_a_track_that_trembles_on_the_line_counts_once_and_is_dated_to_its_last_passage():
    trembling = [80, 90, 99, 101, 99, 101.5, 99, 101, 101.9, 100.5, 110, 120]
    assert found(crossings(boxes(walk(1, *along(trembling))), GATE)) == [(7, 1, True)]
    assert len(found(crossings(boxes(walk(1, *along(trembling))), GATE, margin=0.0))) == 5


def test_a_track_that_turns_round_on_the_line_does_not_count():
    assert found(crossings(boxes(walk(1, *along([80, 95, 101, 101.5, 95, 80]))), GATE)) == []


def test_it_counts_where_it_passes_between_the_ends_of_the_line():
    past = walk(1, *along([80, 120], y=230)), walk(2, *along([80, 120], y=199))
    assert found(crossings(boxes(*past), GATE)) == [(1, 2, True)]


def test_of_a_track_cut_in_two_at_the_line_one_part_crosses():
    first, second = walk(1, *along([80, 90, 99])), walk(2, *along([99.5, 100.5, 110]), start=3)
    assert found(crossings(boxes(first, second), GATE)) == [(4, 2, True)]
    first, second = walk(1, *along([80, 90, 100.5])), walk(2, *along([101, 110]), start=3)
    assert found(crossings(boxes(first, second), GATE)) == [(2, 1, True)]


def test_the_anchor_decides():
    level = Region("Level", Kind.LINE, ((0, 100), (200, 100)))  # below it is its right
    down = boxes(walk(1, (50, 95), (50, 105)))  # feet cross, the centre does not
    assert found(crossings(down, level)) == [(1, 1, True)]
    assert found(crossings(down, Region("Level", Kind.LINE, level.points, Anchor.CENTRE))) == []


def test_stays_in_a_zone_have_a_start_and_an_end():
    through = walk(1, *along(range(5, 205, 10)))  # enters at 55, frame 5; 155 is outside, frame 15
    born_inside = walk(2, *along([100, 120, 140, 160]), start=3)
    stays = visits(boxes(through, born_inside), YARD)
    assert stays.tracks.tolist() == [2, 1]
    assert stays.starts.tolist() == [3, 5]
    assert stays.stops.tolist() == [6, 15]
    assert stays.entered.tolist() == [False, True]
    assert stays.left.tolist() == [True, True]
    assert stays.occupancy(20).tolist() == [0, 0, 0, 1, 1, 2] + [1] * 9 + [0] * 5
    assert (stays.entries(4), stays.entries(), stays.exits(6), stays.exits()) == (0, 1, 1, 2)


def test_a_track_that_trembles_on_the_border_of_a_zone_stays_once():
    trembling = [30, 45, 50.5, 49, 51, 49, 51.5, 60, 80, 100]
    stays = visits(boxes(walk(1, *along(trembling))), YARD)
    assert (stays.starts.tolist(), stays.stops.tolist()) == ([6], [10])
    assert (stays.entries(), stays.exits()) == (1, 0)


def test_frames_without_a_box_between_two_inside_belong_to_the_stay():
    gap = walk(1, *along([20, 60]), start=0) + walk(1, *along([90, 170]), start=10)
    stays = visits(boxes(gap), YARD)
    assert (stays.starts.tolist(), stays.stops.tolist()) == ([1], [11])


def test_a_zone_may_have_a_dent():
    dented = Region(
        "U", Kind.ZONE, ((0, 0), (30, 0), (30, 80), (60, 80), (60, 0), (90, 0), (90, 99), (0, 99))
    )
    stays = visits(boxes(walk(1, (15, 50), (45, 50), (75, 50))), dented)
    assert (stays.starts.tolist(), stays.stops.tolist()) == ([0, 2], [1, 3])


def test_nothing_is_nothing():
    assert found(crossings(boxes(), GATE)) == []
    assert len(visits(boxes(), YARD).starts) == 0


def test_counts_are_by_class_frame_and_interval():
    rows = walk(1, *along([1, 2, 3])), walk(2, *along([5, 6]), start=1), walk(3, (9, 9), start=3)
    counted = result(
        measure(
            boxes(*rows, classes=[7, 7, 7, 4, 4, 7]), [GATE],
            times=np.arange(5) / 2, classes={4: "cat", 5: "cow", 7: "dog"}, numbers={1: 11, 2: 12, 3: 13},
        )
    )  # fmt: skip
    assert counted.classes == {4: "cat", 7: "dog"}
    assert counted.counts.tolist() == [[0, 1, 1, 0], [1, 1, 1, 1]]
    assert [(i.start, i.stop, i.mean, i.most, i.tracks) for i in counted.intervals(3) if i.class_id == 7] == [
        (0, 3, 1.0, 1, 1),
        (3, 4, 1.0, 1, 1),
    ]
    assert counted.seconds(1, 4) == 1.5


@pytest.fixture
def project(tmp_path):
    """Frames 0-9: a track walks to the right, and says that it is outside from frame 8 on."""
    rows = [box(1, i, x=80.0 + 5 * i, y=80.0, w=SIDE, h=SIDE, outside=int(i >= 8)) for i in range(10)]
    with new_project(tmp_path / "p.wbp") as made:
        made.apply(add("Add", [track(1, number=5)], rows))
        yield made


def test_a_project_remembers_its_lines_and_rows_outside_do_not_count(project, tmp_path):
    remember_regions(project, 1, [GATE, YARD])
    assert regions_of(project, 1) == (GATE, YARD)
    assert regions_of(project, 2) == ()
    counted = result(measure_video(project, 1))
    assert counted.counts[:, :10].sum(axis=0).tolist() == [1] * 8 + [0, 0]
    assert counted.lines["Gate"].so_far() == (1, 0)
    assert counted.zones["Yard"].stops.tolist() == [8]
    files = write_statistics(counted, tmp_path / "out", every=5)
    tables = {path.stem: read(path) for path in files if path.suffix == ".csv"}
    assert tables["crossings"][0]["track"] == "5"
    assert tables["crossings"][0]["direction"] == "in"
    assert tables["visits"][0] | {"frames": "8", "entered": "0", "left": "0"} == tables["visits"][0]
    assert [row["count"] for row in tables["counts"][6:10]] == ["1", "1", "0", "0"]
    assert tables["intervals"][1]["mean"] == "0.6"
    assert [row["inside"] for row in tables["occupancy"][:10]] == ["1"] * 8 + ["0"] * 2
    assert "Gate: crossed so far" in (tmp_path / "out" / "statistics.svg").read_text(encoding="utf-8")


def test_bad_regions_are_refused(project):
    with pytest.raises(UserError, match="two different points"):
        Region("a", Kind.LINE, ((1, 1), (1, 1)))
    with pytest.raises(UserError, match="three different points"):
        Region("a", Kind.ZONE, ((1, 1), (2, 1), (1, 1)))
    with pytest.raises(UserError, match="no place in the picture"):
        Region("a", Kind.LINE, ((1, float("nan")), (2, 1)))
    with pytest.raises(UserError, match="two lines or zones called “Gate”"):
        remember_regions(project, 1, [GATE, GATE])
    with pytest.raises(UserError, match="“points”"):
        Region.from_json({"name": "x", "kind": "circle", "points": []})
    assert free_name("line", [Region("Line 1", Kind.LINE, GATE.points)]) == "Line 2"
