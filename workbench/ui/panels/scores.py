"""How good tracks are: figures, HOTA over thresholds, and errors over time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from workbench.services.plots import Bars, Curves
from workbench.services.scoring import EVERYTHING, Layer
from workbench.ui.chart import Chart
from workbench.ui.panels.buttons import add_buttons

IMPORTED, CHOOSE = "Imported boxes", "A file…"
FIGURES: tuple[tuple[tuple[str, str], ...], ...] = (
    (
        ("HOTA", "Higher order tracking accuracy: detection and association weigh the same"),
        ("DetA", "Detection accuracy, a part of HOTA"),
        ("AssA", "Association accuracy, a part of HOTA"),
        ("LocA", "How well matched boxes overlap"),
        ("AP50", "Average precision of the boxes at an overlap of .5"),
    ),
    (
        ("MOTA", "1 less misses, false positives and identity switches, as a share of the true boxes"),
        ("MOTP", "Mean overlap of matched boxes"),
        ("IDF1", "Share of boxes that have the right identity, of the best assignment of identities"),
        ("IDP", "Precision of identities"),
        ("IDR", "Recall of identities"),
    ),
    (
        ("IDSW", "Identity switches"),
        ("Frag", "Fragmentations: how often a true track is interrupted"),
        ("MT", "Mostly tracked: true tracks of which at least 80% was found"),
        ("ML", "Mostly lost: true tracks of which less than 20% was found"),
        ("AP", "Average precision of the boxes over overlaps from .5 to .95"),
    ),
)
COUNTED = ("IDSW", "Frag", "MT", "ML")


class ScoresPanel(QWidget):
    """Chooses what is scored and shows how good it is; knows no project.

    Signals:
        shown: it can be seen now.
        truth_chosen: the user chose what is scored against.
        picked(frame): a bar of errors was clicked on.
    """

    shown = Signal()
    truth_chosen = Signal()
    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers = _list("Which tracks are scored")
        self._layers.addItem(EVERYTHING.title, EVERYTHING)
        self._layers.activated.connect(self._on_layer)
        self._own_choice = False  # otherwise the newest run is scored
        self._truth = _list(
            "Ground truth: boxes that were imported into the project, or a MOTChallenge file."
            " A target that it lacks counts as a false positive"
        )
        self._truth.addItem(IMPORTED)
        self._truth.addItem(CHOOSE)
        self._truth.activated.connect(self._on_truth)
        self._truth_row = 0  # chosen last, for when no file is chosen after all
        self._buttons = QHBoxLayout()
        self._note = QLabel()
        self._note.setWordWrap(True)
        self._values: dict[str, QLabel] = {}
        self._charts: list[Chart] = []
        form = QFormLayout()
        form.setVerticalSpacing(4)
        form.addRow("Tracks", self._layers)
        form.addRow("Against", self._truth)
        self._below = QVBoxLayout()
        self._below.setContentsMargins(0, 0, 0, 0)
        inside = QWidget()
        inside.setLayout(self._below)
        self._below.addWidget(self._note)
        self._below.addLayout(self._make_figures())
        self._below.addStretch(1)
        area = QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 4, 4)
        layout.addLayout(form)
        layout.addLayout(self._buttons)
        layout.addWidget(area, 1)
        self.show_scores({}, (), "Not scored yet")

    def _make_figures(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setVerticalSpacing(0)
        for row, figures in enumerate(FIGURES):
            for column, (name, meaning) in enumerate(figures):
                head, value = QLabel(name), QLabel()
                head.setEnabled(False)
                font = value.font()
                font.setBold(True)
                value.setFont(font)
                for label in (head, value):
                    label.setToolTip(meaning)
                grid.addWidget(head, 2 * row, column)
                grid.addWidget(value, 2 * row + 1, column)
                self._values[name] = value
        return grid

    def add_actions(self, actions: Sequence[QAction]) -> None:
        """Buttons for what scores and what exports."""
        add_buttons(self._buttons, actions)

    @property
    def layer(self) -> Layer:
        """What shall be scored."""
        chosen = self._layers.currentData()
        return chosen if isinstance(chosen, Layer) else EVERYTHING

    @property
    def truth(self) -> Path | None:
        """The file of ground truth; None = the imported boxes."""
        chosen = self._truth.currentData()
        return None if chosen is None else Path(chosen)

    def show_layers(self, layers: Sequence[Layer]) -> None:
        """List what can be scored; the layer that the user chose stays chosen, or else it is the first."""
        chosen = self.layer if self._own_choice else None
        with QSignalBlocker(self._layers):
            self._layers.clear()
            for layer in layers:
                self._layers.addItem(layer.title, layer)
            self._layers.setCurrentIndex(layers.index(chosen) if chosen in layers else 0)

    def use_truth(self, path: Path | None) -> None:
        """Score against this file from now on; None = the imported boxes, and no file is listed."""
        if self._truth.count() > 2:
            self._truth.removeItem(1)
        if path is not None:
            self._truth.insertItem(1, path.name, str(path))
        self._truth_row = 0 if path is None else 1
        self._truth.setCurrentIndex(self._truth_row)

    def show_scores(self, figures: Mapping[str, float], panels: Sequence[Curves | Bars], note: str) -> None:
        """Show figures by name, shares from 0 to 1, and the plots."""
        self.show_note(note)
        for name, label in self._values.items():
            label.setText(_text(name, figures.get(name, math.nan)))
        for chart in self._charts:
            self._below.removeWidget(chart)
            chart.deleteLater()
        self._charts = []
        for panel in panels:
            chart = Chart(height=150 if isinstance(panel, Curves) else 92)
            chart.setMinimumHeight(chart.sizeHint().height())
            chart.show_panel(panel)
            chart.picked.connect(self.picked)
            self._below.insertWidget(self._below.count() - 1, chart)
            self._charts.append(chart)

    def show_note(self, note: str) -> None:
        """Say what the figures are about."""
        self._note.setText(note)

    @property
    def charts(self) -> tuple[Chart, ...]:
        """The plots, from top to bottom."""
        return tuple(self._charts)

    def text_of(self, name: str) -> str:
        """What is shown as a figure."""
        return self._values[name].text()

    def show_frame(self, frame: int) -> None:
        """Mark the frame that the window is at."""
        for chart in self._charts:
            chart.show_frame(frame)

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that layers shall be listed."""
        super().showEvent(event)
        self.shown.emit()

    @Slot()
    def _on_layer(self) -> None:
        self._own_choice = True

    @Slot(int)
    def _on_truth(self, row: int) -> None:
        if self._truth.currentText() != CHOOSE:
            self._truth_row = row
            self.truth_chosen.emit()
            return
        path, _ = QFileDialog.getOpenFileName(self, "Ground truth", "", "MOTChallenge (*.txt);;All files (*)")
        if path:
            self.use_truth(Path(path))
            self.truth_chosen.emit()
        else:
            self._truth.setCurrentIndex(self._truth_row)


def _list(tip: str) -> QComboBox:
    box = QComboBox()
    box.setToolTip(tip)
    box.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(12)
    return box


def _text(name: str, value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.0f}" if name in COUNTED else f"{100 * value:.1f}"
