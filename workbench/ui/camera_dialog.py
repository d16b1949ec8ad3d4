"""Watch a camera and record it."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from datetime import datetime
from pathlib import Path

import numpy as np
from PySide6.QtCore import QStandardPaths, Qt, QTimer, Slot
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from workbench.ui.loader import Mailbox
from workbench.ui.worker import Task, TaskQueue
from workbench.video.camera import Camera, CameraFrame

REFRESH = 33  # ms between two pictures shown


class CameraDialog(QDialog):
    """Shows what the camera sees while it is recorded; accepted when there is a recording."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Record from camera")
        self.recording: Path | None = None
        self._latest: Mailbox[CameraFrame] = Mailbox()
        self._queue = TaskQueue("camera", self)
        self._source = QLineEdit("0")
        self._source.setToolTip("A camera's number, or the address of a stream")
        self._picture = QLabel("Start to watch and record")
        self._picture.setMinimumSize(640, 360)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._status = QLabel()
        self._button = QPushButton("Start")
        self._button.clicked.connect(self._toggle)
        row = QHBoxLayout()
        row.addWidget(QLabel("Camera"))
        row.addWidget(self._source, 1)
        row.addWidget(self._button)
        layout = QVBoxLayout(self)
        layout.addWidget(self._picture, 1)
        layout.addLayout(row)
        layout.addWidget(self._status)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._show_latest)
        self._timer.start(REFRESH)
        self._queue.failed.connect(self._on_failed)
        self._queue.done.connect(self._on_done)
        self._queue.cancelled.connect(self._on_cancelled)

    def done(self, result: int) -> None:
        """End the recording before the dialog goes."""
        self._timer.stop()
        self._queue.close()
        super().done(result)

    @Slot()
    def _toggle(self) -> None:
        if self._queue.busy:
            self._queue.cancel()
            return
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MoviesLocation)
        target = Path(folder or ".") / f"camera-{datetime.now():%Y%m%d-%H%M%S}.mkv"
        source = self._source.text().strip()
        device = int(source) if source.isdigit() else source
        self._queue.submit(Task("Recording", lambda: self._record(device, target)))
        self._button.setText("Stop")
        self._status.setText(f"Recording to {target}")

    def _record(self, device: int | str, target: Path) -> Generator[int, None, Path]:
        """Runs in the camera's thread: pictures go through a mailbox, so a slow window never falls behind."""
        count = 0
        self.recording = target
        target.parent.mkdir(parents=True, exist_ok=True)
        with (
            contextlib.closing(Camera(device)) as camera,
            contextlib.closing(camera.record(target)) as frames,
        ):
            for frame in frames:
                self._latest.put(frame)
                count += 1
                yield count
        return target

    @Slot()
    def _show_latest(self) -> None:
        frame = self._latest.take()
        if frame is None:
            return
        image = np.ascontiguousarray(frame.image)
        height, width = image.shape[:2]
        picture = QImage(image.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        self._picture.setPixmap(
            QPixmap.fromImage(picture).scaled(self._picture.size(), Qt.AspectRatioMode.KeepAspectRatio)
        )

    @Slot(int, object, str)
    def _on_failed(self, _task: int, error: object, _label: str) -> None:
        self.recording = None
        self._button.setText("Start")
        self._status.setText(str(error))

    @Slot(int, object)
    def _on_done(self, _task: int, _result: object) -> None:
        self.accept()

    @Slot(int)
    def _on_cancelled(self, _task: int) -> None:
        self.accept()
