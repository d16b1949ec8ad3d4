"""How probable a link between fragments must be to be made with all others at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from workbench.services.joining import LIKELY, Joins, Outlooks, joins
from workbench.services.review_items import ReviewItem

LOWEST, HIGHEST = 10, 95  # per cent
NOTE = (
    "All of it is one edit: Undo takes it back. Nobody has looked at each link, so the boxes stay "
    "unverified, and Find issues asks about links that look wrong."
)


class JoinDialog(QDialog):
    """Asks for the least probability, and says what it comes to."""

    def __init__(self, items: Sequence[ReviewItem], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Join fragments")
        self._widest = joins(items, LOWEST / 100)
        self._outlooks = Outlooks(self._widest)
        self._least = QSlider(Qt.Orientation.Horizontal)
        self._least.setRange(LOWEST, HIGHEST)
        self._least.setPageStep(5)
        self._least.setMinimumWidth(280)
        self._value, self._outcome, note = QLabel(), QLabel(), QLabel(NOTE)
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setText("Join")
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        for label in (self._outcome, note):
            label.setWordWrap(True)
        note.setEnabled(False)
        # Room for three lines, so that the dialog does not change its size under the mouse.
        self._outcome.setMinimumHeight(3 * self._outcome.fontMetrics().lineSpacing())
        self._outcome.setAlignment(Qt.AlignmentFlag.AlignTop)
        row = QHBoxLayout()
        for widget in (QLabel("Links at least"), self._least, self._value):
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        for part in (self._outcome, note, self._buttons):
            layout.addWidget(part)
        self._least.valueChanged.connect(self._count)
        self._least.setValue(round(100 * LIKELY))

    @property
    def joins(self) -> Joins:
        """What is wished."""
        return joins(chain.from_iterable(self._widest.chains), self._least.value() / 100)

    @Slot(int)
    def _count(self, percent: int) -> None:
        outlook = self._outlooks.at(percent / 100)
        self._value.setText(f"{percent} % probable")
        self._outcome.setText(str(outlook))
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(outlook.links > 0)
