"""A line at the top of the window for what the user should know; it stays until it is closed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget


class NoticeBar(QFrame):
    """Shows the latest notice or refusal; hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setStyleSheet("#notice { background: #5a4a16; } #notice QLabel { color: #fff3cf; }")
        self._passing = False
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        close = QToolButton()
        close.setText("✕")
        close.setAutoRaise(True)
        close.setToolTip("Close this notice")
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        close.clicked.connect(self.clear)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 4, 4, 4)
        layout.addWidget(self._text, 1)
        layout.addWidget(close)
        self.hide()

    @property
    def text(self) -> str:
        """What is shown, "" when nothing is."""
        return "" if self.isHidden() else self._text.text()

    @Slot(str)
    def tell(self, sentence: str) -> None:
        """Show a sentence in place of the last one."""
        self._passing = False
        self._text.setText(sentence)
        self.show()

    @Slot(str)
    def refuse(self, sentence: str) -> None:
        """Show why something could not be done; gone with the next thing that can."""
        self.tell(sentence)
        self._passing = True

    @Slot()
    def settle(self) -> None:
        """Something was done: what was refused before is of no more interest."""
        if self._passing:
            self.clear()

    @Slot()
    def clear(self) -> None:
        """Hide the line."""
        self._text.clear()
        self.hide()
