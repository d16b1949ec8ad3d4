"""Which tracks the list shows: by who or what made their boxes, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from PySide6.QtCore import QDateTime, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QDateTimeEdit, QHBoxLayout, QLabel, QWidget

ALL, HUMAN, UNSURE, VERIFIED, SINCE, RUN, MODEL = (
    "all",
    "human",
    "unsure",
    "verified",
    "since",
    "run",
    "model",
)
FIXED = (
    ("All tracks", (ALL, "")),
    ("With boxes by a person", (HUMAN, "")),
    ("With verified boxes", (VERIFIED, "")),
    ("Called unsure", (UNSURE, "")),
    ("Edited since…", (SINCE, "")),
)


class TrackFilter(QWidget):
    """A list of filters; knows no project.

    Signals:
        changed: another filter is chosen.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choice = QComboBox()
        self._choice.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._choice.setToolTip("Which tracks the list shows")
        for words, value in FIXED:
            self._choice.addItem(words, value)
        self._since = QDateTimeEdit(QDateTime.currentDateTime().addDays(-1))
        self._since.setDisplayFormat("yyyy-MM-dd HH:mm")
        self._since.setCalendarPopup(True)
        self._since.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._since.hide()
        self._count = QLabel()
        self._choice.currentIndexChanged.connect(self._on_choice)
        self._since.dateTimeChanged.connect(self.changed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self._choice, 1)
        layout.addWidget(self._since)
        layout.addWidget(self._count)
        layout.setAlignment(self._count, Qt.AlignmentFlag.AlignRight)

    @property
    def kind(self) -> str:
        """One of the kinds above."""
        return str(self._choice.currentData()[0])

    @property
    def value(self) -> str:
        """Id of the run, or name of the model."""
        return str(self._choice.currentData()[1])

    @property
    def since(self) -> datetime:
        """From when on, with its time zone."""
        seconds = self._since.dateTime().toMSecsSinceEpoch() / 1000
        return datetime.fromtimestamp(0).astimezone() + timedelta(seconds=seconds)

    def choose(self, kind: str, value: str = "") -> None:
        """Choose a filter."""
        for row in range(self._choice.count()):
            if tuple(self._choice.itemData(row)) == (kind, value):
                self._choice.setCurrentIndex(row)

    def show_makers(self, runs: Sequence[tuple[str, str]], models: Sequence[str]) -> None:
        """Offer runs by (id, words) and models by name; the chosen filter stays if it is still there."""
        entries = [*FIXED, *((f"Of {words}", (RUN, run)) for run, words in runs)]
        entries += [(f"Of model {name}", (MODEL, name)) for name in models]
        chosen = (self.kind, self.value)
        with QSignalBlocker(self._choice):
            self._choice.clear()
            for words, value in entries:
                self._choice.addItem(words, value)
            rows = [row for row, (_, value) in enumerate(entries) if value == chosen]
            self._choice.setCurrentIndex(rows[0] if rows else 0)

    def show_count(self, count: int | None) -> None:
        """Say how many tracks the filter lets through; None = it lets all."""
        self._count.setText("" if count is None else str(count))

    @Slot()
    def _on_choice(self) -> None:
        self._since.setVisible(self.kind == SINCE)
        self.changed.emit()
