"""Moving through the video."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QInputDialog, QWidget

from workbench.core.rows import BoxRow
from workbench.core.spans import is_anchor
from workbench.ui.state import UiState

STEP = 10


class GoCommands(QObject):
    """Commands of the Go menu.

    Signals:
        playing(on): the video plays, or has stopped.
    """

    playing = Signal(bool)

    def __init__(self, state: UiState, loading: Callable[[], bool], parent: QWidget) -> None:
        super().__init__(parent)
        self._state, self._loading, self._window = state, loading, parent
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._began, self._from, self._reached = 0.0, 0, 0
        state.video_changed.connect(self.pause)

    @Slot()
    def next_frame(self) -> None:
        """One frame forward."""
        self._state.go_to(self._state.frame + 1)

    @Slot()
    def previous_frame(self) -> None:
        """One frame back."""
        self._state.go_to(self._state.frame - 1)

    @Slot()
    def step_forward(self) -> None:
        """Ten frames forward."""
        self._state.go_to(self._state.frame + STEP)

    @Slot()
    def step_back(self) -> None:
        """Ten frames back."""
        self._state.go_to(self._state.frame - STEP)

    @Slot()
    def first_frame(self) -> None:
        """To the start of the video."""
        self._state.go_to(0)

    @Slot()
    def last_frame(self) -> None:
        """To the end of the video."""
        self._state.go_to(self._state.frame_count - 1)

    @Slot()
    def go_to_frame(self) -> None:
        """Ask for a frame and go there."""
        last = self._state.frame_count - 1
        frame, agreed = QInputDialog.getInt(
            self._window, "Go to frame", f"Frame, 0 to {last}:", self._state.frame, 0, max(last, 0)
        )
        if agreed:
            self._state.go_to(frame)

    @Slot(bool)
    def play(self, on: bool) -> None:
        """Play in the video's own time, or pause; frames that cannot be shown in time are passed over."""
        if not on or self._state.video is None:
            self.pause()
            return
        if self._state.frame >= self._state.frame_count - 1:
            self._state.go_to(0)
        self._restart()
        self._timer.start(max(round(1000 / self._state.fps / 2), 1))
        self.playing.emit(True)

    @Slot()
    def pause(self) -> None:
        """Stop playing."""
        self._timer.stop()
        self.playing.emit(False)

    @Slot()
    def _tick(self) -> None:
        if self._loading():
            return
        if self._state.frame != self._reached:  # the user went elsewhere: play on from there
            self._restart()
        frame = self._from + int((time.monotonic() - self._began) * self._state.fps)
        self._state.go_to(frame)
        self._reached = self._state.frame
        if self._reached >= self._state.frame_count - 1:
            self.pause()

    def _restart(self) -> None:
        self._began, self._from = time.monotonic(), self._state.frame
        self._reached = self._from

    @Slot()
    def next_keyframe(self) -> None:
        """To the selected track's next keyframe."""
        ahead = [row.frame for row in self._rows() if row.frame > self._state.frame and is_anchor(row)]
        if ahead:
            self._state.go_to(ahead[0])

    @Slot()
    def previous_keyframe(self) -> None:
        """To the selected track's previous keyframe."""
        behind = [row.frame for row in self._rows() if row.frame < self._state.frame and is_anchor(row)]
        if behind:
            self._state.go_to(behind[-1])

    @Slot()
    def track_start(self) -> None:
        """To the selected track's first box."""
        rows = self._rows()
        if rows:
            self._state.go_to(rows[0].frame)

    @Slot()
    def track_end(self) -> None:
        """To the selected track's last box."""
        rows = self._rows()
        if rows:
            self._state.go_to(rows[-1].frame)

    @Slot()
    def scope_start(self) -> None:
        """Let the range start at this frame."""
        stop = self._state.scope[1] if self._state.scope else self._state.frame_count
        self._state.set_scope(self._state.frame, max(stop, self._state.frame + 1))

    @Slot()
    def scope_stop(self) -> None:
        """Let the range end with this frame."""
        start = self._state.scope[0] if self._state.scope else 0
        self._state.set_scope(min(start, self._state.frame), self._state.frame + 1)

    @Slot()
    def scope_clear(self) -> None:
        """Drop the range."""
        self._state.set_scope(0, 0)

    def _rows(self) -> Sequence[BoxRow]:
        track = self._state.track_id
        return () if track is None else self._state.project.boxes_of_track(track)
