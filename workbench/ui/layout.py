"""Where things stand in the window."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Place:
    """Where a panel stands: in these tabs."""

    tabs: QTabWidget
    panel: QWidget

    def raise_(self) -> None:
        """Bring it to the front."""
        self.tabs.setCurrentWidget(self.panel)
        dock = self.tabs.parentWidget()
        if isinstance(dock, QDockWidget):
            dock.show()


def add_docks(
    window: QMainWindow, *, right: Sequence[Mapping[str, QWidget]], bottom: Mapping[str, QWidget]
) -> dict[str, Place]:
    """Docks: groups of tabs one above the other at the right over the whole height, others at the bottom.

    The tabs of a group are of one dock. Docks that Qt tabs itself (seen with 6.11) leave bars of tabs behind
    that belong to nothing, whenever there are more than two in a group or a layout is restored.

    Returns:
        Where each panel at the right stands, by its title.
    """
    at_right, at_bottom = Qt.DockWidgetArea.RightDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
    window.setCorner(Qt.Corner.BottomRightCorner, at_right)
    places: dict[str, Place] = {}
    column = []
    for group in right:
        tabs = QTabWidget()
        tabs.setDocumentMode(True)
        tabs.setUsesScrollButtons(True)
        for title, panel in group.items():
            tabs.addTab(panel, title)
            places[title] = Place(tabs, panel)
        dock = _dock(window, " · ".join(group), tabs)
        window.addDockWidget(at_right, dock)
        column.append(dock)
    feet = [_dock(window, title, panel) for title, panel in bottom.items()]
    for dock in feet:
        window.addDockWidget(at_bottom, dock)
    window.resizeDocks(column, [SIDE] * len(column), Qt.Orientation.Horizontal)
    window.resizeDocks(column, SHARES[: len(column)], Qt.Orientation.Vertical)
    window.resizeDocks(feet, [FOOT] * len(feet), Qt.Orientation.Vertical)
    return places


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
