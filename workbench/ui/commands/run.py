"""Runs of a detector and a tracker over the video: starting, stopping, going on, trying another tracker."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from workbench.core.errors import UserError, WorkbenchError
from workbench.core.plurals import counted
from workbench.core.progress import Progress
from workbench.services.detecting import Detectors
from workbench.services.plugin_finding import Plugins
from workbench.services.run_again import track_again
from workbench.services.run_detecting import RunFrame
from workbench.services.run_detectors import RunDetectors
from workbench.services.run_ending import Keep, Outcome
from workbench.services.run_options import options_of
from workbench.services.running import can_go_on, run
from workbench.ui.panels.run import RunPanel
from workbench.ui.state import UiState
from workbench.ui.worker import Task, TaskQueue

NOTHING_SEEN = "Stopped before a frame was looked at"
THREADS = max((os.cpu_count() or 2) - 1, 1)  # one is left to the window

Steps = Generator[Any, None, Outcome]
Order = tuple[str, Callable[[Keep], Steps]]
"""What the user reads while it runs, and what makes it; that is handed what hears of the outcome."""


class RunCommands(QObject):
    """Commands of the Run menu.

    Signals:
        told(sentence): how a run ended.
        refused(sentence): why none could begin.
        panel_wanted: the controls shall be seen.
    """

    told = Signal(str)
    refused = Signal(str)
    panel_wanted = Signal()

    def __init__(
        self,
        state: UiState,
        queue: TaskQueue,
        panel: RunPanel,
        parent: QWidget,
        *,
        plugins: Plugins,
        follow: Callable[[], bool],
    ) -> None:
        super().__init__(parent)
        self._state, self._queue, self._panel, self._follow = state, queue, panel, follow
        self._detectors = RunDetectors(Detectors(threads=THREADS, plugins=plugins), plugins)
        self._task: int | None = None
        self._ended: list[Outcome] = []  # of the run that goes on: how it ended, also when it was stopped
        self._video: int | None = None  # the one the run looks at; another may be shown meanwhile
        queue.item.connect(self._on_item)
        queue.done.connect(self._on_done)
        queue.cancelled.connect(self._on_cancelled)
        queue.failed.connect(self._on_failed)

    @property
    def is_running(self) -> bool:
        """Whether a run goes on or waits."""
        return self._task is not None

    @Slot()
    def run_video(self) -> None:
        """Run what the panel says, or stop the run; what was found so far becomes tracks."""
        if self.is_running:
            self._queue.cancel(self._task)
            return
        self.panel_wanted.emit()
        if self._panel.fault:
            self.refused.emit(self._panel.fault)
            return
        self._begin(self._run_of)

    @Slot()
    def run_on(self) -> None:
        """Go on with the chosen run, which did not come to its end."""
        chosen = self._panel.run_id
        if chosen is None or not can_go_on(self._state.project.run(chosen)):
            self.refused.emit("Choose a run that did not come to its end in the list of runs first.")
            return
        options = options_of(self._state.project.run(chosen))
        project, detectors = self._state.project, self._detectors
        self._begin(
            lambda video: (
                f"Going on with run {chosen}",
                lambda keep: run(project, video, options, detectors=detectors, on=chosen, keep=keep),
            )
        )

    @Slot()
    def track_again(self) -> None:
        """Try the panel's tracker, threshold and classes on what the chosen run has detected."""
        chosen = self._panel.run_id
        if chosen is None:
            self.refused.emit("Choose a run in the list of runs first; its detections are tracked again.")
            return
        self._begin(lambda _: self._again_of(chosen))

    @Slot()
    def select_run(self) -> None:
        """Select the tracks that have boxes of the chosen run, also those that were there before it."""
        state, chosen = self._state, self._panel.run_id
        if state.video is not None and chosen is not None:
            tracks = state.project.tracks_with_boxes_of(chosen, state.video.id)
            state.select(tracks)
            self.told.emit(f"{counted(len(tracks), 'track')} of run {chosen} selected")

    def _run_of(self, video: int) -> Order:
        options = self._panel.options()
        project, detectors = self._state.project, self._detectors
        return (
            f"Running {options.detector} and {options.tracker}",
            lambda keep: run(project, video, options, detectors=detectors, keep=keep),
        )

    def _again_of(self, chosen: int) -> Order:
        options, project = self._panel.options(), self._state.project
        return (
            f"Tracking again with {options.tracker}",
            lambda keep: track_again(project, chosen, options, keep=keep),
        )

    def _begin(self, order: Callable[[int], Order]) -> None:
        state = self._state
        try:
            if state.video is None:
                raise UserError("Open a video first.")
            if state.project.read_only:
                raise UserError("This window changes nothing: the project is open for reading only.")
            if self.is_running:
                raise UserError("A run goes on already; stop it first.")
            label, make = order(state.video.id)
        except WorkbenchError as error:
            self.refused.emit(str(error))
            return
        self._video = state.video.id
        state.preview.clear()
        self._ended = ended = list[Outcome]()
        self._task = self._queue.submit(Task(label, lambda: make(ended.append)))

    @Slot(int, object)
    def _on_item(self, task: int, item: object) -> None:
        if task != self._task:
            return
        if isinstance(item, Progress):
            self._panel.show_state(item.text)
        if not isinstance(item, RunFrame):
            return
        self._panel.show_state(said_of(item))
        video = self._state.video
        if video is not None and video.id == self._video:
            self._state.preview.add(item)
            if self._follow():
                self._state.go_to(item.frame)

    @Slot(int, object)
    def _on_done(self, task: int, outcome: object) -> None:
        if task == self._task and isinstance(outcome, Outcome):
            self._over(summary(outcome))

    @Slot(int)
    def _on_cancelled(self, task: int) -> None:
        if task == self._task:
            self._over(summary(self._ended[0]) if self._ended else NOTHING_SEEN)

    @Slot(int, object, str)
    def _on_failed(self, task: int, _error: object, _label: str) -> None:
        if task == self._task:
            self._over("The run failed")

    def _over(self, sentence: str) -> None:
        self._task = None
        self._state.preview.clear()
        self._panel.show_state(sentence)
        if self._ended:
            self._panel.choose_run(self._ended[0].run_id)
        self.told.emit(sentence)


