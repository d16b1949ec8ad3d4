"""Where things stand in the window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow, QTabWidget, QVBoxLayout, QWidget

from workbench.ui.menus import TOOLBAR

SIDE = 340  # pixels of the docks at the right
SHARE = 2  # height of the tabs there, in heights of one of the others


def stack(parts: Sequence[QWidget], *, growing: QWidget) -> QWidget:
    """Widgets one above the other without gaps; one of them takes the room that is left."""
    whole = QWidget()
    layout = QVBoxLayout(whole)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for part in parts:
        layout.addWidget(part, 1 if part is growing else 0)
    return whole


def add_docks(
    window: QMainWindow,
    *,
    right: Mapping[str, QWidget],
    tabs: Mapping[str, QWidget],
    bottom: Mapping[str, QWidget],
) -> dict[str, QDockWidget]:
    """Docks by their titles: at the right, beneath them as tabs, and at the bottom over the whole width."""
    docks: dict[str, QDockWidget] = {}
    for area, widgets in (
        (Qt.DockWidgetArea.RightDockWidgetArea, {**right, **tabs}),
        (Qt.DockWidgetArea.BottomDockWidgetArea, bottom),
    ):
        for title, widget in widgets.items():
            dock = docks[title] = QDockWidget(title, window)
            dock.setObjectName(title)
            dock.setWidget(widget)
            window.addDockWidget(area, dock)
    window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
    window.setTabPosition(Qt.DockWidgetArea.RightDockWidgetArea, QTabWidget.TabPosition.North)
    first, *others = (docks[title] for title in tabs)
    for dock in others:
        window.tabifyDockWidget(first, dock)
    first.raise_()
    column = [*(docks[title] for title in right), first]
    window.resizeDocks(column, [SIDE] * len(column), Qt.Orientation.Horizontal)
    window.resizeDocks(column, [1] * len(right) + [SHARE], Qt.Orientation.Vertical)
    return docks


def add_toolbar(window: QMainWindow, actions: Mapping[str, QAction], choices: Mapping[str, QWidget]) -> None:
    """The tool bar: the most used actions, then labelled choices."""
    bar = window.addToolBar("Main")
    bar.setObjectName("Main")
    bar.setMovable(False)
    for name in TOOLBAR:
        bar.addAction(actions[name])
    bar.addSeparator()
    for title, widget in choices.items():
        bar.addWidget(QLabel(f" {title} "))
        bar.addWidget(widget)
