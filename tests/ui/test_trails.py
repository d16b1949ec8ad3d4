"""Trails from a real project, while it is edited."""

import numpy as np
import pytest

from tests.store.reference import add, box, new_project, track
from workbench.core.edits import ChangeSet
from workbench.ui.trails import KEPT, TRAIL, Trails


@pytest.fixture
def project(tmp_path):
    """Track 1 in frames 0-199 at x = frame, track 2 in every other frame; 30 x 40 pixels."""
    rows = [box(1, f, x=float(f), y=0.0) for f in range(200)]
    rows += [box(2, f, x=float(f), y=100.0, outside=int(f == 94)) for f in range(0, 200, 2)]
    with new_project(tmp_path / "p.wbp") as made:
        made.apply(add("Add", [track(1), track(2)], rows))
        yield made


def test_a_trail_is_the_centres_of_the_last_frames_oldest_first(project):
    points, lengths = Trails(project).of(1, [2, 7, 1], 100)
    assert lengths.tolist() == [25, 0, TRAIL + 1]  # where the second is outside it has no place
    np.testing.assert_array_equal(points[25:, 0], np.arange(50, 101) + 15.0)
    np.testing.assert_array_equal(points[:25, 0], [f + 15 for f in range(50, 101, 2) if f != 94])
    assert set(points[:25, 1]) == {120.0}


def test_stepping_and_jumping_give_what_a_fresh_look_gives(project):
    kept = Trails(project)
    for frame in (0, 3, 4, 5, 150, 149, 199, 60, *range(60, 199, 7)):
        for mine, fresh in zip(kept.of(1, [1, 2], frame), Trails(project).of(1, [1, 2], frame), strict=True):
            np.testing.assert_array_equal(mine, fresh)
    assert len(kept._frames) < KEPT + TRAIL


def test_an_edit_is_seen(project):
    kept, scopes = Trails(project), []
    project.subscribe(scopes.append)
    kept.of(1, [1], 100)
    old = project.box(1, 98)
    project.apply(ChangeSet.of("Move", box=([old], [old._replace(x=500.0)])))
    kept.forget(scopes[-1])
    assert kept.of(1, [1], 100)[0][-3].tolist() == [515.0, 20.0]


def test_what_a_tracker_reports_goes_before_what_is_stored(project):
    running = [(99, 1, (300.0, 0.0, 30.0, 40.0)), (101, 1, (301.0, 0.0, 30.0, 40.0))]
    points, lengths = Trails(project).of(1, [1], 101, running=running)
    assert lengths.tolist() == [TRAIL + 1]
    assert points[-3:, 0].tolist() == [315.0, 115.0, 316.0]
