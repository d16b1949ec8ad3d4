"""Corrections on their way: shown first, made when the user agrees; a tracker runs first if it is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal, Slot

from workbench.core.edits import ChangeSet
from workbench.core.errors import WorkbenchError
from workbench.core.fixes import Fix
from workbench.services import identities, reviewing
from workbench.services.identities import Follower, Plan
from workbench.services.review_items import ReviewItem
from workbench.services.tracking import TrackedFrame
from workbench.ui.editor import Editor
from workbench.ui.state import UiState
from workbench.ui.worker import Task, TaskQueue


@dataclass(frozen=True)
class Proposal:
    """A correction that is shown and not made yet.

    Args:
        fix: what would be done.
        plan: what it comes to; None while a tracker runs.
        item: the review item it answers, if any.
        accepting: it is what the item itself proposes, and was agreed to already.
        final: the plan can be applied as it is, for a tracker made it.
    """

    fix: Fix
    plan: Plan | None = None
    item: ReviewItem | None = None
    accepting: bool = False
    final: bool = False


class Proposals(QObject):
    """At most one correction waits for the user; any number may run on the worker.

    Signals:
        changed: another one waits, or none.
        made(item id): a correction that answers an item was handed to the editor; -1 = one without an item.
        failed(item id): one that was agreed to could not be made.
        refused(sentence): why one cannot be made.
        told(sentence): for the status bar.
    """

    changed = Signal()
    made = Signal(int)
    failed = Signal(int)
    refused = Signal(str)
    told = Signal(str)

    def __init__(
        self,
        state: UiState,
        editor: Editor,
        compute: TaskQueue,
        follower: Callable[[], Follower],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._state, self._editor, self._compute, self._follower = state, editor, compute, follower
        self.waiting: Proposal | None = None
        self._running: dict[int, Proposal] = {}
        self._video: int | None = None  # the one the tracker runs over
        compute.item.connect(self._on_item)
        compute.done.connect(self._on_done)
        compute.failed.connect(self._on_failed)
        compute.cancelled.connect(self._on_over)

    @property
    def is_running(self) -> bool:
        """Whether a tracker works on a correction."""
        return bool(self._running)

    @property
    def is_agreed_running(self) -> bool:
        """Whether one of these was agreed to already."""
        return any(proposal.accepting for proposal in self._running.values())

    def propose(self, fix: Fix, *, item: ReviewItem | None = None) -> None:
        """Show a correction, and let it wait for the user."""
        try:
            plan = identities.preview(self._state.project, fix)
        except WorkbenchError as error:
            self.refused.emit(str(error))
            return
        self._wait(Proposal(fix, plan, item))

    def follow(self, fix: Fix, *, item: ReviewItem | None = None, accepting: bool = False) -> bool:
        """Let the tracker make a correction; it then waits for the user, who has agreed already if accepting.

        Returns:
            Whether the tracker was started.
        """
        video = self._state.video
        if video is None or self._state.project.read_only:
            self.refused.emit("This window changes nothing: the project is open for reading only.")
            return False
        try:
            identities.preview(self._state.project, fix)  # it may be refused at once
            follower = self._follower()
        except WorkbenchError as error:
            self.refused.emit(str(error))
            return False
        self._video = video.id
        project = self._state.project
        task = Task(
            f"{str(fix.operation).capitalize()} with {follower.name}",
            lambda: identities.carry_out(project, fix, follower=follower),
        )
        self._running[self._compute.submit(task)] = Proposal(fix, None, item, accepting, final=True)
        return True

    def apply(self) -> bool:
        """Make the correction that waits; it goes on waiting where it cannot be made now."""
        waiting = self.waiting
        if waiting is None:
            return False
        self._wait(None)
        if self._make(waiting):
            return True
        self._wait(waiting)
        return False

    def leave(self) -> bool:
        """Do not make the correction that waits; returns whether one did."""
        waited = self.waiting is not None
        self._wait(None)
        return waited

    def stop(self) -> None:
        """Stop the tracker; what it found is dropped."""
        for task in self._running:
            self._compute.cancel(task)

    def _wait(self, proposal: Proposal | None) -> None:
        if proposal is not self.waiting:
            self.waiting = proposal
            self.changed.emit()

    def _make(self, proposal: Proposal) -> bool:
        item_id = -1 if proposal.item is None else proposal.item.id
        done = self._editor.do(lambda: self._change(proposal))
        (self.made if done else self.failed).emit(item_id)
        return done

    def _change(self, proposal: Proposal) -> ChangeSet:
        project, fix, item = self._state.project, proposal.fix, proposal.item
        plan = proposal.plan if proposal.final else None
        if item is None:
            return (plan or identities.plan(project, fix)).change
        item = reviewing.find_item(project, item.id) or item  # its tracks may have changed hands since
        if proposal.accepting or fix == item.fix:
            return reviewing.accept(project, item, plan=plan)
        return reviewing.fix_otherwise(project, item, fix, plan=plan)

    @Slot(int, object)
    def _on_item(self, task: int, item: object) -> None:
        video = self._state.video
        if task in self._running and isinstance(item, TrackedFrame) and video and video.id == self._video:
            self._state.add_provisional(item)

    @Slot(int, object)
    def _on_done(self, task: int, plan: object) -> None:
        proposal = self._over(task)
        if proposal is None or not isinstance(plan, Plan):
            return
        proposal = replace(proposal, plan=plan)
        if proposal.accepting:
            self._make(proposal)
        else:
            self._wait(proposal)

    @Slot(int, object, str)
    def _on_failed(self, task: int, _error: object, _label: str) -> None:
        self._on_over(task)

    @Slot(int)
    def _on_over(self, task: int) -> None:
        proposal = self._over(task)
        if proposal is not None:
            self.told.emit("Nothing was changed")
            self.failed.emit(-1 if proposal.item is None else proposal.item.id)

    def _over(self, task: int) -> Proposal | None:
        proposal = self._running.pop(task, None)
        if proposal is not None:
            self._state.clear_provisional()
        return proposal
