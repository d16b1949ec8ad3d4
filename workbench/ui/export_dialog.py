"""What to export, and where to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from workbench.formats.registry import FORMATS, Format


class ExportDialog(QDialog):
    """Asks for a format, a folder, the range and whether pictures are written too."""

    def __init__(
        self,
        scope: tuple[int, int] | None,
        parent: QWidget | None = None,
        *,
        formats: Sequence[Format] = FORMATS,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self._scope = scope
        self._formats = QComboBox()
        for spec in formats:
            if spec.write is not None:
                self._formats.addItem(spec.title, spec.name)
                self._formats.setItemData(
                    self._formats.count() - 1, spec.description, Qt.ItemDataRole.ToolTipRole
                )
        self._target = QLineEdit()
        self._target.setMinimumWidth(320)
        self._target.textChanged.connect(self._check)
        browse = QPushButton("Browse…")
        browse.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.addWidget(self._target)
        row.addWidget(browse)
        self._images = QCheckBox("Write the pictures too")
        self._ranged = QCheckBox(
            "Only the range" if scope is None else f"Only frames {scope[0]} to {scope[1] - 1}"
        )
        self._ranged.setEnabled(scope is not None)
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        form.addRow("Format", self._formats)
        form.addRow("Folder", row)
        form.addRow("", self._images)
        form.addRow("", self._ranged)
        form.addRow(self._buttons)
        self._check()

    @property
    def format(self) -> str:
        """Name of the chosen format."""
        return str(self._formats.currentData())

    @property
    def target(self) -> Path:
        """Where to write."""
        return Path(self._target.text()).expanduser()

    @property
    def images(self) -> bool:
        """Whether pictures are wanted."""
        return self._images.isChecked()

    @property
    def scope(self) -> tuple[int, int] | None:
        """The frames to write, or None for all."""
        return self._scope if self._ranged.isChecked() else None

    @Slot()
    def _browse(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Export to folder")
        if path:
            self._target.setText(path)

    @Slot()
    def _check(self) -> None:
        ok = self._buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setEnabled(bool(self._target.text().strip()))
