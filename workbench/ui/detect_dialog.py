"""What to look for, with which model, and in which frames."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from workbench.services.detecting import DetectOptions

NOTE = (
    "Each detection becomes a track of its own when it is accepted: nothing says yet which belong together."
)


class DetectDialog(QDialog):
    """Asks for a model, a range, the least score and the classes."""

    def __init__(
        self,
        models: Sequence[str],
        model: str,
        *,
        scope: tuple[int, int],
        frame_count: int,
        threshold: float,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Detect in a range")
        self._models = QComboBox()
        self._models.addItems(list(models))
        self._models.setCurrentText(model)
        self._first, self._last = QSpinBox(), QSpinBox()
        for box, value in ((self._first, scope[0]), (self._last, scope[1] - 1)):
            box.setRange(0, frame_count - 1)
            box.setValue(value)
            box.valueChanged.connect(self._check)
        self._threshold = QDoubleSpinBox()
        self._threshold.setRange(0.0, 1.0)
        self._threshold.setSingleStep(0.05)
        self._threshold.setValue(threshold)
        self._classes = QLineEdit()
        self._classes.setPlaceholderText("all; or names with commas: person, car")
        self._classes.setMinimumWidth(280)
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        frames = QHBoxLayout()
        for widget in (self._first, QLabel("to"), self._last):
            frames.addWidget(widget)
        frames.addStretch(1)
        note = QLabel(NOTE)
        note.setWordWrap(True)
        form = QFormLayout(self)
        form.addRow("Model", self._models)
        form.addRow("Frames", frames)
        form.addRow("Score above", self._threshold)
        form.addRow("Classes", self._classes)
        form.addRow(note)
        form.addRow(self._buttons)
        self._check()

    @property
    def model(self) -> str:
        """Name of the chosen model."""
        return self._models.currentText()

    @property
    def start(self) -> int:
        """The first frame."""
        return self._first.value()

    @property
    def stop(self) -> int:
        """The frame after the last one."""
        return self._last.value() + 1

    @property
    def options(self) -> DetectOptions:
        """What is looked for."""
        names = (name.strip() for name in self._classes.text().split(","))
        return DetectOptions(self._threshold.value(), tuple(name for name in names if name))

    @Slot()
    def _check(self) -> None:
        ok = self._buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setEnabled(bool(self._models.count()) and self.start < self.stop)
