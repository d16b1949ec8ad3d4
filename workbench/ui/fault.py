"""A fault of the program's own: logged, shown with its traceback, and the program lives on."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from workbench.core.errors import WorkbenchError

log = logging.getLogger(__name__)


def show_fault(error: BaseException, parent: QWidget | None = None) -> None:
    """Show what went wrong; what the user can do something about without its traceback."""
    known = isinstance(error, WorkbenchError)
    text = str(error) if known else "Something in the program went wrong. Everything edited so far is saved."
    box = QMessageBox(
        QMessageBox.Icon.Warning, "Tracking Workbench", text, QMessageBox.StandardButton.Ok, parent
    )
    if not known:
        box.setInformativeText(f"{type(error).__name__}: {error}")
        box.setDetailedText("".join(traceback.format_exception(error)))
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()


class FaultHook(QObject):
    """Catches what nobody caught, from any thread, and shows it in the GUI thread."""

    _caught = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._caught.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Take the place of ``sys.excepthook``."""
        if issubclass(kind, KeyboardInterrupt):
            QApplication.closeAllWindows()  # as the user would: a running pass keeps its boxes
            return
        log.critical("not caught", exc_info=(kind, error, trace))
        self._caught.emit(error)

    @Slot(object)
    def _show(self, error: BaseException) -> None:
        show_fault(error)
