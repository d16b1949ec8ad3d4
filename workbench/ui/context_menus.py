"""The menus of a right click on the canvas and on the timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, QPoint, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu

from workbench.ui.menus import BOX_MENU, EMPTY_MENU, IDENTITY_MENU, RANGE_MENU, context_menu
from workbench.ui.state import UiState


class ContextMenus(QObject):
    """Selects what was clicked on and shows what can be done with it."""

    def __init__(self, state: UiState, actions: Mapping[str, QAction], window: QMainWindow) -> None:
        super().__init__(window)
        self._state, self._actions, self._window = state, actions, window

    @Slot(int, QPoint)
    def on_canvas(self, track_id: int, position: QPoint) -> None:
        """A right click on the picture, on the box of a track or (-1) on none."""
        if track_id >= 0 and track_id not in self._state.selection:
            self._state.select((track_id,))
        names = BOX_MENU if self._state.selection else EMPTY_MENU
        self._menu(names).popup(position)

    @Slot(int, int, QPoint)
    def on_timeline(self, track_id: int, frame: int, position: QPoint) -> None:
        """A right click on a track's lane, or (-1) on none, at a frame."""
        if track_id >= 0 and track_id not in self._state.selection:
            self._state.select((track_id,))
        self._state.go_to(frame)
        self._menu((*BOX_MENU, *RANGE_MENU)).popup(position)

    def _menu(self, names: Sequence[str]) -> QMenu:
        within = {"Identity": IDENTITY_MENU} if self._state.selection else {}
        return context_menu(self._window, self._actions, names, within=within)
