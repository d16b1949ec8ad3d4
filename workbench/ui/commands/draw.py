"""Beginning to draw, and leaving whatever was begun."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Slot

from workbench.ui.canvas.view import CanvasView
from workbench.ui.commands.edit import EditCommands
from workbench.ui.notice import NoticeBar
from workbench.ui.state import UiState


class DrawCommands(QObject):
    """Commands about what the next drag on the canvas does."""

    def __init__(
        self,
        state: UiState,
        canvas: CanvasView,
        edits: EditCommands,
        notice: NoticeBar,
        *,
        running: Callable[[], bool],
        stop: Callable[[], None],
        leave: Callable[[], bool],
    ) -> None:
        super().__init__(canvas)
        self._state, self._canvas, self._edits = state, canvas, edits
        self._running, self._stop, self._leave, self._notice = running, stop, leave, notice

    @Slot()
    def new_box(self) -> None:
        """Let the next drag draw a box that starts a track."""
        self._start(None)

    @Slot()
    def add_box(self) -> None:
        """Let the next drag draw the selected track's box in this frame."""
        if self._state.track_id is None:
            self._notice.refuse("Select the track first that the box shall belong to.")
        else:
            self._start(self._state.track_id)

    @Slot()
    def cancel(self) -> None:
        """Leave one thing: drawing, a correction, a tracker or detector, the range, the selection."""
        if self._canvas.cancel() or self._leave():
            return
        if self._running():
            self._stop()
        elif self._state.scope is not None:
            self._state.set_scope(0, 0)
        else:
            self._state.select(())
            self._notice.clear()

    def _start(self, track: int | None) -> None:
        if self._state.project.read_only:
            self._notice.refuse("This window changes nothing: the project is open for reading only.")
        elif self._state.video is not None:
            self._edits.drawing_for = track
            self._canvas.start_drawing()
