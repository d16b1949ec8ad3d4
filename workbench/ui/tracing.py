"""Who or what made each box, and when: the history, what undo would undo, and the filter of the tracks."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, QTimer, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolTip, QWidget

from workbench.core.edits import Scope
from workbench.core.errors import ProjectError
from workbench.core.rows import BoxRow, Origin
from workbench.services import history, verdicts
from workbench.services.history import Made, boxes_made, maker_of
from workbench.services.review_items import TRACK
from workbench.store import Project
from workbench.ui.canvas import CanvasView
from workbench.ui.commands.history import HistoryCommands
from workbench.ui.editor import Editor
from workbench.ui.panels import track_filter
from workbench.ui.panels.history import HistoryPanel
from workbench.ui.panels.track_filter import TrackFilter
from workbench.ui.state import UiState
from workbench.ui.worker import Task, TaskQueue, once

REST = 150  # ms without an edit until the filter is asked again


class Tracing(QObject):
    """Owns the history, the filter and their commands.

    Signals:
        told(sentence), refused(sentence): for the status bar and the notice.
        tracks_chosen(set of track ids or None): what the filter lets through; None = all.
    """

    told = Signal(str)
    refused = Signal(str)
    tracks_chosen = Signal(object)

    def __init__(
        self, state: UiState, canvas: CanvasView, editor: Editor, *, quiet: TaskQueue, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._state, self._canvas, self._quiet = state, canvas, quiet
        self.history, self.filter = HistoryPanel(parent), TrackFilter(parent)
        self.commands = HistoryCommands(state, editor, self.history)
        self._actions: dict[str, QAction] = {}
        self._task: int | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST)
        self._timer.timeout.connect(self._ask)
        self.history.shown.connect(self._show_history)
        self.history.filter_changed.connect(self._show_history)
        self.filter.changed.connect(self._ask)
        canvas.tip_requested.connect(self._on_tip)
        state.selection_changed.connect(self._on_selection)
        quiet.done.connect(self._on_done)

    @property
    def groups(self) -> tuple[QObject, ...]:
        """The commands, for the menus."""
        return (self.commands,)

    def add_actions(self, actions: dict[str, QAction]) -> None:
        """Take the actions whose names say which edit they are about."""
        self._actions = actions

    def show_video(self) -> None:
        """Another video is shown."""
        self._offer()
        self.refresh(Scope())

    def refresh(self, scope: Scope) -> None:
        """Something was written."""
        self._name_steps()
        self._show_history()
        if "run" in scope.tables:
            self._offer()
        if self.filter.kind != track_filter.ALL:
            self._timer.start()

    def maker_at(self, track_id: int, frame: int) -> str:
        """Who or what made a box, in words; "" where there is none."""
        row = self._state.project.box(track_id, frame)
        return "" if row is None else _words(self._state.project, row)

    def _name_steps(self) -> None:
        """Say in the menu what would be undone and done again."""
        project = self._state.project
        try:
            steps = (("undo", project.next_undo), ("redo", project.next_redo))
        except ProjectError as error:  # what was done is damaged, what is there need not be
            self.refused.emit(str(error))
            steps = (("undo", None), ("redo", None))
        for name, edit in steps:
            self._actions[name].setText(f"{name.title()} {edit.name}" if edit else name.title())
            self._actions[name].setEnabled(edit is not None and not project.read_only)

    @Slot()
    def _show_history(self) -> None:
        if not self.history.isVisible():
            return
        track = self._state.track_id if self.history.of_track else None
        if self.history.of_track and track is None:
            self.history.show_entries([])
            return
        self.history.show_entries(history.entries(self._state.project, track_id=track))

    @Slot()
    def _on_selection(self) -> None:
        if self.history.of_track:
            self._show_history()
        track = self._state.track_id
        made = "" if track is None else self.maker_at(track, self._state.frame)
        if made:
            self.told.emit(made)

    @Slot(int, QPoint)
    def _on_tip(self, track_id: int, position: QPoint) -> None:
        QToolTip.showText(position, self.maker_at(track_id, self._state.shown), self._canvas)

    # The filter

    def _offer(self) -> None:
        video = self._state.video
        runs = [] if video is None else self._state.project.runs(video.id)
        words = [(str(run.id), f"run {run.id}: {run.model or run.kind}") for run in reversed(runs)]
        self.filter.show_makers(words, sorted({run.model for run in runs if run.model}))

    @Slot()
    def _ask(self) -> None:
        video, project, wanted = self._state.video, self._state.project, self.filter
        self._task = None
        if video is None or wanted.kind == track_filter.ALL:
            self._tell(None)
        elif wanted.kind == track_filter.UNSURE:
            said = verdicts.judgements(project, video.id, TRACK)
            self._tell({t for item in said if item.verdict == verdicts.UNSURE for t in item.tracks})
        else:
            video_id, made = video.id, _made(wanted)
            asked = once(lambda: set(boxes_made(project, video_id, made)[:, 0].tolist()))
            self._task = self._quiet.submit(Task("Looking who made the boxes", asked))

    @Slot(int, object)
    def _on_done(self, task: int, tracks: object) -> None:
        if task == self._task and isinstance(tracks, set):
            self._task = None
            self._tell(tracks)

    def _tell(self, tracks: set[int] | None) -> None:
        self.filter.show_count(None if tracks is None else len(tracks))
        self.tracks_chosen.emit(tracks)


def _made(wanted: TrackFilter) -> Made:
    """What a filter asks of the boxes."""
    if wanted.kind == track_filter.HUMAN:
        return Made(origins=frozenset({Origin.HUMAN}))
    if wanted.kind == track_filter.RUN:
        return Made(runs=frozenset({int(wanted.value)}))
    if wanted.kind == track_filter.MODEL:
        return Made(models=frozenset({wanted.value}))
    if wanted.kind == track_filter.SINCE:
        return Made(edited_since=wanted.since)
    return Made(verified=True)


def _words(project: Project, row: BoxRow) -> str:
    track = project.track(row.track_id)
    name = "" if track is None else f"#{track.number}, frame {row.frame}: "
    score = "" if row.score is None else f", score {row.score:.2f}"
    return f"{name}{maker_of(project, row)}{score}"
