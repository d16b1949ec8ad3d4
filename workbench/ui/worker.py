"""Long jobs on a thread of their own: one generator at a time, stopped between two of its items.

A signal of the worker is received only by bound methods of objects of the GUI thread, marked as slots:
anything else would run in the worker's thread.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal, Slot

from workbench.core.errors import WorkbenchError

log = logging.getLogger(__name__)

NICE = 10  # the worker yields to the GUI thread; QThread's own priorities have no effect on Linux


@dataclass(frozen=True)
class Task:
    """A long job.

    Args:
        label: what the user reads while it runs.
        make: makes the generator; called in the worker's thread.
    """

    label: str
    make: Callable[[], Generator[Any, None, Any]]


def once(make: Callable[[], Any]) -> Callable[[], Generator[Any, None, Any]]:
    """A job of one step that cannot be divided."""

    def steps() -> Generator[Any, None, Any]:
        yield from ()
        return make()

    return steps


@dataclass
class _Order:
    """A task on its way to the worker, and the event that stops it."""

    id: int
    task: Task
    stop: threading.Event = field(default_factory=threading.Event)


class _Worker(QObject):
    """Lives in the worker's thread and drives one generator at a time."""

    started = Signal(int)
    item = Signal(int, object)
    done = Signal(int, object)
    failed = Signal(int, object)
    cancelled = Signal(int)

    @Slot(object)
    def run(self, order: _Order) -> None:
        """Drive a task to its end, to its stop or to its failure."""
        if order.stop.is_set():
            self.cancelled.emit(order.id)
            return
        self.started.emit(order.id)
        try:
            self._drive(order)
        except WorkbenchError as error:
            log.info("%s: %s", order.task.label, error)
            self.failed.emit(order.id, error)
        except Exception as error:  # the worker outlives whatever a job does
            log.exception("%s failed", order.task.label)
            self.failed.emit(order.id, error)

    def _drive(self, order: _Order) -> None:
        steps = order.task.make()
        while True:
            if order.stop.is_set():
                steps.close()  # the job keeps what it has
                self.cancelled.emit(order.id)
                return
            try:
                item = next(steps)
            except StopIteration as end:
                self.done.emit(order.id, end.value)
                return
            self.item.emit(order.id, item)

    @Slot()
    def leave(self) -> None:
        """End this thread, after everything that was ordered before."""
        self.thread().quit()

    @Slot()
    def be_nice(self) -> None:
        """Give this thread a lower priority than the GUI's, where the system can."""
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


class TaskQueue(QObject):
    """The GUI thread's handle on one worker thread.

    Signals:
        started(id), item(id, item), done(id, result), failed(id, error, label), cancelled(id): how it goes.
        changed: tasks came, went or began.
    """

    started = Signal(int)
    item = Signal(int, object)
    done = Signal(int, object)
    failed = Signal(int, object, str)
    cancelled = Signal(int)
    changed = Signal()

    _ordered = Signal(object)
    _leaving = Signal()

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._orders: OrderedDict[int, _Order] = OrderedDict()
        self._last_id = 0
        self._thread = QThread(self)
        self._thread.setObjectName(name)
        self._worker = _Worker()
        self._worker.moveToThread(self._thread)
        self._thread.started.connect(self._worker.be_nice)
        self._ordered.connect(self._worker.run)
        self._leaving.connect(self._worker.leave)
        self._worker.started.connect(self._on_started)
        self._worker.item.connect(self._on_item)
        self._worker.done.connect(self._on_done)
        self._worker.failed.connect(self._on_failed)
        self._worker.cancelled.connect(self._on_cancelled)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether a task runs or waits."""
        return bool(self._orders)

    @property
    def labels(self) -> list[str]:
        """Labels of the task that runs and those that wait, in order."""
        return [order.task.label for order in self._orders.values()]

    def submit(self, task: Task) -> int:
        """Queue a task; it runs when those before it are over.

        Returns:
            The id that its signals carry.
        """
        self._last_id += 1
        order = _Order(self._last_id, task)
        self._orders[order.id] = order
        self._ordered.emit(order)
        self.changed.emit()
        return order.id

    def cancel(self, task_id: int | None = None) -> None:
        """Ask a task (by default all) to stop at its next item; `cancelled` tells when it has."""
        for order in self._orders.values():
            if task_id in (None, order.id):
                order.stop.set()

    def close(self, *, finish: bool = False) -> None:
        """End the thread and wait for it.

        Args:
            finish: let what was ordered be done; otherwise a running job stops at its next item and keeps
                what it has.
        """
        if not finish:
            self.cancel()
        self._leaving.emit()
        self._thread.wait()

    @Slot(int)
    def _on_started(self, task_id: int) -> None:
        self.started.emit(task_id)
        self.changed.emit()

    @Slot(int, object)
    def _on_item(self, task_id: int, item: object) -> None:
        self.item.emit(task_id, item)

    @Slot(int, object)
    def _on_done(self, task_id: int, result: object) -> None:
        self._over(task_id)
        self.done.emit(task_id, result)

    @Slot(int, object)
    def _on_failed(self, task_id: int, error: object) -> None:
        label = self._over(task_id)
        self.failed.emit(task_id, error, label)

    @Slot(int)
    def _on_cancelled(self, task_id: int) -> None:
        self._over(task_id)
        self.cancelled.emit(task_id)

    def _over(self, task_id: int) -> str:
        order = self._orders.pop(task_id)
        self.changed.emit()
        return order.task.label
