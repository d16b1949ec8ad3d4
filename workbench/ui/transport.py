"""The bar under the canvas: where we are in the video, and moving through it."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QSpinBox, QToolButton, QWidget


class TransportBar(QWidget):
    """Buttons, a slider to scrub with and a box to type a frame into.

    Signals:
        seek(frame): the user wants this frame.
        scrubbing(on): the slider is held, or let go.
    """

    seek = Signal(int)
    scrubbing = Signal(bool)

    def __init__(self, actions: dict[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 2, 6, 2)
        for name, glyph in (("previous_frame", "◀◀"), ("play", "▶"), ("next_frame", "▶▶")):
            actions[name].setIconText(glyph)
            button = QToolButton()
            button.setDefaultAction(actions[name])
            button.setAutoRaise(True)
            button.setMinimumWidth(36)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setAutoRepeat(name != "play")
            layout.addWidget(button)
        actions["play"].toggled.connect(self._show_playing)
        self._play = actions["play"]
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._slider.setToolTip("Drag to scrub")
        self._slider.valueChanged.connect(self.seek)
        self._slider.sliderPressed.connect(self._press)
        self._slider.sliderReleased.connect(self._release)
        self._frame = QSpinBox()
        self._frame.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._frame.setKeyboardTracking(False)
        self._frame.setToolTip("The frame shown; type another one")
        self._frame.valueChanged.connect(self.seek)
        self._frame.lineEdit().returnPressed.connect(self._frame.clearFocus)  # letters are keys again
        self._total = QLabel()
        layout.addWidget(self._slider, 1)
        layout.addWidget(self._frame)
        layout.addWidget(self._total)
        self._fps = 25.0

    def show_video(self, frame_count: int, fps: float) -> None:
        """Cover a video of this length."""
        self._fps = max(fps, 1e-3)
        for widget in (self._slider, self._frame):
            with QSignalBlocker(widget):
                widget.setRange(0, max(frame_count - 1, 0))
        self.show_frame(0)

    @Slot(int)
    def show_frame(self, frame: int) -> None:
        """Show where we are."""
        for widget in (self._slider, self._frame):
            with QSignalBlocker(widget):
                widget.setValue(frame)
        minutes, seconds = divmod(frame / self._fps, 60)
        self._total.setText(f"/ {self._slider.maximum()}   {int(minutes)}:{seconds:06.3f}")

    @Slot(bool)
    def _show_playing(self, on: bool) -> None:
        self._play.setIconText("❚❚" if on else "▶")

    @Slot()
    def _press(self) -> None:
        self.scrubbing.emit(True)

    @Slot()
    def _release(self) -> None:
        self.scrubbing.emit(False)
