"""The scoring part of the window: what is scored, the figures and the plots, put together."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from workbench.core.edits import Scope
from workbench.services.scoring import EVERYTHING, layers_of, note_truth, truth_of
from workbench.ui.commands.score import Asked, ScoreCommands, Scored
from workbench.ui.panels.scores import ScoresPanel
from workbench.ui.state import UiState
from workbench.ui.worker import TaskQueue


class Scoring(QObject):
    """Owns the panel and the commands about scores.

    Signals:
        told(sentence), refused(sentence): for the status bar and the notice.
    """

    told = Signal(str)
    refused = Signal(str)

    def __init__(self, state: UiState, jobs: TaskQueue, parent: QWidget) -> None:
        super().__init__(parent)
        self._state = state
        self._note = ""
        self.panel = ScoresPanel(parent)
        self.commands = ScoreCommands(state, jobs, self._asked, parent)
        self.commands.told.connect(self.told)
        self.commands.refused.connect(self.refused)
        self.commands.scored.connect(self._on_scored)
        self.panel.shown.connect(self._on_shown)
        self.panel.truth_chosen.connect(self._on_truth)
        self.panel.picked.connect(state.go_to)
        state.video_changed.connect(self._on_video)
        state.data_changed.connect(self._on_data)
        state.frame_changed.connect(self.panel.show_frame)

    @property
    def groups(self) -> tuple[QObject, ...]:
        """The commands, for the menus."""
        return (self.commands,)

    def add_actions(self, actions: dict[str, QAction]) -> None:
        """Put the actions on the panel's buttons."""
        self.panel.add_actions([actions[name] for name in ("score_tracks", "save_scores")])

    def _asked(self) -> Asked:
        return self.panel.layer, self.panel.truth

    @Slot()
    def _on_video(self) -> None:
        self.commands.last = None
        self._note = ""
        self.panel.show_scores({}, (), "Not scored yet")
        video = self._state.video
        self.panel.use_truth(truth_of(self._state.project, video.id) if video else None)
        self._list_layers()

    @Slot()
    def _on_truth(self) -> None:
        video, project = self._state.video, self._state.project
        if video is not None and not project.read_only:
            note_truth(project, video.id, self.panel.truth)

    @Slot()
    def _on_shown(self) -> None:
        self._list_layers()
        self.panel.show_frame(self._state.frame)

    def _list_layers(self) -> None:
        video = self._state.video
        self.panel.show_layers(layers_of(self._state.project, video.id) if video else [EVERYTHING])

    @Slot(object)
    def _on_data(self, scope: Scope) -> None:
        video = self._state.video
        if "run" in scope.tables and self.panel.isVisible():
            self._list_layers()
        if self._note and scope.tables & {"box", "track"} and video and scope.touches(video=video.id):
            self.panel.show_note(f"{self._note} The boxes have been edited since.")

    @Slot(object)
    def _on_scored(self, scored: Scored) -> None:
        video = self._state.video
        if video is None or video.id != scored.video_id:
            return
        against = "imported boxes" if scored.truth is None else scored.truth.name
        self._note = f"{scored.layer.title} against {against}, in per cent."
        if scored.layer == EVERYTHING and len(layers_of(self._state.project, video.id)) > 1:
            self._note += " A run adds no box where an imported one is: score the run itself."
        self.panel.show_scores(scored.figures, scored.panels, self._note)
        self.panel.show_frame(self._state.frame)
