"""What is shown, and how large."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QObject, QRectF, Signal, Slot

from workbench.ui.canvas.view import CanvasView
from workbench.ui.overlay_of import Show
from workbench.ui.state import UiState

ZOOM = 1.25
ROOM = 3.0  # sides of the selected box that "zoom to box" shows


class ViewCommands(QObject):
    """Commands of the View menu.

    Signals:
        changed: something else shall be shown; draw again.
    """

    changed = Signal()

    def __init__(self, state: UiState, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._state, self._canvas = state, canvas
        self.show = Show()

    @Slot()
    def fit(self) -> None:
        """Show the whole picture."""
        self._canvas.fit()

    @Slot()
    def zoom_in(self) -> None:
        """Enlarge."""
        self._canvas.zoom_by(ZOOM)

    @Slot()
    def zoom_out(self) -> None:
        """Make smaller."""
        self._canvas.zoom_by(1 / ZOOM)

    @Slot()
    def zoom_selection(self) -> None:
        """Show the selected box large."""
        track = self._state.track_id
        row = None if track is None else self._state.project.box(track, self._state.frame)
        if row is not None:
            w, h = row.w * ROOM, row.h * ROOM
            self._canvas.zoom_to(QRectF(row.x + row.w / 2 - w / 2, row.y + row.h / 2 - h / 2, w, h))

    @Slot(bool)
    def hide_boxes(self, on: bool) -> None:
        """Show the picture alone, or the boxes again."""
        self._set(boxes=not on)

    @Slot(bool)
    def hide_labels(self, on: bool) -> None:
        """Show boxes without labels, or with them again."""
        self._set(labels=not on)

    @Slot(bool)
    def show_trails(self, on: bool) -> None:
        """Show where targets have been, or not any more."""
        self._set(trails=on)

    @Slot(bool)
    def colour_by_class(self, on: bool) -> None:
        """Colour by class, or by track again."""
        self._state.colour_by = "class" if on else "track"
        self.changed.emit()

    def _set(self, **what: bool) -> None:
        self.show = dataclasses.replace(self.show, **what)
        self.changed.emit()
