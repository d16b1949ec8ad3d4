"""Every action with its keys: to read, to search, and to change."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workbench.ui.actions import ACTIONS, BY_ID, PRESETS
from workbench.ui.keys import KeyMap


class KeysDialog(QDialog):
    """Lists actions and keys; a row's key can be changed, a preset chosen.

    Signals:
        changed: the key map is another one now.
    """

    changed = Signal()

    def __init__(self, keymap: KeyMap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Shortcuts")
        self.resize(760, 620)
        self._keymap = keymap
        self._preset = QComboBox()
        self._preset.addItems(list(PRESETS))
        self._preset.setCurrentText(keymap.preset)
        self._preset.currentTextChanged.connect(self._choose_preset)
        self._search = QLineEdit()
        self._search.setPlaceholderText("Search actions")
        self._search.textChanged.connect(self._filter)
        self._table = QTableWidget(len(ACTIONS), 4)
        self._table.setHorizontalHeaderLabels(["Menu", "Action", "Keys", "What it does"])
        self._table.verticalHeader().hide()
        self._table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self._table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self._table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self._table.horizontalHeader().setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        self._key = QKeySequenceEdit()
        self._key.setMaximumSequenceLength(1)
        assign = QPushButton("Set key of the chosen action")
        assign.clicked.connect(self._assign)
        reset = QPushButton("Back to the preset")
        reset.clicked.connect(self._reset)
        self._problem = QLabel()
        self._lay_out(assign, reset)
        self._fill()
        self._table.resizeColumnsToContents()  # once, for all rows: not only those a search leaves

    def _lay_out(self, assign: QPushButton, reset: QPushButton) -> None:
        top = QHBoxLayout()
        top.addWidget(QLabel("Preset"))
        top.addWidget(self._preset)
        top.addWidget(self._search, 1)
        bottom = QHBoxLayout()
        bottom.addWidget(QLabel("New key"))
        bottom.addWidget(self._key)
        bottom.addWidget(assign)
        bottom.addWidget(reset)
        bottom.addStretch(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self._table, 1)
        layout.addLayout(bottom)
        layout.addWidget(self._problem)
        layout.addWidget(buttons)

    def _fill(self) -> None:
        for row, spec in enumerate(ACTIONS):
            keys = ", ".join(
                QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
                for key in self._keymap.keys[spec.id]
            )
            for column, text in enumerate((spec.menu, spec.text.rstrip("…"), keys, spec.tip)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                item.setData(Qt.ItemDataRole.UserRole, spec.id)
                self._table.setItem(row, column, item)

    @Slot(str)
    def _filter(self, text: str) -> None:
        words = text.lower().split()
        for row, spec in enumerate(ACTIONS):
            everything = " ".join((spec.menu, spec.text, spec.tip, *self._keymap.keys[spec.id])).lower()
            self._table.setRowHidden(row, not all(word in everything for word in words))

    @Slot(str)
    def _choose_preset(self, name: str) -> None:
        self._keymap.choose(name)
        self._tell("")

    @Slot()
    def _assign(self) -> None:
        row = self._table.currentRow()
        key = self._key.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
        if row < 0 or self._table.isRowHidden(row):
            self._problem.setText("Choose an action in the list first.")
            return
        taken = self._keymap.assign(ACTIONS[row].id, key)
        self._tell(f"{key} does “{BY_ID[taken].text}” already; choose another key." if taken else "")

    @Slot()
    def _reset(self) -> None:
        self._keymap.reset()
        self._tell("")

    def _tell(self, problem: str) -> None:
        self._problem.setText(problem)
        self._key.clear()
        self._fill()
        self.changed.emit()