def said_of(item: RunFrame) -> str:
    """How far a run is."""
    left = f"{item.seconds_left // 60:.0f}:{item.seconds_left % 60:02.0f}"
    return f"Frame {item.done} of {item.total}, {item.rate:.1f} a second, {left} left; {len(item.ids)} here"


def summary(outcome: Outcome) -> str:
    """What came of a run that came to its end or was stopped."""
    seen = outcome.stop - outcome.start
    if outcome.state != "stopped":
        return " ".join([_came(outcome), *outcome.problems])
    if not seen:
        return NOTHING_SEEN
    how_far = f"Stopped after {counted(seen, 'frame')}; the same run goes on from there."
    return " ".join([how_far, _came(outcome), *outcome.problems])


def _came(outcome: Outcome) -> str:
    """What a run made of the frames that were looked at."""
    stored = outcome.stored
    if stored is None or not stored.boxes:
        return "Nothing was found to track."
    said = f"{counted(stored.tracks, 'track')} with {counted(stored.boxes, 'box')}"
    if stored.poses:
        said += f" and {counted(stored.poses, 'pose')}"
    if stored.inherited:
        said += f", {stored.inherited} of them known before"
    if stored.kept:
        said += f"; {counted(stored.kept, 'box')} of others unchanged"
    if stored.replaced:
        said += f"; {counted(stored.replaced, 'box')} of earlier runs replaced"
    if outcome.repeated:
        said += "; the frames had been looked at before, with the same detector"
    return f"{said}."
