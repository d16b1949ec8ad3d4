"""Painting what stands beside the picture a moment later, so that the picture is not kept waiting for it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtWidgets import QWidget


class Aside(QObject):
    """Lists and lanes that follow what is shown; each is painted in a turn of its own."""

    def __init__(self, widgets: Iterable[QWidget], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._widgets = tuple(widgets)
        self._held: list[QWidget] = []
        self._turn = QTimer(self)  # due when everything else has been painted
        self._turn.setSingleShot(True)
        self._turn.timeout.connect(self._release)

    @Slot()
    def hold(self) -> None:
        """Paint them only when what is changed now has been painted."""
        self._held = list(self._widgets)
        for widget in self._held:
            widget.setUpdatesEnabled(False)
        self._turn.start()

    @Slot()
    def _release(self) -> None:
        self._held.pop().setUpdatesEnabled(True)
        if self._held:
            self._turn.start()
