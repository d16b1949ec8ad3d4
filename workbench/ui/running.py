"""The running part of the window: the panel, its commands, and the list of runs, put together."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QSettings, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from workbench.core.edits import Scope
from workbench.services.multi_trackers import multi_trackers
from workbench.services.plugin_finding import Plugins
from workbench.services.run_detectors import RunDetectors
from workbench.services.run_options import noted
from workbench.services.run_storing import KIND
from workbench.services.running import can_go_on
from workbench.store import Run
from workbench.ui.commands.run import RunCommands
from workbench.ui.panels.run import RunLine, RunPanel
from workbench.ui.state import UiState
from workbench.ui.worker import Task, TaskQueue, once


class Running(QObject):
    """Owns the panel and the commands of runs.

    Signals:
        told(sentence), refused(sentence): for the status bar and the notice.
    """

    told = Signal(str)
    refused = Signal(str)

    def __init__(
        self,
        state: UiState,
        *,
        compute: TaskQueue,
        jobs: TaskQueue,
        plugins: Plugins,
        settings: QSettings,
        follow: Callable[[], bool],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._state, self._jobs, self._plugins = state, jobs, plugins
        self._reading: set[int] = set()
        self.panel = RunPanel(multi_trackers(plugins), settings, parent)
        self.commands = RunCommands(state, compute, self.panel, parent, plugins=plugins, follow=follow)
        self.commands.told.connect(self.told)
        self.commands.told.connect(self._on_busy)
        self.commands.refused.connect(self.refused)
        jobs.done.connect(self._on_done)
        compute.changed.connect(self._on_busy)
        state.scope_changed.connect(self._on_scope)
        state.video_changed.connect(self.show_runs)
        state.data_changed.connect(self._on_data)
        self.panel.run_chosen.connect(self._on_busy)
        self._actions: dict[str, QAction] = {}

    @property
    def groups(self) -> tuple[QObject, ...]:
        """The commands, for the menus."""
        return (self.commands,)

    def add_actions(self, actions: dict[str, QAction]) -> None:
        """Put the actions on the panel's buttons."""
        self._actions = {name: actions[name] for name in ("run_video", "run_on", "track_again", "select_run")}
        start, *again = self._actions.values()
        self.panel.add_actions((start,), again)
        self._on_busy()

    @Slot()
    def list_detectors(self) -> None:
        """Read anew which detectors there are; that may import their code, and is done on another thread."""
        plugins = self._plugins
        read = once(lambda: RunDetectors(plugins=plugins).list())
        self._reading.add(self._jobs.submit(Task("Reading the detectors", read)))

    @Slot()
    def show_runs(self) -> None:
        """List the runs over the video shown."""
        video = self._state.video
        runs = [] if video is None else self._state.project.runs(video.id)
        self.panel.show_runs([line_of(run) for run in reversed(runs) if run.kind == KIND])

    @Slot(int, object)
    def _on_done(self, task: int, result: object) -> None:
        if task in self._reading and isinstance(result, tuple):
            self._reading.remove(task)
            self.panel.show_detectors(result)

    @Slot()
    def _on_scope(self) -> None:
        self.panel.show_scope(self._state.scope)

    @Slot(object)
    def _on_data(self, scope: Scope) -> None:
        if "run" in scope.tables:
            self.show_runs()

    @Slot()
    def _on_busy(self) -> None:
        """Say on the buttons what they do now."""
        if not self._actions:
            return
        running, chosen = self.commands.is_running, self.panel.run_id
        for say in (self._actions["run_video"].setText, self._actions["run_video"].setIconText):
            say("Stop run" if running else "Run")
        run = None if chosen is None else self._state.project.run(chosen)
        self._actions["run_on"].setEnabled(run is not None and can_go_on(run) and not running)
        self._actions["track_again"].setEnabled(run is not None and not running)
        self._actions["select_run"].setEnabled(run is not None)


def line_of(run: Run) -> RunLine:
    """A run in the list of runs."""
    known = noted(run)
    span = f"{known.get('start', 0)} to {int(known.get('stop') or 1) - 1}"
    tracker = known.get("tracker", "")
    again = f", detections of run {known['detections_of']}" if known.get("detections_of") else ""
    settings = {**known.get("detector_settings", {}), **known.get("tracker_settings", {})}
    said = "\n".join(f"{name}: {value}" for name, value in settings.items())
    return RunLine(
        run.id,
        f"{run.id}  {run.model} + {tracker}  {span}  {run.state}",
        f"{run.started_at[:19].replace('T', ' ')} UTC, version {run.version}{again}\n{said}".strip(),
        can_go_on(run),
    )
