"""Detecting: with which model, from which score on; and the heat map over the picture."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from workbench.core.plurals import counted
from workbench.ui.canvas.heatmap import COLORMAPS
from workbench.ui.heat import Channel, HeatLook
from workbench.ui.panels.buttons import add_buttons

NO_MODEL = "No detector is installed: see Models"


class DetectionPanel(QWidget):
    """Controls of what a detector finds; knows no project.

    Signals:
        model_chosen(name): detect with this one.
        threshold_changed(score): show and accept detections from this score on.
        look_changed(field, value): the heat map shall look otherwise.
    """

    model_chosen = Signal(str)
    threshold_changed = Signal(float)
    look_changed = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models = _list()
        self._models.setPlaceholderText(NO_MODEL)
        self._models.currentIndexChanged.connect(self._on_model)
        self._score, score_row = _slider(self._on_score)
        self._count = QLabel()
        self._buttons: list[QHBoxLayout] = [QHBoxLayout(), QHBoxLayout()]
        self._heat = QCheckBox("Heat map over the picture")
        self._heat.toggled.connect(self._on_heat)
        self._channels = _list()
        self._channels.setPlaceholderText("none for this frame")
        self._channels.currentIndexChanged.connect(self._on_channel)
        self._opacity, opacity_row = _slider(self._on_opacity)
        self._from, from_row = _slider(self._on_from)
        self._colours = _list()
        self._colours.addItems(list(COLORMAPS))
        self._colours.currentTextChanged.connect(self._on_colours)
        rows: tuple[tuple[str, QWidget | QHBoxLayout], ...] = (
            ("Model", self._models),
            ("", self._buttons[0]),
            ("Score from", score_row),
            ("", self._count),
            ("", self._buttons[1]),
            ("", _line()),
            ("", self._heat),
            ("Map of", self._channels),
            ("Opacity", opacity_row),
            ("Value from", from_row),
            ("Colours", self._colours),
        )
        form = QFormLayout()
        form.setVerticalSpacing(4)
        for label, field in rows:
            if label:
                form.addRow(label, field)
            else:
                form.addRow(field)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 4)
        layout.addLayout(form)
        layout.addStretch(1)

    def add_actions(self, run: Sequence[QAction], judge: Sequence[QAction]) -> None:
        """Buttons for the actions that find, and for those that keep or drop what was found."""
        for actions, row in zip((run, judge), self._buttons, strict=True):
            add_buttons(row, actions)

    @property
    def model(self) -> str | None:
        """The chosen model."""
        name = self._models.currentData()
        return None if name is None else str(name)

    def show_models(self, models: Sequence[tuple[str, str]]) -> None:
        """List models by (name, what it is); the chosen one stays chosen."""
        chosen = self.model
        with QSignalBlocker(self._models):
            self._models.clear()
            for name, description in models:
                self._models.addItem(name, name)
                self._models.setItemData(self._models.count() - 1, description, Qt.ItemDataRole.ToolTipRole)
            self._models.setCurrentIndex(max(self._models.findData(chosen), 0 if models else -1))
        self._models.setEnabled(bool(models))
        self._on_model()

    def choose_model(self, name: str) -> None:
        """Detect with this model, if it is listed."""
        row = self._models.findData(name)
        if row >= 0:
            self._models.setCurrentIndex(row)

    def show_found(self, threshold: float, shown: int, every: int) -> None:
        """Show the threshold, and how many detections it lets through."""
        with QSignalBlocker(self._score):
            self._score.setValue(round(threshold * 100))
        _say(self._score)
        self._count.setText(
            f"{shown} of {counted(every, 'detection')} shown" if every else "Nothing found yet"
        )

    def show_heat(self, look: HeatLook, channels: Sequence[Channel], current: Channel | None) -> None:
        """Show how the heat map looks, and which maps the frame has."""
        widgets = (self._heat, self._channels, self._opacity, self._from, self._colours)
        blockers = [QSignalBlocker(widget) for widget in widgets]
        self._heat.setChecked(look.on)
        if [self._channels.itemData(i) for i in range(self._channels.count())] != list(channels):
            self._channels.clear()
            for channel in channels:
                self._channels.addItem(channel.title, channel)
        self._channels.setEnabled(bool(channels))
        self._channels.setCurrentIndex(list(channels).index(current) if current else -1)
        self._opacity.setValue(round(look.opacity * 100))
        self._from.setValue(round(look.threshold * 100))
        self._colours.setCurrentText(look.colormap)
        for slider in (self._opacity, self._from):
            _say(slider)
        for blocker in blockers:
            blocker.unblock()

    @Slot()
    def _on_model(self) -> None:
        self._models.setToolTip(str(self._models.currentData(Qt.ItemDataRole.ToolTipRole) or NO_MODEL))
        if self.model is not None:
            self.model_chosen.emit(self.model)

    @Slot(int)
    def _on_score(self, value: int) -> None:
        self.threshold_changed.emit(value / 100)

    @Slot(bool)
    def _on_heat(self, on: bool) -> None:
        self.look_changed.emit("on", on)

    @Slot(int)
    def _on_channel(self, row: int) -> None:
        self.look_changed.emit("channel", self._channels.itemData(row))

    @Slot(int)
    def _on_opacity(self, value: int) -> None:
        self.look_changed.emit("opacity", value / 100)

    @Slot(int)
    def _on_from(self, value: int) -> None:
        self.look_changed.emit("threshold", value / 100)

    @Slot(str)
    def _on_colours(self, name: str) -> None:
        self.look_changed.emit("colormap", name)


def _list() -> QComboBox:
    box = QComboBox()
    box.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(12)
    return box


def _slider(changed: object) -> tuple[QSlider, QHBoxLayout]:
    """A slider of hundredths with its value beside it."""
    slider, value = QSlider(Qt.Orientation.Horizontal), QLabel("0.00")
    slider.setRange(0, 100)
    slider.setPageStep(5)
    slider.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    slider.setProperty("value_label", value)
    slider.valueChanged.connect(changed)
    row = QHBoxLayout()
    row.addWidget(slider, 1)
    row.addWidget(value)
    return slider, row


def _say(slider: QSlider) -> None:
    label = slider.property("value_label")
    label.setText(f"{slider.value() / 100:.2f}")


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    return line
