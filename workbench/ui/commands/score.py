"""Scoring tracks against ground truth, and keeping the scores."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from workbench.services.plots import Bars, Curves
from workbench.services.scores import Evaluation
from workbench.services.scoring import Layer, score_layer, write_scores
from workbench.ui.state import UiState
from workbench.ui.worker import Task, TaskQueue, once

Asked = tuple[Layer, Path | None]
"""What shall be scored, and the file of ground truth; None = the imported boxes."""


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores of one layer, made ready for showing on the worker.

    Args:
        layer, truth: what was scored against what; no file = the imported boxes.
        figures: by name, shares from 0 to 1.
    """

    video_id: int
    layer: Layer
    truth: Path | None
    scores: Evaluation
    figures: dict[str, float]
    panels: list[Curves | Bars]


class ScoreCommands(QObject):
    """Commands about scores.

    Signals:
        told(sentence), refused(sentence): what was done, or why it was not.
        scored(Scored): tracks were scored.
        panel_wanted: show the scores.
    """

    told = Signal(str)
    refused = Signal(str)
    scored = Signal(object)
    panel_wanted = Signal()

    def __init__(self, state: UiState, jobs: TaskQueue, asked: Callable[[], Asked], parent: QWidget) -> None:
        super().__init__(parent)
        self._state, self._jobs, self._asked, self._window = state, jobs, asked, parent
        self._task: int | None = None
        self._writing: int | None = None
        self.last: Scored | None = None
        jobs.done.connect(self._on_done)
        jobs.failed.connect(self._on_ended)
        jobs.cancelled.connect(self._on_ended)

    @property
    def is_scoring(self) -> bool:
        """Whether scores are on their way."""
        return self._task is not None

    @Slot()
    def score_tracks(self) -> None:
        """Score the chosen layer."""
        self.panel_wanted.emit()
        video, project = self._state.video, self._state.project
        layer, truth = self._asked()
        if video is None:
            self.refused.emit("Open a video first; there is nothing to score yet.")
            return

        def steps() -> Generator[Any, None, Scored]:
            scores = yield from score_layer(project, video.id, layer, truth=truth)
            return Scored(video.id, layer, truth, scores, scores.figures()["all"], scores.panels())

        if self._task is not None:
            self._jobs.cancel(self._task)
        self._task = self._jobs.submit(Task(f"Scoring {layer.title}", steps))

    @Slot()
    def save_scores(self) -> None:
        """Ask for a file and write the scores, with their plot beside it."""
        if self.last is None:
            self.refused.emit("Score the tracks first; there are no figures to export.")
            return
        path, _ = QFileDialog.getSaveFileName(self._window, "Export scores", "scores.json", "JSON (*.json)")
        if path:
            self.save_scores_to(Path(path))

    def save_scores_to(self, path: Path) -> None:
        """Write the scores and their plot."""
        assert self.last is not None
        scores = self.last.scores
        self._writing = self._jobs.submit(Task("Writing scores", once(lambda: write_scores(scores, path))))

    @Slot(int, object)
    def _on_done(self, task: int, result: Any) -> None:
        if task == self._task:
            self._task = None
            self.last = result
            self.scored.emit(result)
        elif task == self._writing:
            self.told.emit(f"Written: {', '.join(map(str, result))}")

    @Slot(int)
    def _on_ended(self, task: int, *_why: object) -> None:
        if task == self._task:
            self._task = None
