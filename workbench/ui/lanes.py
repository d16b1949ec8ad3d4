"""Fills the timeline and the list of tracks from the project, and after an edit only what it touched."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QTimer

from workbench.core.edits import Scope
from workbench.store import BoxColumns
from workbench.ui import timeline
from workbench.ui.overlay_of import Palette
from workbench.ui.panels.tracks import TrackLine, TracksPanel
from workbench.ui.state import UiState


@dataclass(frozen=True)
class Extent:
    """How many boxes a track has, and between which frames."""

    boxes: int
    first: int
    last: int


class Lanes:
    """The one place that reads a video's boxes for the views that show all of them."""

    def __init__(self, state: UiState, view: timeline.TimelineView, panel: TracksPanel) -> None:
        self._state, self._view, self._panel = state, view, panel
        self._extents: dict[int, Extent] = {}
        self._running: dict[int, dict[int, float]] = defaultdict(dict)
        self.listed: set[int] | None = None  # tracks that the list shows; None = all

    def load(self, palette: Palette) -> None:
        """Read another video."""
        video = self._state.video
        self._view.set_video(self._state.frame_count, fps=video.fps if video else None)
        self._extents = {}
        self._show_lanes(palette)
        if video is None:
            return
        columns = self._state.project.box_columns(video.id)
        self._extents = extents(columns)
        self._view.set_columns(timeline.BoxColumns(*columns))
        self.show_panel(palette)

    def refresh(self, scope: Scope, palette: Palette) -> None:
        """Read again what an edit touched."""
        project, video = self._state.project, self._state.video
        assert video is not None
        if not scope.tables & {"track", "box"}:
            return
        if "track" in scope.tables:
            self._show_lanes(palette)
        if scope.boxed:
            parts = [project.box_columns_of_track(t) for t in sorted(scope.boxed)]
            columns = BoxColumns(*(np.concatenate(column) for column in zip(*parts, strict=True)))
            for track_id in scope.boxed:
                self._extents.pop(track_id, None)
            self._extents |= extents(columns)
            self._view.update_tracks(scope.boxed, timeline.BoxColumns(*columns))
        if "track" in scope.tables:
            self.show_panel(palette)
        else:
            self._panel.replace_lines(self._line(t, palette) for t in scope.boxed if t in palette.tracks)

    def repaint(self, palette: Palette) -> None:
        """Show the same boxes with other names or colours."""
        self._show_lanes(palette)
        self.show_panel(palette)

    def show_panel(self, palette: Palette) -> None:
        """Fill the list of tracks."""
        listed = palette.tracks if self.listed is None else self.listed & palette.tracks.keys()
        lines = [self._line(track_id, palette) for track_id in listed]
        lines.sort(key=lambda line: line.number)
        self._panel.show_lines(lines, self._state.selection)

    def show_selection(self) -> None:
        """Highlight the selected tracks."""
        self._view.set_selected(self._state.selection)
        track = self._state.track_id
        if track is not None:  # when the score strip has taken its room
            QTimer.singleShot(0, self._view, lambda: self._view.show_track(track))

    def show_provisional(self, frame: int) -> None:
        """Show how far running trackers are and how sure, after they reported ``frame``; -1 = they ended."""
        if frame < 0:
            self._running.clear()
        for box in self._state.provisional.get(frame, ()):
            self._running[box.track_id][frame] = box.score
        self._view.set_provisional(self._running)

    def _show_lanes(self, palette: Palette) -> None:
        lanes = [
            timeline.Lane(t.id, t.number, t.name, palette.category_name(t.id), palette.colour(t.id))
            for t in sorted(palette.tracks.values(), key=lambda t: t.number)
        ]
        self._view.set_lanes(lanes)
        self._view.set_selected(self._state.selection)

    def _line(self, track_id: int, palette: Palette) -> TrackLine:
        track = palette.tracks[track_id]
        extent = self._extents.get(track_id, Extent(0, 0, 0))
        return TrackLine(
            track_id=track_id,
            number=track.number,
            category=palette.category_name(track_id),
            name=track.name,
            boxes=extent.boxes,
            first=extent.first,
            last=extent.last,
            colour=palette.colour(track_id),
            queued=track_id in self._state.queue,
        )


def extents(columns: BoxColumns) -> dict[int, Extent]:
    """Extent of every track that has a box."""
    if not len(columns.frame):
        return {}
    order = np.lexsort((columns.frame, columns.track_id))
    ids, starts, counts = np.unique(columns.track_id[order], return_index=True, return_counts=True)
    frames = columns.frame[order]
    firsts, lasts = frames[starts], frames[starts + counts - 1]
    found = zip(ids.tolist(), counts.tolist(), firsts.tolist(), lasts.tolist(), strict=True)
    return {track: Extent(count, first, last) for track, count, first, last in found}
