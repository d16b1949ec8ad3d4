"""The detecting part of the window: models, what they found, and their heat maps, put together.

The commands say what to do; what was found lives in the state; this draws it and fills the controls.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from workbench.services.detecting import can_detect
from workbench.services.models import ModelEntry
from workbench.services.plugin_finding import Plugins
from workbench.services.plugins import detectors
from workbench.ui.canvas import EMPTY, CanvasView
from workbench.ui.colours import parse_colour
from workbench.ui.commands.detect import DetectCommands
from workbench.ui.commands.heat import HeatCommands
from workbench.ui.commands.models import ModelCommands
from workbench.ui.editor import Editor
from workbench.ui.findings_of import findings_of
from workbench.ui.overlay_of import Show
from workbench.ui.panels.detection import DetectionPanel
from workbench.ui.panels.models import ModelsPanel, purpose
from workbench.ui.state import UiState
from workbench.ui.worker import TaskQueue


class Detection(QObject):
    """Owns the panels and commands about detectors.

    Signals:
        told(sentence), refused(sentence): for the status bar and the notice.
        heat_switched(on): the heat map was switched, from wherever.
    """

    told = Signal(str)
    refused = Signal(str)
    heat_switched = Signal(bool)

    def __init__(
        self,
        state: UiState,
        canvas: CanvasView,
        editor: Editor,
        *,
        compute: TaskQueue,
        fetching: TaskQueue,
        plugins: Plugins,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._state, self._canvas, self._plugins = state, canvas, plugins
        self._show = Show()
        self._networks: set[str] = set()
        self.panel, self.models_panel = DetectionPanel(parent), ModelsPanel(parent)
        self.commands = DetectCommands(state, compute, editor, parent, plugins=plugins)
        self.heat_commands = HeatCommands(state, parent)
        self.models = ModelCommands(fetching, self.models_panel, parent)
        for refusing in (self.commands, self.models):
            refusing.refused.connect(self.refused)
        for telling in (self.commands, self.models, self.heat_commands):
            telling.told.connect(self.told)
        self.models.listed.connect(self._on_listed)
        self.models.use_wanted.connect(self.panel.choose_model)
        self.panel.model_chosen.connect(self.commands.use_model)
        self.panel.threshold_changed.connect(state.found.set_threshold)
        self.panel.look_changed.connect(self._on_look)
        state.found.changed.connect(self.refresh)
        state.heat.changed.connect(self.refresh)
        state.preview.changed.connect(self.refresh)

    @property
    def groups(self) -> tuple[QObject, ...]:
        """The commands, for the menus."""
        return (self.commands, self.heat_commands, self.models)

    def add_actions(self, actions: dict[str, QAction]) -> None:
        """Put the actions on the panel's buttons."""
        self.panel.add_actions(
            (actions["detect_frame"], actions["detect_range"]),
            (actions["accept_found"], actions["discard_found"]),
        )
        self.heat_switched.connect(actions["show_heat"].setChecked)

    def draw(self, show: Show) -> None:
        """Draw what belongs to the frame on the canvas."""
        self._show = show
        self.refresh()

    def text_at(self, x: float, y: float) -> str:
        """What the heat map says at a point of the picture."""
        return self._state.heat.text_at(self._state.shown, x, y)

    @Slot()
    def refresh(self) -> None:
        """Draw again, and show the figures."""
        state, frame = self._state, self._state.shown
        found = state.found.at(frame)
        if not self._show.boxes:
            self._canvas.set_findings(EMPTY)
        elif found is None:
            self._canvas.set_findings(state.preview.overlay(frame, labels=self._show.labels))
        else:
            colours = {c.name.casefold(): parse_colour(c.color) for c in state.project.categories()}
            shown = state.found.shown_of(found)
            self._canvas.set_findings(findings_of(found, shown, colours=colours, labels=self._show.labels))
        self._canvas.set_heatmaps(state.heat.drawn(frame))
        self.panel.show_found(state.found.threshold, *state.found.counts)
        self.panel.show_heat(state.heat.look, state.heat.channels(frame), state.heat.channel_at(frame))
        self.heat_switched.emit(state.heat.look.on)

    @Slot(str, object)
    def _on_look(self, field: str, value: object) -> None:
        if value is not None:
            self._state.heat.set_look(**{field: value})

    @Slot(object)
    def _on_listed(self, entries: Sequence[ModelEntry]) -> None:
        ready = [entry for entry in entries if can_detect(entry)]
        shown = [(e.name, f"{e.spec}: {purpose(e)}") for e in ready]
        taken = {name for name, _ in shown}
        brought = [c for c in detectors(self._plugins) if c.name not in taken]
        shown += [(c.name, f"{c.title}: {c.description}") for c in brought]
        self.commands.models = tuple(name for name, _ in shown)
        self.panel.show_models(shown)
        new = [entry.name for entry in ready if entry.name not in self._networks]
        self._networks = {entry.name for entry in ready}
        if new:  # what somebody has just added is what they want to use
            self.panel.choose_model(new[0])
        self.commands.model = self.panel.model  # the one that was chosen may be gone
