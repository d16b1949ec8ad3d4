"""Corrections outlast a run that makes the same mistake again."""

from pathlib import Path

import numpy as np
import pytest

from workbench.core.fixes import Fix, Operation
from workbench.core.rows import Origin
from workbench.services import identities
from workbench.services.associating import no_links
from workbench.services.run_storing import KIND, store_tracks
from workbench.store import Project
from workbench.tracking.offline import Tracks

FRAMES = 100


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "p.wbp") as project:
        project.add_video(Path("clip.mp4"), width=640, height=480, frame_count=FRAMES)
        project.add_category("person")
        yield project


def run(project, *tracks):
    """A run whose tracks are (frames, y) pieces one after the other; a target stays at its height."""
    pieces = [(name, f, y) for name, own in enumerate(tracks, start=1) for frames, y in own for f in frames]
    ids, frames, y = (np.array(column) for column in zip(*pieces, strict=True))
    boxes = np.stack([frames * 2.0, y, np.full(len(y), 20.0), np.full(len(y), 40.0)], axis=1)
    scores, zeros = np.full(len(y), 0.8), np.zeros(len(y), np.int64)
    record = project.add_run(video_id=1, kind=KIND, model="made")
    made = Tracks(frames, ids, boxes, scores, zeros, zeros, no_links())
    for _ in store_tracks(project, record, made, span=(0, FRAMES), categories=[1]):
        pass
    return record.id


def heights(project):
    """For each track's number, the heights of its boxes as (y, first frame, last frame)."""
    found = {}
    for track in project.tracks(1):
        spans = []
        for row in project.boxes_of_track(track.id):
            if spans and spans[-1][0] == row.y:
                spans[-1] = (row.y, spans[-1][1], row.frame)
            else:
                spans.append((row.y, row.frame, row.frame))
        found[track.number] = spans
    return found


def correct(project, operation, *numbers, **fields):
    ids = {track.number: track.id for track in project.tracks(1)}
    fix = Fix(operation, tuple(ids[n] for n in numbers), **fields)
    project.apply(identities.plan(project, fix).change)


SWITCHED = ([(range(50), 0), (range(50, 100), 200)], [(range(50), 200), (range(50, 100), 0)])


def test_a_swap_outlasts_a_run_that_switches_again(project):
    run(project, *SWITCHED)
    correct(project, Operation.SWAP, 1, 2, start=50)
    right = {1: [(0.0, 0, 99)], 2: [(200.0, 0, 99)]}
    assert heights(project) == right
    again = run(project, *SWITCHED)
    assert heights(project) == right
    rows = [row for track in project.tracks(1) for row in project.boxes_of_track(track.id)]
    assert sum(row.run_id == again for row in rows) == 196, "all but the boxes at the seam are the new run's"
    assert {row.origin for row in rows} == {Origin.MODEL}


def test_a_join_outlasts_a_run_that_breaks_the_track_again(project):
    broken = ([(range(40), 0)], [(range(45, 100), 0)])
    run(project, *broken)
    correct(project, Operation.JOIN, 1, 2)
    assert heights(project) == {1: [(0.0, 0, 99)]}
    run(project, *broken)
    assert heights(project) == {1: [(0.0, 0, 99)]}


def test_a_split_outlasts_a_run_that_takes_two_targets_for_one_again(project):
    run(project, [(range(50), 0), (range(60, 100), 200)])
    correct(project, Operation.SPLIT, 1, start=55)
    run(project, [(range(50), 0), (range(60, 100), 200)])
    assert heights(project) == {1: [(0.0, 0, 49)], 2: [(200.0, 60, 99)]}


def test_a_chosen_number_outlasts_a_run(project):
    run(project, [(range(100), 0)])
    correct(project, Operation.RENUMBER, 1, number=77)
    run(project, [(range(100), 0)])
    assert list(heights(project)) == [77]
