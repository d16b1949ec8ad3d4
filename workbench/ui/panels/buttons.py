"""The buttons of the panels."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QToolButton


def add_buttons(row: QBoxLayout, actions: Iterable[QAction]) -> None:
    """A button for each action, all equally wide; the keys stay with the picture when one is pressed."""
    for action in actions:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row.addWidget(button)
