"""Fills the timeline and the list of tracks from the project, and after an edit only what it touched.

All boxes of a video are read on a thread of their own, those of a few tracks at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Generator
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject, QTimer, Slot

from workbench.core.edits import Scope
from workbench.store import BoxColumns, Project
from workbench.ui import timeline
from workbench.ui.overlay_of import Palette
from workbench.ui.panels.tracks import TrackLine, TracksPanel
from workbench.ui.state import UiState
from workbench.ui.worker import Task, TaskQueue

PATIENCE = 200  # ms of reading until it is said
FEW = 4  # tracks that are read at once; with 5000 boxes each, among a million, they take 0.1 s


@dataclass(frozen=True)
class Extent:
    """How many boxes a track has, and between which frames."""

    boxes: int | None  # None = not read yet
    first: int = 0
    last: int = 0


@dataclass(frozen=True)
class AllBoxes:
    """What is shown of all boxes of a video."""

    lanes: timeline.LaneData
    extents: dict[int, Extent]


class Lanes(QObject):
    """The one place that reads a video's boxes for the views that show all of them."""

    def __init__(
        self, state: UiState, view: timeline.TimelineView, panel: TracksPanel, reading: TaskQueue
    ) -> None:
        super().__init__(view)
        self._state, self._view, self._panel, self._reading = state, view, panel, reading
        self._palette = Palette((), (), "track")
        self._extents: dict[int, Extent] = {}
        self._running: dict[int, dict[int, float]] = defaultdict(dict)
        self._task: int | None = None
        self._edited: set[int] = set()  # tracks whose boxes changed since the reading began
        self.listed: set[int] | None = None  # tracks that the list shows; None = all
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(PATIENCE)
        self._slow.timeout.connect(self._say)
        reading.done.connect(self._on_done)
        reading.failed.connect(self._on_failed)

    def load(self, palette: Palette) -> None:
        """Read another video; until its boxes come, its tracks are shown without them."""
        video = self._state.video
        self._view.set_video(self._state.frame_count, fps=video.fps if video else None)
        self._extents = {}
        self._read()
        self.repaint(palette)
        if video is not None:
            self._slow.start()

    def refresh(self, scope: Scope, palette: Palette) -> None:
        """Read again what an edit touched."""
        if "track" in scope.tables:
            self._palette = palette
            self._show_lanes()
        if scope.boxed:
            self._read_again(scope.boxed)
        if "track" in scope.tables:
            self.show_panel()

    def repaint(self, palette: Palette) -> None:
        """Show the same boxes with other names or colours."""
        self._palette = palette
        self._show_lanes()
        self.show_panel()

    def show_panel(self) -> None:
        """Fill the list of tracks."""
        tracks = self._palette.tracks
        listed = tracks if self.listed is None else self.listed & tracks.keys()
        lines = [self._line(track_id) for track_id in listed]
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

    # Reading

    def _read(self) -> None:
        """Have all boxes of the video read; what was being read is not wanted any more."""
        video, project = self._state.video, self._state.project
        self._over()
        if video is not None:
            video_id = video.id
            self._task = self._reading.submit(Task("Reading the boxes", lambda: _all(project, video_id)))

    def _read_again(self, tracks: Collection[int]) -> None:
        """Read the boxes of these tracks, which an edit has changed."""
        if self._task is not None:  # what is being read may be from before the edit
            self._edited.update(tracks)
        if len(tracks) > FEW:
            if self._task is None:
                self._read()
            return
        project = self._state.project
        columns = BoxColumns.joined(project.box_columns_of_track(t) for t in sorted(tracks))
        for track_id in tracks:
            self._extents.pop(track_id, None)
        self._extents |= extents(columns)
        self._view.update_tracks(tracks, timeline.BoxColumns(*columns))
        self._panel.replace_lines(self._line(t) for t in tracks if t in self._palette.tracks)

    @Slot(int, object)
    def _on_done(self, task: int, found: AllBoxes) -> None:
        if task != self._task:
            return
        edited = self._over()
        self._extents = found.extents
        self._view.set_data(found.lanes)
        self.show_panel()
        if edited:
            self._read_again(edited)

    @Slot(int, object, str)
    def _on_failed(self, task: int, error: BaseException, _label: str) -> None:
        if task == self._task:
            self._over()
            raise error

    def _over(self) -> set[int]:
        """Nothing is being read any more; returns the tracks that were edited meanwhile."""
        if self._task is not None:
            self._reading.cancel(self._task)
        self._task = None
        self._slow.stop()
        self._view.set_note("")
        edited, self._edited = self._edited, set()
        return edited

    @Slot()
    def _say(self) -> None:
        self._view.set_note("Reading the boxes…")

    # Showing

    def _show_lanes(self) -> None:
        palette = self._palette
        lanes = [
            timeline.Lane(t.id, t.number, t.name, palette.category_name(t.id), palette.colour(t.id))
            for t in sorted(palette.tracks.values(), key=lambda t: t.number)
        ]
        self._view.set_lanes(lanes)
        self._view.set_selected(self._state.selection)

    def _line(self, track_id: int) -> TrackLine:
        palette = self._palette
        track = palette.tracks[track_id]
        extent = self._extents.get(track_id, Extent(0 if self._task is None else None))
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


def _all(project: Project, video_id: int) -> Generator[None, None, AllBoxes]:
    """Read all boxes of a video; may be stopped between two parts."""
    parts = []
    for part in project.box_columns_in_parts(video_id):
        parts.append(part)
        yield
    columns = BoxColumns.joined(parts)
    return AllBoxes(timeline.lane_data(timeline.BoxColumns(*columns)), extents(columns))


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
