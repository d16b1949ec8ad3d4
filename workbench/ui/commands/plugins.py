"""The list of plugins."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from workbench.services.plugin_finding import Plugins
from workbench.ui.plugins_dialog import PluginsDialog
from workbench.ui.worker import Task, TaskQueue, once


class PluginCommands(QObject):
    """Commands about plugins; their code is run on the thread of ``jobs``."""

    def __init__(self, plugins: Plugins, jobs: TaskQueue, parent: QWidget) -> None:
        super().__init__(parent)
        self._plugins, self._jobs = plugins, jobs
        self._task: int | None = None
        self.dialog = PluginsDialog(plugins, parent)
        jobs.done.connect(self._on_done)

    @Slot()
    def list_plugins(self) -> None:
        """List the plugins at once, and again when each has been tried."""
        self.dialog.refresh()
        self.dialog.open()
        self._task = self._jobs.submit(Task("Trying the plugins", once(self._plugins.check)))

    @Slot(int, object)
    def _on_done(self, task: int, _nothing: object) -> None:
        if task == self._task:
            self.dialog.refresh()
