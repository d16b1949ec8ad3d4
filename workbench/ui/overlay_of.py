"""What the canvas shows of the project in one frame: rows and running trackers packed into arrays."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from workbench.core.rows import BoxRow, Origin, TrackRow
from workbench.services.tracking import TrackedBox
from workbench.store import Category
from workbench.ui.canvas.scene import BoxFlag, Overlay
from workbench.ui.colours import Rgb, parse_colour, track_colour
from workbench.ui.poses_of import poses_of
from workbench.ui.state import UiState
from workbench.ui.trails import TRAIL

PREVIEWED = BoxFlag.PROPOSED | BoxFlag.LOCKED


@dataclass(frozen=True)
class Show:
    """What the user wants to see."""

    boxes: bool = True
    labels: bool = True
    trails: bool = False


class Palette:
    """Names and colours of a video's tracks, read once and kept until an edit of tracks or classes."""

    def __init__(self, tracks: Sequence[TrackRow], categories: Sequence[Category], colour_by: str) -> None:
        self.tracks = {t.id: t for t in tracks}
        self.categories = {c.id: c for c in categories}
        self._by_class = colour_by == "class"
        self._labels: dict[int, str] = {}  # those that were asked for

    def colour(self, track_id: int) -> Rgb:
        """Colour of a track's boxes."""
        track = self.tracks.get(track_id)
        if track is None:
            return (160, 160, 160)
        if self._by_class and track.category_id in self.categories:
            return parse_colour(self.categories[track.category_id].color)
        return track_colour(track.number)

    def label(self, track_id: int) -> str:
        """Number and class of a track, and its name if it has one."""
        if track_id not in self._labels:
            self._labels[track_id] = self._words(track_id)
        return self._labels[track_id]

    def _words(self, track_id: int) -> str:
        track = self.tracks.get(track_id)
        if track is None:
            return "?"
        words = [str(track.number), self.category_name(track_id), track.name]
        return " ".join(word for word in words if word)

    def category_name(self, track_id: int) -> str:
        """Class of a track, "" when it has none that is known."""
        category = self.categories.get(self.tracks[track_id].category_id)
        return category.name if category else ""

    def having(self, tracks: dict[int, TrackRow]) -> Palette:
        """The palette with these tracks besides or in place of its own."""
        if not tracks:
            return self
        colour_by = "class" if self._by_class else "track"
        return Palette([*(self.tracks | tracks).values()], [*self.categories.values()], colour_by)


def palette_of(state: UiState) -> Palette:
    """The palette of the video shown."""
    tracks = state.project.tracks(state.video.id) if state.video else []
    return Palette(tracks, state.project.categories(), state.colour_by)


def previewed_palette(state: UiState, palette: Palette) -> Palette:
    """The palette with the tracks that a correction which is shown would make or rename."""
    return palette.having(state.correction.tracks if state.correction.is_on else {})


def overlay_of(state: UiState, palette: Palette, show: Show) -> Overlay:
    """What belongs on the picture that is on the canvas, which may be behind the frame asked for."""
    if state.video is None or not show.boxes:
        return Overlay()
    rows = [row for row in state.project.boxes_at(state.video.id, state.shown) if not row.outside]
    rows, previewed = _previewed(state, rows)
    running = state.provisional.get(state.shown, ())
    replaced = {b.track_id for b in running}
    rows = [row for row in rows if row.protected or row.track_id not in replaced]
    kept = {row.track_id for row in rows}
    fresh = [b for b in running if b.found and b.track_id not in kept]
    ids = [row.track_id for row in rows] + [b.track_id for b in fresh]
    selected = set(state.selection)
    flags = [PREVIEWED if row in previewed else flags_of(row) for row in rows]
    flags += [BoxFlag.PREDICTED] * len(fresh)
    plain = [t in selected and f != PREVIEWED for f, t in zip(flags, ids, strict=True)]
    flags = [f | BoxFlag.SELECTED if on else f for f, on in zip(flags, plain, strict=True)]
    points, lengths = trails(state, ids) if show.trails else (np.zeros((0, 2), np.float32), np.zeros(0))
    joints, edges = poses_of(state.project, state.video.id, state.shown, ids)
    return Overlay(
        boxes=np.array([row.box for row in rows] + [b.box for b in fresh], dtype=np.float64).reshape(-1, 4),
        colors=np.array([palette.colour(t) for t in ids], dtype=np.uint8).reshape(-1, 3),
        labels=labels(rows, fresh, palette, previewed) if show.labels else (),
        track_ids=np.array(ids, dtype=np.int64),
        flags=np.array(flags, dtype=np.uint8),
        trail_points=points,
        trail_lengths=np.array(lengths, dtype=np.int64),
        joints=joints,
        edges=edges,
    )


def _previewed(state: UiState, rows: list[BoxRow]) -> tuple[list[BoxRow], frozenset[BoxRow]]:
    """The boxes of the frame as the correction that is shown would leave them, and those it would change."""
    change = state.correction.at(state.shown)
    if change is None:
        return rows, frozenset()
    come = [row for row in change.come if not row.outside]
    gone = set(change.gone)
    return [row for row in rows if row not in gone] + come, frozenset(come)


def flags_of(row: BoxRow) -> BoxFlag:
    """How a stored box is drawn."""
    return _flags(row.origin, bool(row.verified), bool(row.keyframe), bool(row.occluded))


@cache  # making flags of an enumeration takes longer than reading the box
def _flags(origin: int, verified: bool, keyframe: bool, occluded: bool) -> BoxFlag:
    marks: Mapping[BoxFlag, bool] = {
        BoxFlag.PREDICTED: origin == Origin.MODEL and not verified,
        BoxFlag.INTERPOLATED: origin == Origin.INTERPOLATED,
        BoxFlag.KEYFRAME: keyframe,
        BoxFlag.VERIFIED: verified,
        BoxFlag.OCCLUDED: occluded,
    }
    flags = BoxFlag(0)
    for flag, on in marks.items():
        if on:
            flags |= flag
    return flags


def labels(
    rows: Sequence[BoxRow], fresh: Sequence[TrackedBox], palette: Palette, previewed: Container[BoxRow] = ()
) -> list[str]:
    """A text for every box; what a model said comes with its score, what a box would become with an arrow."""

    def words(track_id: int, score: float | None) -> str:
        return palette.label(track_id) + ("" if score is None else f" {score:.2f}")

    stored = [
        f"→{palette.label(row.track_id)}"
        if row in previewed
        else words(row.track_id, row.score if row.origin == Origin.MODEL else None)
        for row in rows
    ]
    return stored + [words(b.track_id, b.score) for b in fresh]


def trails(state: UiState, ids: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Where each box's centre has been, oldest first, and how many points belong to each box."""
    assert state.video is not None
    running = [
        (frame, b.track_id, b.box)
        for frame in range(max(state.shown - TRAIL, 0), state.shown + 1)
        for b in state.provisional.get(frame, ())
        if b.found
    ]
    return state.trails.of(state.video.id, ids, state.shown, running=running)
