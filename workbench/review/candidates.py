"""Places that may hold an error, as columns: what every kind of search returns and what is then judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.core.boxes import Array
from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.review.view import Index, View

TO_THE_END = -1


@dataclass(frozen=True, eq=False)
class Candidates:
    """K places of one kind.

    Args:
        kind: of issue.
        terms: (K, T) what the kind's model weighs.
        frame: (K,) where to look.
        start, stop: (K,) frames [start, stop) concerned.
        tracks: (K, 2) numbers of tracks; -1 = there is no second one.
        gain: (K,) boxes that are wrong if it is true.
        operation: what would put it right, or None.
        fix_start, fix_stop: (K,) its frames; ``TO_THE_END`` = to the end.
        shown: values (K,) of what a person wants to know, by name.
    """

    kind: str
    terms: Array
    frame: Index
    start: Index
    stop: Index
    tracks: Index
    gain: Array
    operation: Operation | None
    fix_start: Index
    fix_stop: Index
    shown: Mapping[str, Array]

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, chosen: NDArray[np.bool_] | Index) -> Candidates:
        """Some of them, by mask or numbers."""
        columns = {
            f.name: getattr(self, f.name)[chosen]
            for f in fields(self)
            if isinstance(getattr(self, f.name), np.ndarray)
        }
        return replace(self, **columns, shown={name: value[chosen] for name, value in self.shown.items()})

    def issues(self, view: View, chance: Array) -> list[Issue]:
        """As issues with these probabilities (K,)."""
        ids = np.append(view.ids, 0)[self.tracks]
        shown = list(self.shown)
        values = np.column_stack([*self.shown.values(), np.zeros(len(self))])
        columns = zip(
            self.frame.tolist(),
            self.start.tolist(),
            self.stop.tolist(),
            ids.tolist(),
            (self.tracks[:, 1] >= 0).tolist(),
            np.clip(chance, 0, 1).tolist(),
            self.gain.tolist(),
            self.fix_start.tolist(),
            self.fix_stop.tolist(),
            values.tolist(),
            strict=True,
        )
        result = []
        for frame, start, stop, pair, two, p, gain, low, high, value in columns:
            tracks = tuple(pair) if two else (pair[0],)
            fix = None
            if self.operation is not None:
                fix = Fix(self.operation, tracks, low, None if high == TO_THE_END else high)
            known = tuple(
                (n, round(v, 3)) for n, v in zip(shown, value, strict=False) if v == v
            )  # not a number = not known
            result.append(Issue(self.kind, frame, start, stop, tracks, p, gain, fix, known))
        return result


def one_track(numbers: ArrayLike) -> Index:
    """Column of tracks of candidates that concern one each, (K, 2)."""
    first = np.asarray(numbers, np.int64)
    return np.column_stack([first, np.full(len(first), -1)])
