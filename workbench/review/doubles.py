"""Two tracks of one target: their boxes lie on each other for a while."""

from __future__ import annotations

import numpy as np

from workbench.core.fixes import Operation
from workbench.review.candidates import TO_THE_END, Candidates
from workbench.review.likeness import mean_looks
from workbench.review.scene import Scene

KIND = "duplicate"
TERMS = ("constant", "overlap", "frames", "of shorter", "looks", "passing", "filled")
LEAST = 0.35  # overlap of boxes that may be of one target
FEWEST = 2  # frames
SHARE = 0.25  # of the shorter track; two that only pass each other share less


def doubles(scene: Scene) -> Candidates:
    """Pairs of tracks that overlap in several frames."""
    view = scene.view
    much = scene.pairs.overlaps >= LEAST
    rows, others, overlap = scene.pairs.first[much], scene.pairs.second[much], scene.pairs.overlaps[much]
    key = view.number[rows] * len(view.bounds) + view.number[others]
    order = np.lexsort((view.boxes.frames[rows], key))
    rows, others, overlap, key = rows[order], others[order], overlap[order], key[order]
    begin = np.flatnonzero(np.diff(key, prepend=-1) != 0)  # of each pair of tracks
    stop = np.append(begin, len(key))[1:]
    count = stop - begin
    first, second = view.number[rows[begin]], view.number[others[begin]]
    shorter = np.minimum(view.lengths[first], view.lengths[second])
    kept = (count >= FEWEST) & (count >= SHARE * shorter)
    begin, stop, count = begin[kept], stop[kept], count[kept]
    first, second, shorter = first[kept], second[kept], shorter[kept]
    mean, filled = np.zeros((2, len(count)))
    if len(count):
        spans = np.column_stack([begin, stop]).ravel()
        unseen = (view.filled[rows] | view.filled[others]).astype(np.float64)
        # The last end may lie behind the last value, where ``reduceat`` takes none.
        mean, filled = (np.add.reduceat(np.append(v, 0.0), spans)[::2] / count for v in (overlap, unseen))
    between = (view.place[others] - view.place[rows]) / view.size[rows, None]
    passing = np.linalg.norm(between[stop - 1] - between[begin], axis=1)
    middle = (begin + stop) // 2
    odds = scene.likeness.log_odds(
        mean_looks(view, rows[middle], back=False), mean_looks(view, others[middle], back=False)
    )
    terms = np.column_stack([
        np.ones(len(count)), mean, np.log(count), count / shorter, odds, passing, filled,
    ])  # fmt: skip
    longer = view.lengths[first] >= view.lengths[second]
    frame = view.boxes.frames[rows]
    return Candidates(
        KIND,
        terms,
        frame[middle],
        frame[begin],
        frame[stop - 1] + 1,
        np.column_stack([np.where(longer, first, second), np.where(longer, second, first)]),
        count.astype(np.float64),
        Operation.MERGE,
        np.zeros(len(count), np.int64),
        np.full(len(count), TO_THE_END),
        {
            "overlap": mean,
            "frames": count.astype(np.float64),
            "looks alike": np.where(odds == 0, np.nan, odds),
        },
    )
