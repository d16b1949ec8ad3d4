"""All boxes of a video's tracks as columns: what statistics and the search for identity errors read.

Rows of a project are tuples, one a box, made for exact edits; whoever looks at a whole video wants arrays.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.boxes import Array, as_boxes


@dataclass(frozen=True, eq=False)
class TrackBoxes:
    """Boxes sorted by track and then frame, (N,) each; make it with ``of``, which sorts.

    Args:
        tracks: identity each box belongs to.
        frames: 0-based; at most one box for a (track, frame).
        boxes: (N, 4) x, y, w, h, float64 pixels, see core.boxes.
        scores: [0, 1]; NaN = not measured.
        classes: number of the class, whatever counts them.
        sure: a person made or verified the box.
    """

    tracks: NDArray[np.int64]
    frames: NDArray[np.int64]
    boxes: Array
    scores: Array
    classes: NDArray[np.int64]
    sure: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        tracks: ArrayLike,
        frames: ArrayLike,
        boxes: ArrayLike,
        *,
        scores: ArrayLike | None = None,
        classes: ArrayLike | None = None,
        sure: ArrayLike | None = None,
    ) -> TrackBoxes:
        """Columns in any order; scores default to not measured, classes to 0, sure to False."""
        ids = np.asarray(tracks, dtype=np.int64)
        at = np.asarray(frames, dtype=np.int64)
        count = len(ids)
        order = np.lexsort((at, ids))
        return cls(
            ids[order],
            at[order],
            as_boxes(boxes)[order],
            (np.full(count, np.nan) if scores is None else np.asarray(scores, dtype=np.float64))[order],
            (np.zeros(count, np.int64) if classes is None else np.asarray(classes, dtype=np.int64))[order],
            (np.zeros(count, np.bool_) if sure is None else np.asarray(sure, dtype=np.bool_))[order],
        )

    def __len__(self) -> int:
        return len(self.tracks)

    def __getitem__(self, chosen: NDArray[np.bool_] | slice) -> TrackBoxes:
        """Some of the rows, by mask (N,) or slice."""
        return TrackBoxes(**{f.name: getattr(self, f.name)[chosen] for f in fields(self)})

    @property
    def bounds(self) -> NDArray[np.int64]:
        """First row of each track, and the number of rows behind the last: (tracks + 1,)."""
        first = np.flatnonzero(np.diff(self.tracks, prepend=self.tracks[:1] - 1))
        return np.append(first, len(self)).astype(np.int64)

    def of_track(self, track: int) -> TrackBoxes:
        """The rows of one track."""
        low, high = np.searchsorted(self.tracks, (track, track + 1))
        return self[low:high]
