"""Running a detector on a frame or a range, and keeping or dropping what it found."""

from __future__ import annotations

import os

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from workbench.core.edits import ChangeSet
from workbench.core.errors import UserError
from workbench.core.plurals import counted
from workbench.services.accepting import Accepted, accept
from workbench.services.detecting import DetectedFrame, DetectOptions, Detectors, DetectOutcome, detect
from workbench.services.plugin_finding import Plugins
from workbench.ui.detect_dialog import DetectDialog
from workbench.ui.editor import Editor
from workbench.ui.state import UiState
from workbench.ui.worker import Task, TaskQueue

THREADS = max((os.cpu_count() or 2) - 1, 1)  # one is left to the window
LEAST = 0.05  # score; lower ones of a single frame are not kept, the slider shows from where it stands
NO_MODEL = "Choose a detector first: add a file of weights, or download one, in the list Models."


class DetectCommands(QObject):
    """Commands of the Detect menu.

    Signals:
        told(sentence): how a run ended.
        refused(sentence): why none could begin.
        panel_wanted: the controls shall be seen.
    """

    told = Signal(str)
    refused = Signal(str)
    panel_wanted = Signal()

    def __init__(
        self, state: UiState, queue: TaskQueue, editor: Editor, parent: QWidget, *, plugins: Plugins
    ) -> None:
        super().__init__(parent)
        self._state, self._queue, self._editor, self._window = state, queue, editor, parent
        self._detectors = Detectors(threads=THREADS, plugins=plugins)
        self.model: str | None = None
        self.models: tuple[str, ...] = ()
        self._task: int | None = None
        self._video: int | None = None  # the one the run looks at; another may be shown meanwhile
        queue.item.connect(self._on_item)
        queue.done.connect(self._on_done)
        queue.cancelled.connect(self._on_cancelled)
        queue.failed.connect(self._on_failed)

    @property
    def is_running(self) -> bool:
        """Whether a run goes on or waits."""
        return self._task is not None

    @Slot(str)
    def use_model(self, name: str) -> None:
        """Detect with this model from now on."""
        self.model = name

    @Slot()
    def detect_frame(self) -> None:
        """Look at this frame, or stop the run; what was found so far stays."""
        if self.is_running:
            self._queue.cancel(self._task)
            return
        frame = self._state.frame
        self._start(self.model, frame, frame + 1, DetectOptions(LEAST, heatmaps=True), f"in frame {frame}")

    @Slot()
    def detect_range(self) -> None:
        """Ask for a range and look at it."""
        if self._is_ready(self.model):
            dialog = DetectDialog(
                self.models,
                self.model or "",
                scope=self._state.scope or (0, self._state.frame_count),
                frame_count=self._state.frame_count,
                threshold=self._state.found.threshold,
                parent=self._window,
            )
            if dialog.exec():
                self.detect_in(dialog.model, dialog.start, dialog.stop, dialog.options)

    def detect_in(self, model: str, start: int, stop: int, options: DetectOptions) -> None:
        """Look at the frames [start, stop) of the video shown."""
        self._state.found.clear()
        self._state.found.set_threshold(options.threshold)
        self._start(model, start, stop, options, f"in {counted(stop - start, 'frame')}")

    @Slot()
    def accept_found(self) -> None:
        """Keep what is shown of the detections, in all frames, as one edit."""
        found, video = self._state.found, self._state.video
        if video is None or not found.frames:
            self.refused.emit("There are no detections to accept; M looks for some in this frame.")
            return
        accepted: list[Accepted] = []

        def make() -> ChangeSet:
            if self._state.project.read_only:
                raise UserError("This window changes nothing: the project is open for reading only.")
            accepted.append(accept(self._state.project, video.id, found.frames, threshold=found.threshold))
            return accepted[0].change

        if self._editor.do(make, said=lambda: _said(accepted[0])):
            found.clear()
        elif accepted and not accepted[0].change:
            self.told.emit(_said(accepted[0]))

    @Slot()
    def discard_found(self) -> None:
        """Forget what was found."""
        _, every = self._state.found.counts
        self._state.found.clear()
        if every:
            self.told.emit(f"{counted(every, 'detection')} discarded")

    def _is_ready(self, model: str | None) -> bool:
        if self._state.video is None:
            self.refused.emit("Open a video first.")
        elif not model:
            self.refused.emit(NO_MODEL)
        elif self.is_running:
            self.refused.emit("A detector is running; stop it first with M or Esc.")
        else:
            return True
        self.panel_wanted.emit()
        return False

    def _start(self, model: str | None, start: int, stop: int, options: DetectOptions, where: str) -> None:
        video = self._state.video
        if not self._is_ready(model) or video is None or model is None:
            return
        source, detectors = self._state.project.video_file(video), self._detectors
        self._video = video.id
        self._task = self._queue.submit(
            Task(
                f"Detecting {where}",
                lambda: detect(source, model, detectors=detectors, start=start, stop=stop, options=options),
            )
        )
        self.panel_wanted.emit()

    @Slot(int, object)
    def _on_item(self, task: int, item: object) -> None:
        video = self._state.video
        if task == self._task and isinstance(item, DetectedFrame) and video and video.id == self._video:
            self._state.heat.offer(item.frame, item.heatmaps)
            self._state.found.add(item)

    @Slot(int, object)
    def _on_done(self, task: int, outcome: object) -> None:
        if task == self._task and isinstance(outcome, DetectOutcome):
            self._over(self._summary())

    def _summary(self) -> str:
        shown, every = self._state.found.counts
        if not every:
            return "Nothing was found"
        if not shown:
            return f"None of {counted(every, 'detection')} is high enough to be shown; lower “Score from”"
        return (
            f"{shown} of {counted(every, 'detection')} shown: Shift+Return keeps these, Backspace drops all"
        )

    @Slot(int)
    def _on_cancelled(self, task: int) -> None:
        if task == self._task:
            self._over(f"Stopped. {self._summary()}")

    @Slot(int, object, str)
    def _on_failed(self, task: int, _error: object, _label: str) -> None:
        if task == self._task:
            self._over("Detecting failed")

    def _over(self, sentence: str) -> None:
        self._task = None
        self.told.emit(sentence)


def _said(accepted: Accepted) -> str:
    """What became of detections."""
    done = accepted.change.name if accepted.change else "Nothing new to accept"
    were = counted(accepted.known, "detection was a box", "detections were boxes")
    return f"{done}; {were} of the same class already" if accepted.known else done
