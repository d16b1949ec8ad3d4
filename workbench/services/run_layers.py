"""What a run's tracks become in a project that has boxes already: pure functions of rows.

A run is a layer over what is there. What a person made or verified stays, as do imported boxes, those that
followed a drawn target, and those that were filled in between keyframes; what an earlier run over many
targets put there gives way. Then:

* A new track that lies on boxes that stay becomes their track: in each of their frames it is assigned to the
  box that it overlaps, in doubt to that which it overlaps in more frames. Its own boxes fill the frames where
  that track has none.
* Where it lies first on one track and later on another it is split between them, at its least sure link
  there, or else in the middle. Where two new tracks lie on one track at different times, each has its own
  part, and where both would be it, the later one takes over in the middle.
* A new track that begins or ends at the border of the run's frames goes on a track that is on the other side
  of it, and one that lies on what gives way takes over its identity, so that numbers do not change when a run
  is repeated. Both are weaker than boxes that stay, and never put a second box of a track into a frame.
* No box comes beside one of the same class that stays and is in the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workbench.core.rows import BoxRow, Origin, PoseRow, TrackRow
from workbench.services.run_identities import (
    NONE,
    Overlapping,
    StoredRows,
    Taken,
    identities,
    join_at_borders,
    join_replaced,
    overlapping,
    places,
)
from workbench.tracking.offline import Tracks

AT_ONCE = 4096  # rows that are made at a time, so that other threads have their turns

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Present:
    """What the project has already.

    Args:
        staying: rows in the run's frames that it may not replace.
        going: those that it replaces.
        beside: rows outside the run's frames, within ``run_identities.REACH`` of them.
        poses: all in the run's frames.
        categories: id of the class of every track named in these rows, by the track's id.
    """

    staying: Sequence[BoxRow] = ()
    going: Sequence[BoxRow] = ()
    beside: Sequence[BoxRow] = ()
    poses: Sequence[PoseRow] = ()
    categories: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Layer:
    """What a run comes to.

    Args:
        tracks: that are new.
        boxes: that come.
        track_of: (M,) id of the track that each box of the run belongs to, also where it is not written.
        written: (M,) whether it is.
        inherited: ids of the tracks that were there before and go on.
    """

    tracks: tuple[TrackRow, ...]
    boxes: tuple[BoxRow, ...]
    track_of: Indices
    written: NDArray[np.bool_]
    inherited: frozenset[int]


def lay(
    new: Tracks,
    present: Present,
    *,
    video_id: int,
    run_id: int,
    span: tuple[int, int],
    categories: Sequence[int],
    number: int,
    new_ids: Callable[[int], Iterable[int]],
) -> Layer:
    """Lay a run's tracks over what is there.

    Args:
        new: by id and then frame.
        span: frames [start, stop) of the run.
        categories: id of each class that ``new.classes`` counts.
        number: the first identity number that is free.
        new_ids: ids for so many new tracks.
    """
    stay, go, beside = (
        StoredRows.of(r, present.categories) for r in (present.staying, present.going, present.beside)
    )
    category = np.asarray(categories, np.int64)[new.classes]
    lying = overlapping(new, category, stay)
    track_of = identities(new, stay, lying)
    taken = Taken(new, stay, track_of)
    join_at_borders(new, category, beside, span, taken)
    join_replaced(new, category, go, taken)
    written = ~_hidden(new, stay, lying, track_of)
    inherited = frozenset(np.unique(track_of[track_of != NONE]).tolist())
    fresh = np.unique(new.ids[written & (track_of == NONE)])
    tracks: list[TrackRow] = []
    for track_id, name in zip(new_ids(len(fresh)), fresh.tolist(), strict=True):
        low, high = np.searchsorted(new.ids, (name, name + 1))
        own = track_of[low:high]
        own[own == NONE] = track_id
        kind = int(category[low])
        tracks.append(TrackRow(track_id, video_id, kind, number + len(tracks), "", run_id))
    boxes = tuple(_box_rows(new, track_of, written, video_id, run_id))
    return Layer(tuple(tracks), boxes, track_of, written, inherited)


def _hidden(new: Tracks, stay: StoredRows, lying: Overlapping, track_of: Indices) -> NDArray[np.bool_]:
    """New boxes that are not written: their track has one there that stays, or another is in their place."""
    hidden = np.isin(places(track_of, new.frames), places(stay.tracks, stay.frames))
    hidden[lying.new[lying.alike]] = True
    return hidden


def _box_rows(
    new: Tracks, track_of: Indices, written: NDArray[np.bool_], video_id: int, run_id: int
) -> Iterable[BoxRow]:
    origins = np.where(new.detections < 0, int(Origin.INTERPOLATED), int(Origin.MODEL))
    scores = np.clip(new.scores, 0.0, 1.0)
    columns = (new.frames, track_of, scores, origins, new.boxes)
    which = np.flatnonzero(written)
    for some in np.split(which, range(AT_ONCE, len(which), AT_ONCE)):
        rows = zip(*(column[some].tolist() for column in columns), strict=True)
        for frame, track, score, origin, (x, y, w, h) in rows:
            known = None if score != score else score
            yield BoxRow(video_id, frame, track, x, y, w, h, known, origin, run_id, 0, 0, 0, 0)
