"""Following boxes with a tracker: what to follow, streaming its boxes in, and stopping it."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.plurals import counted
from workbench.core.rows import Origin
from workbench.services.identities import Follower
from workbench.services.plugin_finding import Plugins
from workbench.services.plugins import default_tracker, find_tracker
from workbench.services.tracking import (
    Direction,
    Outcome,
    PassOptions,
    Target,
    TrackedFrame,
    targets_at,
    track_in_project,
)
from workbench.ui.state import UiState
from workbench.ui.worker import Task, TaskQueue, once

THREADS = max((os.cpu_count() or 2) - 1, 1)  # one is left to the window


class TrackCommands(QObject):
    """Commands of the Track menu.

    Signals:
        told(sentence): how a pass began or ended.
        refused(sentence): why none could begin, or why it failed.
        checkpoint_chosen(path): the user wants to track with this file.
    """

    told = Signal(str)
    refused = Signal(str)
    checkpoint_chosen = Signal(str)

    def __init__(
        self,
        state: UiState,
        queue: TaskQueue,
        dragging: Callable[[], bool],
        parent: QWidget,
        *,
        plugins: Plugins,
    ) -> None:
        super().__init__(parent)
        self._state, self._queue, self._window = state, queue, parent
        self._dragging, self._plugins = dragging, plugins
        self.tracker: str | None = None  # None = the default
        self.follow = True
        self._task: int | None = None
        self._ended: list[Outcome] = []  # of the pass that goes on: how it ended, also when it was stopped
        self._video: int | None = None  # the one the pass runs over; another may be shown meanwhile
        self._imported: dict[int, set[int]] = {}  # where the tracks that are followed had such boxes
        queue.item.connect(self._on_item)
        queue.done.connect(self._on_done)
        queue.failed.connect(self._on_failed)
        queue.cancelled.connect(self._on_cancelled)

    @Slot()
    def track_forward(self) -> None:
        """Start a pass forward, or stop the one that runs."""
        self._toggle(1)

    @Slot()
    def track_backward(self) -> None:
        """Start a pass backward, or stop the one that runs."""
        self._toggle(-1)

    @Slot()
    def queue_target(self) -> None:
        """Let the selected boxes wait for the next pass, or take them out of the queue."""
        state = self._state
        state.enqueue(t for t in state.selection if state.project.box(t, state.frame) is not None)
        waiting = len(self._state.queue)
        self.told.emit(
            f"Waiting for the next pass: {counted(waiting, 'target')}"
            if waiting
            else "No target waits any more"
        )

    @Slot()
    def stop(self) -> None:
        """Stop what runs; what was tracked is kept."""
        self._queue.cancel()

    @Slot(str)
    def use_tracker(self, name: str) -> None:
        """Follow boxes with this tracker from the next pass on."""
        self.tracker = name

    def follower(self, *, threads: int = THREADS) -> Follower:
        """The chosen tracker.

        Raises:
            WorkbenchError: there is no such tracker.
        """
        name = self.tracker or default_tracker(self._plugins)
        make = find_tracker(name, threads=threads, plugins=self._plugins)
        return Follower(Path(name).name, make)

    def prepare(self) -> None:
        """Load the tracker while the user looks round, so that the first pass begins at once."""
        name, plugins = self.tracker, self._plugins

        def load() -> None:
            find_tracker(name, threads=THREADS, plugins=plugins)()
            gc.freeze()  # torch has come, as much again as all before: see ``app``

        self._queue.submit(Task("Preparing the tracker", once(load)))

    @Slot(bool)
    def follow_view(self, on: bool) -> None:
        """Show the frames as they are tracked, or leave the view where it is."""
        self.follow = on

    @Slot()
    def choose_checkpoint(self) -> None:
        """Ask for a published ATOM checkpoint."""
        path, _ = QFileDialog.getOpenFileName(
            self._window,
            "ATOM checkpoint",
            "",
            "Checkpoints (*.pth *.pth.tar *.tar *.safetensors);;All files (*)",
        )
        if path:
            self.checkpoint_chosen.emit(path)

    @property
    def is_running(self) -> bool:
        """Whether a pass runs or waits."""
        return self._task is not None

    def _toggle(self, direction: Direction) -> None:
        if self.is_running:
            self.stop()
            return
        try:
            self._start(direction)
        except WorkbenchError as error:
            self.refused.emit(str(error))

    def _start(self, direction: Direction) -> None:
        state, video = self._state, self._state.video
        if video is None:
            return
        if state.project.read_only:
            self.refused.emit("This window changes nothing: the project is open for reading only.")
            return
        targets = self._targets(direction)
        if targets and all(t.frame == (video.frame_count - 1 if direction == 1 else 0) for t in targets):
            self.refused.emit(
                "There is no frame to track into from here; go to another, or track the other way."
            )
            return
        if not targets:
            self.refused.emit("Select a box to follow first, or draw one with N.")
            return
        # Several targets are followed in threads of their own; torch's would only be in their way.
        follower = self.follower(threads=THREADS if len(targets) == 1 else 1)
        label = f"Tracking {counted(len(targets), 'target')} {'forward' if direction == 1 else 'backward'}"
        options = PassOptions(direction=direction)
        self._video = video.id
        self._imported = {t.track_id: self._frames(t.track_id, Origin.IMPORTED) for t in targets}
        self._ended = ended = list[Outcome]()
        self._task = self._queue.submit(
            Task(
                label,
                lambda: track_in_project(
                    state.project,
                    video.id,
                    targets,
                    tracker=follower.name,
                    make_tracker=follower.make,
                    options=options,
                    score_maps=lambda: state.heat.look.on,
                    keep=ended.append,
                ),
            )
        )

    def _targets(self, direction: Direction) -> list[Target]:
        project, frame = self._state.project, self._state.frame
        waiting = dict.fromkeys(self._state.selection, frame) | self._state.queue
        self._state.clear_queue()  # first: one that cannot be followed would block for good
        return [
            target
            for track, its_frame in waiting.items()
            for target in targets_at(project, [track], frame=its_frame, direction=direction)
        ]

    @Slot(int, object)
    def _on_item(self, task: int, item: object) -> None:
        video = self._state.video
        if (
            task != self._task
            or not isinstance(item, TrackedFrame)
            or video is None
            or video.id != self._video
        ):
            return
        self._state.add_provisional(item)
        if self.follow and not self._dragging():  # a picture must not change under the user's hand
            self._state.go_to(item.frame)

    @Slot(int, object)
    def _on_done(self, task: int, outcome: object) -> None:
        if task == self._task and isinstance(outcome, Outcome):
            lost = f"; {len(outcome.lost)} lost on the way" if outcome.lost else ""
            self._over(f"Tracked {_came(outcome)}{lost}")

    @Slot(int)
    def _on_cancelled(self, task: int) -> None:
        if task == self._task:
            came = [_came(outcome) for outcome in self._ended if outcome.frames]
            self._over(f"Stopped; tracked {came[0]}" if came else "Stopped before anything was tracked")

    @Slot(int, object, str)
    def _on_failed(self, task: int, _error: object, _label: str) -> None:
        if task == self._task:
            self._over("Tracking failed")

    def _frames(self, track_id: int, origin: Origin) -> set[int]:
        """The frames in which a track has boxes of an origin."""
        columns = self._state.project.box_columns_of_track(track_id)
        return set(columns.frame[columns.origin == origin].tolist())

    def _over(self, sentence: str) -> None:
        self._task = None
        replaced = sum(  # not those that somebody moved or deleted meanwhile
            len(frames & self._frames(track_id, Origin.MODEL)) for track_id, frames in self._imported.items()
        )
        if replaced:  # it may have been ground truth
            sentence += ". " + counted(
                replaced,
                "imported box was replaced; Undo brings it back",
                "imported boxes were replaced; Undo brings them back",
            )
        self._state.clear_provisional()
        self.told.emit(sentence)


def _came(outcome: Outcome) -> str:
    return f"{counted(outcome.frames, 'frame')}, {counted(outcome.boxes, 'box')}"
