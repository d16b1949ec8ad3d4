"""Running a detector and a tracker over the video, and the runs there have been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSettings, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from workbench.core.parameters import Kind, Parameter
from workbench.services.multi_trackers import MultiTracker
from workbench.services.run_detectors import DetectorInfo
from workbench.services.run_options import RunOptions
from workbench.ui.panels.buttons import add_buttons
from workbench.ui.parameter_form import Folded, ParameterForm

DETECTOR, TRACKER, CLASSES, LEAST = "run/detector", "run/tracker", "run/classes", "run/score"  # settings
SCORE = Parameter("Score from", Kind.NUMBER, None, low=0.0, high=1.0, optional=True)


@dataclass(frozen=True)
class RunLine:
    """What the list says of a run: its id, one line, and what a tool tip adds."""

    run_id: int
    text: str
    details: str
    unfinished: bool


class RunPanel(QWidget):
    """What is run, also in the next window, and the runs of the video; knows no project.

    Args:
        settings: where the choice is kept; only the frames are chosen anew.

    Signals:
        run_chosen: another run of the list is the current one.
    """

    run_chosen = Signal()

    def __init__(
        self, trackers: Sequence[MultiTracker], settings: QSettings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._detectors: dict[str, DetectorInfo] = {}
        self._trackers = {tracker.name: tracker for tracker in trackers}
        self._scope: tuple[int, int] | None = None
        self._of_detector, self._of_tracker = ParameterForm(settings), ParameterForm(settings)
        self._detector_part = Folded("Parameters of the detector", self._of_detector)
        self._tracker_part = Folded("Parameters of the tracker", self._of_tracker)
        self._detector, self._tracker = _list(), _list()
        self._fault = _note()
        self._detector.setPlaceholderText("Looking for detectors…")
        self._range = QCheckBox()
        self._range.setToolTip("Run over these frames alone; shift-drag on the timeline makes a range")
        self._classes = QLineEdit()
        self._classes.setPlaceholderText("all; or names with commas")
        self._classes.setToolTip("Track only these of the detector's classes, such as person, car")
        self._score = QLineEdit()
        self._score.setPlaceholderText("the tracker decides")
        self._score.setToolTip("Least score, from 0 to 1, of detections that take part")
        self._state = _note()
        self._runs = QListWidget()
        self._runs.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._runs.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._runs.setMinimumHeight(3 * self._runs.fontMetrics().lineSpacing() + 4)
        self._runs.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self._runs.currentRowChanged.connect(self._on_run)
        self._start, self._again = QHBoxLayout(), QHBoxLayout()
        for tracker in trackers:
            _add(self._tracker, tracker.title, tracker.name, tracker.description)
        self._lay_out()
        self._recall()
        self.show_scope(None)
        self.show_state("")

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setVerticalSpacing(4)
        form.addRow("Detector", self._detector)
        form.addRow(self._fault)
        form.addRow("Tracker", self._tracker)
        form.addRow("Frames", self._range)
        form.addRow("Classes", self._classes)
        form.addRow("Score from", self._score)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(form)
        column.addWidget(self._detector_part)
        column.addWidget(self._tracker_part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 4)
        layout.addWidget(_Fitting(inside))
        layout.addLayout(self._start)
        layout.addWidget(self._state)
        layout.addWidget(QLabel("Runs over this video"))
        layout.addWidget(self._runs, 1)
        layout.addLayout(self._again)

    def _recall(self) -> None:
        """Choose what was chosen in the last window, and keep what is chosen from now on."""
        self._tracker.setCurrentIndex(max(self._tracker.findData(self._kept(TRACKER)), 0))
        self._show_detector()
        self._show_tracker()
        self._detector.currentIndexChanged.connect(self._on_detector)
        self._tracker.currentIndexChanged.connect(self._on_tracker)
        for key, line in ((CLASSES, self._classes), (LEAST, self._score)):
            line.setText(self._kept(key))
            line.textChanged.connect(self._on_typed)

    def _kept(self, key: str) -> str:
        return str(self._settings.value(key, ""))

    def add_actions(self, start: Sequence[QAction], again: Sequence[QAction]) -> None:
        """Buttons for what starts and stops a run, and for what is done with one of the list."""
        for actions, row in ((start, self._start), (again, self._again)):
            add_buttons(row, actions)

    def show_detectors(self, detectors: Sequence[DetectorInfo]) -> None:
        """Offer these; the one that was chosen last is chosen, if it is still there."""
        self._detectors = {info.name: info for info in detectors}
        self._detector.setPlaceholderText("There is none")
        with QSignalBlocker(self._detector):
            self._detector.clear()
            for info in detectors:
                _add(self._detector, info.title, info.name, info.fault or info.description)
            self._detector.setCurrentIndex(
                max(self._detector.findData(self._kept(DETECTOR)), 0 if detectors else -1)
            )
        self._show_detector()

    def show_scope(self, scope: tuple[int, int] | None) -> None:
        """Say which frames the timeline's range has."""
        self._scope = scope
        self._range.setEnabled(scope is not None)
        self._range.setChecked(scope is not None)
        words = "the range on the timeline" if scope is None else f"{scope[0]} to {scope[1] - 1}"
        self._range.setText(f"only {words}")

    def show_state(self, sentence: str) -> None:
        """Say how far the run is."""
        self._state.setText(sentence)
        self._state.setVisible(bool(sentence))

    def show_runs(self, lines: Sequence[RunLine]) -> None:
        """List runs, newest first; the chosen one stays chosen, or else the first is."""
        chosen = self.run_id
        with QSignalBlocker(self._runs):
            self._runs.clear()
            for line in lines:
                item = QListWidgetItem(line.text)
                item.setData(Qt.ItemDataRole.UserRole, line.run_id)
                item.setToolTip(line.details)
                if line.unfinished:
                    font = item.font()
                    font.setItalic(True)
                    item.setFont(font)
                self._runs.addItem(item)
            places = [i for i, line in enumerate(lines) if line.run_id == chosen] or [0]
            self._runs.setCurrentRow(places[0] if lines else -1)
        self.run_chosen.emit()

    @property
    def run_id(self) -> int | None:
        """The run that is chosen in the list."""
        item = self._runs.currentItem()
        return None if item is None else int(item.data(Qt.ItemDataRole.UserRole))

    def choose_run(self, run_id: int | None) -> None:
        """Choose a run of the list, where it is listed."""
        for row in range(self._runs.count()):
            if self._runs.item(row).data(Qt.ItemDataRole.UserRole) == run_id:
                self._runs.setCurrentRow(row)

    @property
    def fault(self) -> str:
        """Why the chosen detector cannot be used, "" when it can; also when there is none."""
        info = self._detectors.get(str(self._detector.currentData()))
        return "There is no detector; add one in Models, or a plugin." if info is None else info.fault

    def choose(self, *, detector: str | None = None, tracker: str | None = None) -> None:
        """Choose a detector or a tracker by its name, where it is listed."""
        for box, name in ((self._detector, detector), (self._tracker, tracker)):
            if name is not None and box.findData(name) >= 0:
                box.setCurrentIndex(box.findData(name))

    def set_parameter(self, name: str, text: str, *, of_tracker: bool = False) -> None:
        """Type a value of a parameter."""
        (self._of_tracker if of_tracker else self._of_detector).set_text(name, text)

    def options(self) -> RunOptions:
        """What is to be run.

        Raises:
            UserError: something that was typed is no value.
        """
        start, stop = self._scope if self._scope and self._range.isChecked() else (0, None)
        names = (name.strip() for name in self._classes.text().split(","))
        threshold: Any = SCORE.parse(self._score.text())
        return RunOptions(
            detector=str(self._detector.currentData() or ""),
            tracker=str(self._tracker.currentData()),
            start=start,
            stop=stop,
            classes=tuple(name for name in names if name),
            threshold=threshold,
            detector_settings=self._of_detector.values(),
            tracker_settings=self._of_tracker.values(),
        )

    def _show_detector(self) -> None:
        name = str(self._detector.currentData())
        info = self._detectors.get(name)
        self._detector.setEnabled(bool(self._detectors))
        self._detector.setToolTip(_tip("What finds targets in each frame", self._detector))
        self._fault.setText("" if info is None else info.fault)
        self._fault.setVisible(bool(self._fault.text()))
        self._of_detector.show_parameters(() if info is None else info.parameters, f"{DETECTOR}s/{name}")
        if self._of_detector.is_set:
            self._detector_part.open(True)

    def _show_tracker(self) -> None:
        tracker = self._trackers[str(self._tracker.currentData())]
        self._tracker.setToolTip(_tip("What says which of them are the same", self._tracker))
        self._of_tracker.show_parameters(tracker.parameters, f"{TRACKER}s/{tracker.name}")
        if self._of_tracker.is_set:
            self._tracker_part.open(True)

    @Slot()
    def _on_detector(self) -> None:
        self._settings.setValue(DETECTOR, self._detector.currentData())
        self._show_detector()

    @Slot()
    def _on_tracker(self) -> None:
        self._settings.setValue(TRACKER, self._tracker.currentData())
        self._show_tracker()

    @Slot()
    def _on_typed(self) -> None:
        self._settings.setValue(CLASSES, self._classes.text())
        self._settings.setValue(LEAST, self._score.text())

    @Slot()
    def _on_run(self) -> None:
        self.run_chosen.emit()


class _Fitting(QScrollArea):
    """As high as what it shows where there is room, or else with a bar."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setWidget(content)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt's own does not look again when the content wants another size."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        """That of the content as it is now; Qt's own remembers an earlier one."""
        return self._content.sizeHint()


def _list() -> QComboBox:
    box = QComboBox()
    box.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(12)
    return box


def _add(box: QComboBox, title: str, name: str, description: str) -> None:
    box.addItem(title, name)
    box.setItemData(box.count() - 1, description, Qt.ItemDataRole.ToolTipRole)


def _tip(purpose: str, box: QComboBox) -> str:
    """What a list is for, and what is said of the one that is chosen."""
    return f"{purpose}\n{box.currentData(Qt.ItemDataRole.ToolTipRole) or ''}".strip()


def _note() -> QLabel:
    """A sentence in small grey letters."""
    label = QLabel()
    label.setWordWrap(True)
    label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
    return label
