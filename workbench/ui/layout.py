"""Where things stand in the window."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow, QTabWidget, QVBoxLayout, QWidget

from workbench.ui.menus import TOOLBAR

SIDE = 370  # pixels of the docks at the right
FOOT = 176  # pixels of the docks at the bottom
SHARES = (2, 3)  # of their height, from the top


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
    window: QMainWindow, *, right: Sequence[Mapping[str, QWidget]], bottom: Mapping[str, QWidget]
) -> dict[str, QDockWidget]:
    """Docks by their titles: groups of tabs one above the other at the right, others at the bottom.

    The first of a group is the one in front. The bottom goes over the whole width.
    """
    at_right, at_bottom = Qt.DockWidgetArea.RightDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
    window.setCorner(Qt.Corner.BottomRightCorner, at_bottom)
    window.setTabPosition(at_right, QTabWidget.TabPosition.North)
    docks = {t: _dock(window, t, widget) for group in (*right, bottom) for t, widget in group.items()}
    for title in bottom:
        window.addDockWidget(at_bottom, docks[title])
    column = []
    for first, *others in right:
        window.addDockWidget(at_right, docks[first])
        for title in others:  # at once: docks that are piled up first make the window too high for good
            window.tabifyDockWidget(docks[first], docks[title])
        docks[first].raise_()
        column.append(docks[first])
    window.resizeDocks(column, [SIDE] * len(column), Qt.Orientation.Horizontal)
    window.resizeDocks(column, SHARES[: len(column)], Qt.Orientation.Vertical)
    window.resizeDocks([docks[title] for title in bottom], [FOOT] * len(bottom), Qt.Orientation.Vertical)
    return docks


def _dock(window: QMainWindow, title: str, widget: QWidget) -> QDockWidget:
    dock = QDockWidget(title, window)
    dock.setObjectName(title)
    dock.setWidget(widget)
    return dock


def save_layout(window: QMainWindow, settings: QSettings) -> None:
    """Remember size, place and docks of the window."""
    settings.setValue("window/geometry", window.saveGeometry())
    settings.setValue("window/layout", window.saveState(_version(window)))


def restore_layout(window: QMainWindow, settings: QSettings) -> None:
    """Give a window the size, place and docks that were remembered.

    Docks stay where ``add_docks`` has put them if other docks were remembered than there are now: Qt would
    pile up those that it does not know.
    """
    geometry, layout = settings.value("window/geometry"), settings.value("window/layout")
    if geometry is not None:
        window.restoreGeometry(geometry)
    if layout is not None:
        window.restoreState(layout, _version(window))


def _version(window: QMainWindow) -> int:
    """A number for the set of docks that the window has."""
    titles = sorted(dock.objectName() for dock in window.findChildren(QDockWidget))
    return zlib.crc32("|".join(titles).encode()) & 0x7FFF_FFFF  # Qt's int has a sign


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
