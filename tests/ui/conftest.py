"""The real window, opened on a video or a project, with settings of its own."""

import pytest
from PySide6.QtCore import QSettings

from workbench.services.projects import open_path
from workbench.ui.main_window import MainWindow

TIMEOUT = 120_000  # ms; only ever waited in full by a failing test


@pytest.fixture
def open_window(qtbot, tmp_path):
    """Open a path in a window, as large as a small screen, and wait for its first picture.

    The windows of a test share their settings, as one user's do, and are closed at its end.
    """
    windows = []

    def opening(path):
        settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
        window = MainWindow(open_path(path), settings)
        windows.append(window)
        qtbot.addWidget(window)
        window.resize(1280, 720)
        window.show()
        if window.state.video is not None:
            qtbot.waitUntil(lambda: window.canvas.source_size != (0.0, 0.0), timeout=TIMEOUT)
        window.canvas.setFocus()
        return window

    yield opening
    for window in windows:
        window.close()
