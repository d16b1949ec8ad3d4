"""Starting the window, and putting another in its place when the user opens something else."""

from __future__ import annotations

import atexit
import gc
import json
import logging
import os
import signal
import sys
import tempfile
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, QTimer, Slot
from PySide6.QtWidgets import QApplication

from workbench.core.errors import WorkbenchError
from workbench.services.demo import make_demo
from workbench.services.projects import Opened, demo_folder, home_of, open_path, same_file
from workbench.ui.fault import FaultHook, show_fault
from workbench.ui.main_window import MainWindow
from workbench.ui.theme import apply_theme
from workbench.ui.worker import Task, TaskQueue, once

log = logging.getLogger(__name__)

SWITCH_INTERVAL = 0.0005  # s; Python's default of 5 ms lets a busy worker hold the GUI thread up
NO_SCREEN = (
    "There is no screen here: write a picture of the window with `bash setup.sh run --screenshot shot.png`, "
    "or show it on a virtual screen with `xvfb-run -a bash setup.sh run`."
)


def run_window(path: Path | None, *, read_only: bool = False, screenshot: Path | None = None) -> int:
    """Open the window and stay until it is closed.

    Args:
        path: a video, an image folder or a project; None = the demo project, made if need be.
        read_only: change nothing.
        screenshot: write a picture of the window there and leave.

    Returns:
        The exit status.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if screenshot is not None:
        os.environ["QT_QPA_PLATFORM"] = offscreen_platform()
    elif not has_screen() and (path is None or path.exists()):  # what is not there is said first
        sys.stderr.write(NO_SCREEN + "\n")
        return 1
    sys.setswitchinterval(SWITCH_INTERVAL)
    try:
        opened = open_path(path, read_only=read_only) if path is not None else open_demo()
    except WorkbenchError as error:
        sys.stderr.write(f"workbench: {error}\n")
        return 1
    app = QApplication(sys.argv[:1])
    app.setApplicationName("Tracking Workbench")
    apply_theme(app)
    sys.excepthook = FaultHook(app)
    heartbeat = close_on_signals(app)
    desk = Desk(QSettings("tracking-workbench", "tracking-workbench"), app)
    window = desk.show(opened)
    gc.freeze()  # modules and widgets stay: to look through them for garbage stops the window for 0.1 s
    if screenshot is None:
        window.track.prepare()
    if screenshot is not None:
        shot = Screenshot(window, screenshot, app)
        shot.start()
    status = int(app.exec())
    heartbeat.stop()
    return status


def close_on_signals(app: QApplication) -> QTimer:
    """Let Ctrl+C and a polite kill close the window as its user would; a running pass keeps its boxes.

    Returns:
        A timer that lets Python look for signals, which it cannot while Qt waits for events.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: app.closeAllWindows())
    heartbeat = QTimer(app)
    heartbeat.timeout.connect(lambda: None)  # Python runs, and with it what waits for it to run
    heartbeat.start(250)
    return heartbeat


def has_screen() -> bool:
    """Whether a window can be shown; a platform named in the environment is believed."""
    if "QT_QPA_PLATFORM" in os.environ or sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def offscreen_platform() -> str:
    """Qt's platform without a screen, with room for a whole window (its own is 800 by 800 pixels)."""
    screen = {"name": "paper", "x": 0, "y": 0, "width": 1920, "height": 1200, "logicalDpi": 96, "dpr": 1}
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump({"screens": [screen]}, file)
    atexit.register(Path(file.name).unlink, missing_ok=True)
    return f"offscreen:configfile={file.name}"


def open_demo() -> Opened:
    """Open the demo project, making it first at the first start."""
    steps = make_demo(demo_folder())
    while True:
        try:
            progress = next(steps)
        except StopIteration as end:
            if sys.stderr.isatty():
                sys.stderr.write("\r\x1b[K")
            return open_path(end.value)
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{progress.text}: {progress.done} of {progress.total} frames")
            sys.stderr.flush()


class Desk(QObject):
    """Holds the window that is shown, and opens another in its place."""

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._opening = TaskQueue("opening", self)
        self._opening.done.connect(self._on_opened)
        self._opening.failed.connect(self._on_failed)
        self.window: MainWindow | None = None
        self._closed = False

    def show(self, opened: Opened) -> MainWindow:
        """Show a project; the window that was there is closed."""
        old = self.window
        if old is not None:
            old.remember_layout()
        self.window = MainWindow(opened, self._settings)
        self.window.open_requested.connect(self._on_open_requested)
        self.window.closed.connect(self._on_closed)
        self.window.show()
        if old is not None:
            old.closed.disconnect(self._on_closed)
            old.close()
            old.deleteLater()
        return self.window

    @Slot(str)
    def _on_open_requested(self, path: str) -> None:
        window = self.window
        assert window is not None
        if self._opening.busy:
            window.notice.tell("Something else is being opened; wait for it.")
        elif same_file(home_of(Path(path)), window.project.path):
            window.files.show_media(Path(path))
        elif window.may_leave():
            self._opening.submit(Task(f"Opening {path}", once(lambda: open_path(Path(path)))))

    @Slot(int, object)
    def _on_opened(self, _task: int, opened: Opened) -> None:
        if self._closed:
            opened.project.close()
        else:
            self.show(opened)

    @Slot(int, object, str)
    def _on_failed(self, _task: int, error: BaseException, _label: str) -> None:
        if self.window is not None and isinstance(error, WorkbenchError):
            self.window.notice.tell(str(error))
        else:
            show_fault(error, self.window)

    @Slot()
    def _on_closed(self) -> None:
        self._closed = True
        self._opening.close()


class Screenshot(QObject):
    """Waits for the first frame and the list of detectors, writes a picture of the window, and closes it."""

    def __init__(self, window: MainWindow, path: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._window, self._path = window, path
        self._timer = QTimer(self)
        self._timer.setInterval(100)
        self._timer.timeout.connect(self._look)
        self._looks = 0
        self._waits = True

    def start(self) -> None:
        """Begin to wait, for ten seconds at most."""
        self._timer.start()

    @Slot()
    def _look(self) -> None:
        self._looks += 1
        waited, self._waits = (
            self._waits,
            any((self._window.showing.loader.waiting, self._window.jobs.busy, self._window.reading.busy)),
        )
        if (waited or self._waits) and self._looks < 100:  # what has just come is laid out by the next look
            return
        self._timer.stop()
        saved = self._window.grab().save(str(self._path))
        if not saved:
            sys.stderr.write(
                f"workbench: {self._path} cannot be written; name a .png in a folder that exists.\n"
            )
        self._window.close()
        QApplication.exit(0 if saved else 1)
