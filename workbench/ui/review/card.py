"""What is asked or proposed, in words, with its buttons: it stands over the film strip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

LEAST = 170  # pixels of a button, beyond which its words are cut where there is no room for all


@dataclass(frozen=True)
class CardText:
    """What a card says.

    Args:
        title: what is asked or proposed.
        fix: what would be done, "" where that is not known.
        detail: what speaks for it.
        warning: what gives way, or why the fix cannot be made.
    """

    title: str = ""
    fix: str = ""
    detail: str = ""
    warning: str = ""


class Card(QFrame):
    """Shows one question or proposal; hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setStyleSheet(
            "#card { background: #24272b; border-top: 1px solid #454a52; } #card #warning { color: #ffcf70; }"
        )
        self._title, self._fix, self._detail, self._warning = (_label() for _ in range(4))
        self._title.setStyleSheet("font-weight: bold;")
        self._detail.setStyleSheet("color: #a5acb6;")
        self._warning.setObjectName("warning")
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(2)
        top = QHBoxLayout()
        top.setSpacing(12)
        self._title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._title.setMinimumWidth(1)  # it is cut before the window grows
        top.addWidget(self._title)
        top.addWidget(self._detail, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 4, 6, 4)
        layout.setSpacing(1)
        layout.addLayout(top)
        for label in (self._fix, self._warning):
            layout.addWidget(label)
        row = QHBoxLayout()  # of their own: where there are many, they would leave the title no room
        row.addLayout(self._buttons)
        row.addStretch(1)
        layout.addLayout(row)
        self._shown: tuple[QAction, ...] = ()
        self.hide()

    @property
    def text(self) -> CardText:
        """What is shown; empty when nothing is."""
        parts = (self._title, self._fix, self._detail, self._warning)
        return CardText() if self.isHidden() else CardText(*(label.text() for label in parts))

    @property
    def buttons(self) -> list[KeyButton]:
        """Those that are shown."""
        return [button for button in self.findChildren(KeyButton) if not button.isHidden()]

    def show_text(self, text: CardText | None, actions: Sequence[QAction] = ()) -> None:
        """Show this with buttons for these actions, or nothing."""
        if text is not None:
            for label, words in (
                (self._title, text.title),
                (self._fix, text.fix),
                (self._detail, text.detail),
                (self._warning, text.warning),
            ):
                label.setText(words)
                label.setVisible(bool(words))
                label.setToolTip(words)
            self._show_buttons(tuple(actions))
        self.setVisible(text is not None)

    def _show_buttons(self, actions: tuple[QAction, ...]) -> None:
        if actions == self._shown:
            return
        self._shown = actions
        for button in self.findChildren(KeyButton):
            self._buttons.removeWidget(button)
            button.hide()
            button.deleteLater()
        for action in actions:
            self._buttons.addWidget(KeyButton(action))


class KeyButton(QToolButton):
    """A button for an action, which names its key."""

    def __init__(self, action: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action = action
        self.setObjectName(action.objectName())
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.clicked.connect(action.trigger)
        action.changed.connect(self._refresh)
        self._refresh()

    def minimumSizeHint(self) -> QSize:
        """Long words are cut before the window grows; the tool tip has them."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), LEAST), hint.height())

    @Slot()
    def _refresh(self) -> None:
        key = self._action.shortcut().toString()
        words = self._action.text().removesuffix("…")
        self.setText(f"{words}  {key}" if key else words)
        self.setToolTip(f"{words}\n{self._action.toolTip()}")
        self.setEnabled(self._action.isEnabled())


def _label() -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
    return label
