"""The user's library of models in the window: reading it, adding to it, fetching, checking and removing."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from workbench.services.models import ModelEntry, ModelLibrary, user_library
from workbench.ui.panels.models import ModelsPanel
from workbench.ui.worker import Task, TaskQueue, once

WEIGHTS = "Weights (*.pth *.pth.tar *.tar *.pt *.safetensors);;All files (*)"


class ModelCommands(QObject):
    """Commands about models; fills the panel that lists them.

    All that reads or writes the library runs on a thread of its own, so that neither the window nor a
    running tracker waits for a download.

    Signals:
        told(sentence), refused(sentence): what was done, or why it was not.
        listed(entries): the library was read anew.
        use_wanted(name): the user wants to work with this model.
    """

    told = Signal(str)
    refused = Signal(str)
    listed = Signal(object)
    use_wanted = Signal(str)

    def __init__(
        self,
        queue: TaskQueue,
        panel: ModelsPanel,
        parent: QWidget,
        library: Callable[[], ModelLibrary] = user_library,
    ) -> None:
        super().__init__(parent)
        self._queue, self._panel, self._window, self._library = queue, panel, parent, library
        self._running: dict[int, Callable[[Any], str]] = {}
        self._reading: set[int] = set()
        self._entries: tuple[ModelEntry, ...] = ()
        self._added = ""  # shown when the library was read again
        queue.done.connect(self._on_done)
        queue.cancelled.connect(self._on_cancelled)
        queue.failed.connect(self._on_failed)
        panel.add_wanted.connect(self.add_model)
        panel.download_wanted.connect(self._download)
        panel.verify_wanted.connect(self._verify)
        panel.remove_wanted.connect(self._remove)
        panel.page_wanted.connect(self._open_page)
        panel.use_wanted.connect(self.use_wanted)
        self.refresh()

    def refresh(self) -> None:
        """Read the library anew."""
        library = self._library
        self._reading.add(self._queue.submit(Task("Reading the models", once(lambda: library().entries()))))

    @Slot()
    def add_model(self) -> None:
        """Ask for a file of weights and add it."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Add a file of weights", "", WEIGHTS)
        if path:
            self.add_file(Path(path))

    def add_file(self, path: Path) -> None:
        """Copy a file of weights into the library."""
        library = self._library
        self._submit(
            f"Adding {path.name}",
            lambda: library().add(path),
            lambda entry: f"{entry.name} was added: {entry.spec}",
        )

    @Slot(str)
    def _download(self, name: str) -> None:
        library = self._library
        self._submit(
            f"Downloading {name}", lambda: library().download(name), lambda entry: f"{entry.name} is here now"
        )

    @Slot(str)
    def _verify(self, name: str) -> None:
        library = self._library
        self._submit(
            f"Checking {name}", lambda: library().verify(name), lambda _: f"{name} is as it was added"
        )

    @Slot(str)
    def _remove(self, name: str) -> None:
        question = f"Delete the library's copy of {name}? The file it was added from is not touched."
        if QMessageBox.question(self._window, "Remove model", question) == QMessageBox.StandardButton.Yes:
            library = self._library
            self._submit(
                f"Removing {name}", once(lambda: library().remove(name)), lambda _: f"{name} was removed"
            )

    @Slot(str)
    def _open_page(self, name: str) -> None:
        page = next((e.published.page for e in self._entries if e.name == name and e.published), "")
        if page and not QDesktopServices.openUrl(QUrl(page)):
            self.told.emit(f"No browser could be opened; the page is {page}")

    def _submit(
        self, label: str, make: Callable[[], Generator[Any, None, Any]], sentence: Callable[[Any], str]
    ) -> None:
        self._running[self._queue.submit(Task(label, make))] = sentence

    @Slot(int, object)
    def _on_done(self, task: int, result: Any) -> None:
        if task in self._reading:
            self._reading.remove(task)
            self._entries = result
            self._panel.show_models(result)
            if self._added:
                self._panel.choose(self._added)
                self._added = ""
            self.listed.emit(result)
            return
        self.told.emit(self._running.pop(task)(result))
        self._added = result.name if isinstance(result, ModelEntry) else ""
        self.refresh()

    @Slot(int)
    def _on_cancelled(self, task: int) -> None:
        if self._running.pop(task, None) is not None:
            self.told.emit("Stopped; nothing was added or removed")

    @Slot(int, object, str)
    def _on_failed(self, task: int, _error: object, _label: str) -> None:
        self._running.pop(task, None)
