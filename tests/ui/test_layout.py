"""Where docks stand, and what a window remembers of it."""

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow, QTabBar

from workbench.ui.layout import add_docks, restore_layout, save_layout


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)


def make(qtbot, *groups, tall=0):
    """A window with docks, whose panels are at least this tall."""
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setCentralWidget(QLabel())
    window.resize(780, 600)
    right = [{t: QLabel(t) for t in group} for group in groups]
    for label in (label for group in right for label in group.values()):
        label.setMinimumHeight(tall)
    places = add_docks(window, right=right, bottom={"Timeline": QLabel()})
    window.show()
    return window, places


def docks_of(window):
    return [d for d in window.findChildren(QDockWidget) if d.objectName() != "Timeline"]


def bars_of(window):
    bars = [bar for bar in window.findChildren(QTabBar) if bar.isVisible()]
    return [[bar.tabText(i) for i in range(bar.count())] for bar in bars]


def test_groups_are_tabs_one_above_the_other(qtbot):
    window, places = make(qtbot, ("Tracks", "Classes", "History"), ("Run", "Models", "Scores"))
    qtbot.waitUntil(
        lambda: bars_of(window) == [["Tracks", "Classes", "History"], ["Run", "Models", "Scores"]]
    )
    first, second = docks_of(window)
    assert first.geometry().bottom() <= second.geometry().top()
    assert first.geometry().left() == second.geometry().left() > 350
    assert places["Tracks"].panel.isVisible()
    places["Scores"].raise_()
    assert places["Scores"].panel.isVisible()
    assert not places["Run"].panel.isVisible()


def test_many_tabs_do_not_make_the_window_higher(qtbot):
    window, _ = make(qtbot, ("Tracks", "Classes"), tuple("ABCDEFGH"), tall=150)
    assert window.height() == 600


def test_a_layout_is_remembered_and_leaves_no_bars_behind(qtbot, settings):
    groups = ("Tracks", "Classes", "History"), ("Run", "Models", "Scores")
    old, _ = make(qtbot, *groups)
    first, second = docks_of(old)
    old.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, second)
    first.hide()
    save_layout(old, settings)
    new, _ = make(qtbot, *groups)
    restore_layout(new, settings)
    first, second = docks_of(new)
    assert new.dockWidgetArea(second) == Qt.DockWidgetArea.LeftDockWidgetArea
    assert first.isHidden()
    qtbot.waitUntil(lambda: bars_of(new) == [["Run", "Models", "Scores"]])


def test_a_panel_that_is_wanted_brings_its_hidden_dock_back(qtbot):
    window, places = make(qtbot, ("Tracks", "Classes"))
    (dock,) = docks_of(window)
    dock.hide()
    places["Classes"].raise_()
    assert places["Classes"].panel.isVisible()


def test_a_layout_with_other_docks_is_not_restored(qtbot, settings):
    """Qt would pile up the docks that the remembered layout does not name."""
    old, _ = make(qtbot, ("Tracks", "Classes"))
    old.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks_of(old)[0])
    old.resize(700, 500)
    save_layout(old, settings)
    new, _ = make(qtbot, ("Tracks", "Classes"), ("Run", "Models"))
    restore_layout(new, settings)
    assert {new.dockWidgetArea(d) for d in docks_of(new)} == {Qt.DockWidgetArea.RightDockWidgetArea}
    assert new.width() == 700
    assert not any(dock.isHidden() for dock in new.findChildren(QDockWidget))


def test_a_layout_from_before_versions_is_not_restored(qtbot, settings):
    old, _ = make(qtbot, ("Tracks", "Classes"))
    old.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks_of(old)[0])
    settings.setValue("window/layout", old.saveState())
    new, _ = make(qtbot, ("Tracks", "Classes"))
    restore_layout(new, settings)
    assert new.dockWidgetArea(docks_of(new)[0]) == Qt.DockWidgetArea.RightDockWidgetArea
