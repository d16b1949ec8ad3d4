"""The showing part of the window: the pictures of the video on the canvas, or why there are none."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from workbench.services.projects import missing_media
from workbench.ui.canvas.view import CanvasView
from workbench.ui.loader import FrameLoader
from workbench.ui.state import UiState
from workbench.video.display import DisplayFrame

HOLD = 50  # ms between two looks whether the mouse has let a box go


class Showing(QObject):
    """Owns the loader and puts what it decoded on the canvas.

    Signals:
        shown: the canvas is at another frame, ``state.shown``; what lies over its picture is to be drawn.
        noticed(sentence): what is wrong with the video.
    """

    shown = Signal()
    noticed = Signal(str)

    def __init__(self, state: UiState, canvas: CanvasView, parent: QObject) -> None:
        super().__init__(parent)
        self._state, self._canvas = state, canvas
        self.loader = FrameLoader(self)
        self._held: DisplayFrame | None = None
        state.frame_changed.connect(self._on_frame)
        self.loader.shown.connect(self._on_shown)
        self.loader.failed.connect(self._on_failed)
        self.loader.unreadable.connect(self._on_unreadable)
        self.loader.problems.connect(self._on_problems)

    def show_video(self) -> None:
        """Another video is shown, or the file of this one was found elsewhere."""
        video, project = self._state.video, self._state.project
        self._canvas.set_image(None)
        self._held = None
        self.loader.close_video()
        if video is None:
            self._canvas.set_hint("Open a video with Ctrl+O, or drop one here")
        elif missing := missing_media(project, video.id):
            self._on_unreadable(missing)
        else:
            self._canvas.set_hint("")
            self.loader.open(project.video_file(video), project.path / "cache")
            self.loader.request(self._state.frame)

    @Slot(int)
    def _on_frame(self, frame: int) -> None:
        self.loader.request(frame)
        if not self.loader.is_open:
            self._state.shown = frame
            self.shown.emit()

    @Slot(object)
    def _on_shown(self, shown: DisplayFrame) -> None:
        if self._canvas.is_dragging:  # a picture must not change under the user's hand
            self._held = shown
            QTimer.singleShot(HOLD, self._show_held)
            return
        self._held = None
        first = self._canvas.source_size == (0.0, 0.0)
        self._state.shown = shown.frame
        self._canvas.set_image(shown.image, 1.0 / shown.scale)
        if first:
            self._canvas.fit()
        self.shown.emit()

    @Slot()
    def _show_held(self) -> None:
        if self._held is not None:
            self._on_shown(self._held)

    @Slot(int, str)
    def _on_failed(self, frame: int, sentence: str) -> None:
        if frame == self._state.frame:
            self._state.shown = frame
            self._canvas.set_image(None)
            self._canvas.set_hint(sentence)
            self.shown.emit()

    @Slot(str)
    def _on_unreadable(self, sentence: str) -> None:
        self.noticed.emit(sentence)
        self._canvas.set_hint("The pictures of this video cannot be shown")

    @Slot(object)
    def _on_problems(self, problems: tuple[str, ...]) -> None:
        self.noticed.emit(" ".join(problems))
