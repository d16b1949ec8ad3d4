"""Two tracks of one target: their boxes lie on each other for a while."""

from __future__ import annotations

import numpy as np

from workbench.core.fixes import Operation
from workbench.review.candidates import TO_THE_END, Candidates
from workbench.review.likeness import Likeness, mean_looks
from workbench.review.nearness import Pairs
from workbench.review.view import View

KIND = "duplicate"
TERMS = ("constant", "overlap", "frames", "of shorter", "size", "looks", "score", "filled")
LEAST = 0.35  # overlap of boxes that may be of one target
FEWEST = 2  # frames


def doubles(view: View, likeness: Likeness, pairs: Pairs) -> Candidates:
    """Pairs of tracks that overlap in several frames."""
    much = pairs.overlaps >= LEAST
    rows, others, overlap = pairs.first[much], pairs.second[much], pairs.overlaps[much]
    key = view.number[rows] * len(view.bounds) + view.number[others]
    unique, index, count = np.unique(key, return_inverse=True, return_counts=True)
    kept = count >= FEWEST
    first, second = unique // max(len(view.bounds), 1), unique % max(len(view.bounds), 1)
    frame = view.boxes.frames[rows]
    start, stop = np.full(len(unique), np.iinfo(np.int64).max), np.zeros(len(unique), np.int64)
    np.minimum.at(start, index, frame)
    np.maximum.at(stop, index, frame + 1)
    mean = np.bincount(index, overlap, minlength=len(unique)) / np.maximum(count, 1)
    change = np.abs(view.shape[rows] - view.shape[others]).sum(axis=1)
    change = np.bincount(index, change, minlength=len(unique)) / np.maximum(count, 1)
    best = np.lexsort((-overlap, index))
    best = best[np.diff(index[best], prepend=-1) != 0]
    odds = likeness.log_odds(
        mean_looks(view, rows[best], back=False), mean_looks(view, others[best], back=False)
    )
    doubt = np.nan_to_num(np.abs(view.boxes.scores[rows] - view.boxes.scores[others]))
    doubt = np.bincount(index, doubt, minlength=len(unique)) / np.maximum(count, 1)
    filled = (view.filled[rows] | view.filled[others]).astype(np.float64)
    filled = np.bincount(index, filled, minlength=len(unique)) / np.maximum(count, 1)
    length = view.lengths
    shorter = np.minimum(length[first], length[second])
    terms = np.column_stack([
        np.ones(len(unique)), mean, np.log(np.maximum(count, 1)), count / np.maximum(shorter, 1), change,
        odds, doubt, filled,
    ])  # fmt: skip
    longer = length[first] >= length[second]
    tracks = np.where(longer[:, None], np.column_stack([first, second]), np.column_stack([second, first]))
    found = Candidates(
        KIND,
        terms,
        frame[best],
        start,
        stop,
        tracks,
        shorter.astype(np.float64),
        Operation.MERGE,
        np.zeros(len(unique), np.int64),
        np.full(len(unique), TO_THE_END),
        {
            "overlap": mean,
            "frames": count.astype(np.float64),
            "looks alike": np.where(odds == 0, np.nan, odds),
        },
    )
    return found[kept]
