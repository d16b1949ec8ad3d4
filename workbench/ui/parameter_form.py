"""A form for described parameters: what is left alone keeps its default, and what is typed is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QSettings, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.core.parameters import Kind, Parameter


class Folded(QWidget):
    """A part of a panel under a heading that opens and closes it."""

    def __init__(self, title: str, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = content
        self._head = QToolButton()
        self._head.setText(title)
        self._head.setCheckable(True)
        self._head.setAutoRaise(True)
        self._head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._head.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._head.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._head.toggled.connect(self.open)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head)
        layout.addWidget(content)
        self.open(False)

    @Slot(bool)
    def open(self, on: bool) -> None:
        """Show what is under the heading, or not."""
        self._head.setChecked(on)
        self._head.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        self._content.setVisible(on)


class ParameterForm(QWidget):
    """A line for each parameter, with its meaning as a tool tip.

    Args:
        settings: where what is typed is kept.
    """

    def __init__(self, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings, self._group = settings, ""
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(12, 0, 0, 4)
        self._fields: dict[str, tuple[Parameter, _Field]] = {}
        self._form = QWidget()
        self._layout.addWidget(self._form)

    def show_parameters(self, parameters: Sequence[Parameter], group: str) -> None:
        """Offer these, with what was typed when they were last offered.

        Args:
            group: of the settings, in which that is kept by the parameters' names.
        """
        self._group = group
        self._layout.removeWidget(self._form)
        self._form.deleteLater()
        self._form = QWidget()
        rows = QFormLayout(self._form)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setVerticalSpacing(3)
        self._fields = {}
        for parameter in parameters:
            field = _Field(parameter)
            field.set_text(str(self._settings.value(f"{group}/{parameter.name}", "")))
            field.changed.connect(self._keep)
            name = QLabel(parameter.name.replace("_", " "))
            for widget in (name, field):
                widget.setToolTip(f"{parameter.text}\n({parameter.wanted})".strip())
            rows.addRow(name, field)
            self._fields[parameter.name] = (parameter, field)
        if not parameters:
            rows.addRow(QLabel("Nothing can be set here."))
        self._layout.addWidget(self._form)

    @property
    def is_set(self) -> bool:
        """Whether something is not left to its default."""
        return any(field.text for _, field in self._fields.values())

    def values(self) -> dict[str, Any]:
        """What was set, by name.

        Raises:
            UserError: something that was typed is no value.
        """
        typed = {name: (parameter, field.text) for name, (parameter, field) in self._fields.items()}
        return {name: parameter.parse(text) for name, (parameter, text) in typed.items() if text}

    def set_text(self, name: str, text: str) -> None:
        """Type a value."""
        self._fields[name][1].set_text(text)

    @Slot()
    def _keep(self) -> None:
        for name, (_, field) in self._fields.items():
            self._settings.setValue(f"{self._group}/{name}", field.text)


class _Field(QWidget):
    """Where a value is typed or chosen; empty = the default.

    Signals:
        changed: another value is there.
    """

    changed = Signal()

    def __init__(self, parameter: Parameter) -> None:
        super().__init__()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        choices = ("yes", "no") if parameter.kind is Kind.SWITCH else parameter.choices
        default = "has to be set" if parameter.required else _said(parameter.default)
        self._list, self._line = QComboBox(), QLineEdit()
        if choices:
            self._list.addItem(f"default: {default}", "")
            for choice in choices:
                self._list.addItem(choice, choice)
            self._list.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
            layout.addWidget(self._list, 1)
        else:
            self._line.setPlaceholderText(default)
            layout.addWidget(self._line, 1)
        self._list.currentIndexChanged.connect(self.changed)
        self._line.textChanged.connect(self.changed)
        if parameter.kind is Kind.PATH:
            browse = QToolButton()
            browse.setText("…")
            browse.clicked.connect(self._on_browse)
            layout.addWidget(browse)

    @property
    def text(self) -> str:
        """What was typed or chosen, "" for the default."""
        return str(self._list.currentData()) if self._list.count() else self._line.text().strip()

    def set_text(self, text: str) -> None:
        """Type or choose."""
        if self._list.count():
            self._list.setCurrentIndex(max(self._list.findData(text), 0))
        else:
            self._line.setText(text)

    @Slot()
    def _on_browse(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self.window(), "Choose a file")
        if path:
            self._line.setText(path)


def _said(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "all"
    return f"{value:g}" if isinstance(value, float) else str(value)
