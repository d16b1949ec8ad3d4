"""Where docks stand, and what a window remembers of it."""

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow

from workbench.ui.layout import add_docks, restore_layout, save_layout


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)


def make(qtbot, *groups, tall=0):
    """A window with docks, whose widgets are at least this tall."""
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setCentralWidget(QLabel())
    window.resize(780, 600)
    right = [{t: QLabel(t) for t in group} for group in groups]
    for label in (label for group in right for label in group.values()):
        label.setMinimumHeight(tall)
    docks = add_docks(window, right=right, bottom={"Timeline": QLabel()})
    window.show()
    return window, docks


def beside(window, docks):
    """The tabs of each dock."""
    return {title: {d.objectName() for d in window.tabifiedDockWidgets(docks[title])} for title in docks}


def test_groups_are_tabs_one_above_the_other(qtbot):
    window, docks = make(qtbot, ("Tracks", "Classes"), ("Run", "Models"))
    assert beside(window, docks)["Classes"] == {"Tracks"}
    assert beside(window, docks)["Run"] == {"Models"}
    qtbot.waitUntil(lambda: docks["Tracks"].geometry().bottom() <= docks["Run"].geometry().top())
    assert docks["Tracks"].geometry().left() == docks["Run"].geometry().left() > 350


def test_many_tabs_do_not_make_the_window_higher(qtbot):
    window, _ = make(qtbot, ("Tracks", "Classes"), tuple("ABCDEFGH"), tall=150)
    assert window.height() == 600


def test_a_layout_is_remembered(qtbot, settings):
    old, docks = make(qtbot, ("Tracks", "Classes"), ("Run",))
    old.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks["Run"])
    docks["Classes"].hide()
    save_layout(old, settings)
    new, docks = make(qtbot, ("Tracks", "Classes"), ("Run",))
    restore_layout(new, settings)
    assert new.dockWidgetArea(docks["Run"]) == Qt.DockWidgetArea.LeftDockWidgetArea
    assert docks["Classes"].isHidden()


def test_a_layout_with_other_docks_is_not_restored(qtbot, settings):
    """Qt would pile up the docks that the remembered layout does not name."""
    old, docks = make(qtbot, ("Tracks", "Classes"))
    old.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks["Tracks"])
    old.resize(700, 500)
    save_layout(old, settings)
    new, docks = make(qtbot, ("Tracks", "Classes"), ("Run", "Models"))
    default = beside(new, docks)
    restore_layout(new, settings)
    assert beside(new, docks) == default
    assert new.dockWidgetArea(docks["Tracks"]) == Qt.DockWidgetArea.RightDockWidgetArea
    assert new.width() == 700
    assert not any(dock.isHidden() for dock in new.findChildren(QDockWidget))


def test_a_layout_from_before_versions_is_not_restored(qtbot, settings):
    old, docks = make(qtbot, ("Tracks", "Classes"))
    old.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks["Tracks"])
    settings.setValue("window/layout", old.saveState())
    new, docks = make(qtbot, ("Tracks", "Classes"))
    restore_layout(new, settings)
    assert new.dockWidgetArea(docks["Tracks"]) == Qt.DockWidgetArea.RightDockWidgetArea
