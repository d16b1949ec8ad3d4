"""The tracks of a video and all that is known of their boxes, prepared once for every kind of search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Array
from workbench.core.track_boxes import TrackBoxes
from workbench.review.appearance import Looks

Index = NDArray[np.int64]
Mask = NDArray[np.bool_]

FURTHEST = 1e7  # pixels from the origin
THINNEST = 1e-2  # pixels of width or height


@dataclass(frozen=True, eq=False)
class Links:
    """Links that hold tracks together, as offline association reports them; (L,) each.

    Args:
        tracks: id of the track that each is in.
        before, after: frame of the last detection before the link and of the first behind it.
        probabilities: that the link is right, [0, 1].
    """

    tracks: Index
    before: Index
    after: Index
    probabilities: Array


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known beside the boxes; whatever is None is not known.

    Args:
        looks: (N, D) how each box looks, in the order of the rows: embeddings of a network, or those of
            ``appearance.describe``; a row of zeros = not known.
        filled: (N,) the box was put between others and not seen.
        links: what tracks were joined from.
        picture: width and height in pixels.
        frames: of the video.
    """

    looks: Looks | None = None
    filled: Mask | None = None
    links: Links | None = None
    picture: tuple[float, float] | None = None
    frames: int | None = None


@dataclass(frozen=True, eq=False)
class View:
    """Usable boxes by track and then frame, N rows of T tracks.

    Args:
        boxes: the rows; boxes that are none are left out.
        bounds: (T + 1,) first row of each track, and N.
        number: (N,) number of each row's track, from 0.
        place: (N, 2) centre, pixels.
        size: (N,) square root of the area, pixels.
        shape: (N, 2) logarithms of width and height.
        filled: (N,) not seen.
        doubt: (N,) probability that the box is not of the target of the box before it, as its link says;
            NaN where there is no link.
        looks: (N, D) of length 1 or 0; D = 0 where looks are not known.
        picture: width and height in pixels, or None.
        frames: of the video.
        keys: (N,) ascending, of track and frame.
    """

    boxes: TrackBoxes
    bounds: Index
    number: Index
    place: Array
    size: Array
    shape: Array
    filled: Mask
    doubt: Array
    looks: Looks
    picture: tuple[float, float] | None
    frames: int
    keys: Index

    @classmethod
    def of(cls, tracks: TrackBoxes, evidence: Evidence) -> View:
        """Prepare tracks.

        Raises:
            ValueError: looks or filled have another number of rows than the tracks.
        """
        for name, column in (("looks", evidence.looks), ("filled", evidence.filled)):
            if column is not None and len(column) != len(tracks):
                raise ValueError(f"{name} has {len(column)} rows, the tracks have {len(tracks)}")
        near = (np.abs(tracks.boxes) <= FURTHEST).all(axis=1)  # False for NaN
        kept: Mask = np.asarray(near & (tracks.boxes[:, 2:] >= THINNEST).all(axis=1))
        boxes = tracks[kept]
        bounds = boxes.bounds
        side = boxes.boxes[:, 2:]
        looks = np.zeros((len(tracks), 0), np.float32) if evidence.looks is None else evidence.looks
        filled = np.zeros(len(tracks), np.bool_) if evidence.filled is None else evidence.filled
        last = max(int(boxes.frames.max(initial=-1)) + 1, evidence.frames or 0)
        number = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
        return cls(
            boxes,
            bounds,
            number,
            boxes.boxes[:, :2] + side / 2,
            np.sqrt(side.prod(axis=1)),
            np.log(side),
            filled[kept],
            _doubt(boxes, evidence.links),
            looks[kept],
            evidence.picture,
            last,
            number * (last + 1) + boxes.frames,
        )

    def __len__(self) -> int:
        return len(self.number)

    @property
    def firsts(self) -> Index:
        """First row of each track, (T,)."""
        return self.bounds[:-1]

    @property
    def lasts(self) -> Index:
        """Last row of each track, (T,)."""
        return self.bounds[1:] - 1

    @property
    def lengths(self) -> Index:
        """Boxes of each track, (T,)."""
        return np.diff(self.bounds)

    @property
    def linked(self) -> bool:
        """Whether links are known, which the tracks were joined by: what is still apart was refused there."""
        return not np.isnan(self.doubt).all()

    @property
    def ids(self) -> Index:
        """Id of each track, (T,)."""
        return self.boxes.tracks[self.firsts]

    def rows_from(self, number: Index, frame: Index) -> Index:
        """First row of each track at or behind a frame, (K,); the track's end if there is none.

        Args:
            number: (K,) of tracks.
            frame: (K,).
        """
        wanted = number * (self.frames + 1) + np.clip(frame, 0, self.frames)
        return np.searchsorted(self.keys, wanted).astype(np.int64)


def _doubt(boxes: TrackBoxes, links: Links | None) -> Array:
    doubt = np.full(len(boxes), np.nan)
    if links is None or not len(boxes):
        return doubt
    span = int(boxes.frames.max()) + 2
    key = boxes.tracks * span + boxes.frames
    wanted = links.tracks * span + np.minimum(links.after, span - 1)
    row = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    known = key[row] == wanted
    doubt[row[known]] = 1 - links.probabilities[known]
    return doubt
