"""The list of classes: which is current, and changing it. Classes are catalogue, not history: no undo."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from workbench.core.errors import WorkbenchError
from workbench.ui.commands.edit import EditCommands
from workbench.ui.panels.classes import ClassesPanel
from workbench.ui.state import UiState


class ClassCommands(QObject):
    """Commands about classes; fills the panel that lists them.

    Signals:
        refused(sentence): a class could not be changed.
        panel_wanted: the list shall be seen.
    """

    refused = Signal(str)
    panel_wanted = Signal()

    def __init__(self, state: UiState, edits: EditCommands, panel: ClassesPanel, parent: QWidget) -> None:
        super().__init__(parent)
        self._state, self._edits, self._panel = state, edits, panel
        panel.chosen.connect(self._choose)
        panel.added.connect(self._add)
        panel.renamed.connect(self._rename)
        panel.recoloured.connect(self._recolour)
        self.refresh()

    def refresh(self) -> None:
        """Show the project's classes."""
        project = self._state.project
        self._panel.show_classes(
            project.categories(), self._state.category_id, editable=not project.read_only
        )

    @Slot()
    def edit_classes(self) -> None:
        """Show the list of classes."""
        self.panel_wanted.emit()

    @Slot(int)
    def use_class(self, position: int) -> None:
        """Use the class at a place of the list for new boxes and the selected tracks."""
        categories = self._state.project.categories()
        if position < len(categories):
            self._choose(categories[position].id)

    @Slot(int)
    def _choose(self, category_id: int) -> None:
        self._edits.set_class_to(category_id)
        self.refresh()

    @Slot()
    def _add(self) -> None:
        project = self._state.project
        names = {c.name for c in project.categories()}
        name = next(n for n in (f"class {i}" for i in range(1, len(names) + 2)) if n not in names)
        try:
            category = project.add_category(name)
        except WorkbenchError as error:
            self.refused.emit(str(error))
            return
        self.refresh()
        self._panel.edit(category.id)

    @Slot(int, str)
    def _rename(self, category_id: int, name: str) -> None:
        self._update(category_id, name=name)

    @Slot(int, str)
    def _recolour(self, category_id: int, color: str) -> None:
        self._update(category_id, color=color)

    def _update(self, category_id: int, **what: str) -> None:
        try:
            self._state.project.update_category(category_id, **what)
        except WorkbenchError as error:
            self.refused.emit(str(error))
        self.refresh()
