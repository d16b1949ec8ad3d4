"""What runs, how far it is, and a button to stop it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.progress import Progress
from workbench.services.detecting import DetectedFrame
from workbench.services.run_detecting import RunFrame
from workbench.services.tracking import TrackedFrame
from workbench.ui.worker import TaskQueue


class JobsBar(QWidget):
    """Shows the jobs of some queues; hidden while none runs.

    Signals:
        failed(sentence): a job failed for a reason the user can understand.
        broke(error): a job failed by a fault of ours.
    """

    failed = Signal(str)
    broke = Signal(object)

    def __init__(self, queues: Sequence[TaskQueue], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queues = tuple(queues)
        self._label = QLabel()
        self._bar = QProgressBar()
        self._bar.setFixedWidth(200)
        self._bar.setAlignment(Qt.AlignmentFlag.AlignCenter)
        stop = QToolButton()
        stop.setText("■")
        stop.setToolTip("Stop; what is done so far is kept")
        stop.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        stop.clicked.connect(self.stop)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._label)
        layout.addWidget(self._bar)
        layout.addWidget(stop)
        for queue in self._queues:
            queue.changed.connect(self._on_changed)
            queue.item.connect(self._on_item)
            queue.failed.connect(self._on_failed)
        self.hide()

    @Slot()
    def stop(self) -> None:
        """Stop everything that runs."""
        for queue in self._queues:
            queue.cancel()

    @Slot()
    def _on_changed(self) -> None:
        labels = [label for queue in self._queues for label in queue.labels]
        self.setVisible(bool(labels))
        if labels:
            more = f" and {len(labels) - 1} more" if len(labels) > 1 else ""
            self._label.setText(labels[0] + more)
        else:
            self._bar.setRange(0, 0)

    @Slot(int, object)
    def _on_item(self, _task: int, item: object) -> None:
        first = next((queue for queue in self._queues if queue.busy), None)
        if self.sender() is first and isinstance(item, (Progress, TrackedFrame, DetectedFrame, RunFrame)):
            self._bar.setRange(0, item.total or 0)
            self._bar.setValue(item.done)
            self._bar.setFormat(f"{item.done} / {item.total}" if item.total else str(item.done))

    @Slot(int, object, str)
    def _on_failed(self, _task: int, error: object, label: str) -> None:
        if isinstance(error, WorkbenchError):
            self.failed.emit(f"{label} failed: {error}")
        else:
            self.broke.emit(error)
