"""Working the review queue: look for issues, go from one to the next, and decide."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QPoint, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from workbench.core.edits import ChangeSet
from workbench.core.fixes import Operation
from workbench.services import finding, reviewing
from workbench.services.review_items import ReviewItem
from workbench.ui.editor import Editor
from workbench.ui.menus import IDENTITY_MENU
from workbench.ui.review.agenda import READING, Agenda
from workbench.ui.review.answers import Answers
from workbench.ui.review.proposals import Proposals
from workbench.ui.state import UiState
from workbench.ui.worker import Task, TaskQueue

NO_ITEM = "No issue is shown; choose one in the list Review, or press . for the first one."


class ReviewCommands(QObject):
    """Commands of the Review menu.

    Signals:
        told(sentence), refused(sentence): for the status bar and the notice.
        panel_wanted: the list shall be seen.
        answering: an answer is about to be written, and another item to be shown.
    """

    told = Signal(str)
    refused = Signal(str)
    panel_wanted = Signal()
    answering = Signal()

    def __init__(
        self,
        state: UiState,
        agenda: Agenda,
        proposals: Proposals,
        editor: Editor,
        answers: Answers,
        *,
        compute: TaskQueue,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._state, self._agenda, self._proposals, self._editor = state, agenda, proposals, editor
        self._answers, self._compute, self._window = answers, compute, parent
        self.actions: dict[str, QAction] = {}  # for the menu of other fixes
        self._task: int | None = None
        self._found: finding.Found | None = None  # until the list has it
        agenda.was_read.connect(self._tell_found)
        proposals.made.connect(self._on_made)
        proposals.failed.connect(self._on_not_made)
        compute.done.connect(self._on_done)
        compute.cancelled.connect(self._on_cancelled)
        compute.failed.connect(self._on_failed)

    # Looking for issues

    @Slot()
    def find_issues(self) -> None:
        """Look for errors of identity in the video shown, or stop looking."""
        video, project = self._state.video, self._state.project
        self.panel_wanted.emit()
        if self._task is not None:
            self._compute.cancel(self._task)
        elif video is None:
            self.refused.emit("Open a video first.")
        elif project.read_only:
            self.refused.emit("This window changes nothing: the project is open for reading only.")
        else:
            self._task = self._compute.submit(
                Task("Looking for errors of identity", lambda: finding.find(project, video.id))
            )

    @Slot(int, object)
    def _on_done(self, task: int, outcome: object) -> None:
        if task == self._task and isinstance(outcome, finding.Found):
            self._task, self._found = None, outcome
            if not self._agenda.is_reading:
                self._tell_found()

    @Slot()
    def _tell_found(self) -> None:
        """Show the first issue and say how many there are."""
        outcome, self._found = self._found, None
        if outcome is None:
            return
        first = self._agenda.following(1)
        if self._agenda.current is None and first:
            self._agenda.show(first[0].id)
        more = ["Review, Join fragments makes them."] if outcome.links else []
        self.told.emit(" ".join([f"{str(outcome).capitalize()}.", *more, *outcome.problems]))

    @Slot(int)
    def _on_cancelled(self, task: int) -> None:
        if task == self._task:
            self._task = None
            self.told.emit("Stopped looking for issues; the list is as it was")

    @Slot(int, object, str)
    def _on_failed(self, task: int, _error: object, _label: str) -> None:
        if task == self._task:
            self._task = None

    # Going through the list

    @Slot()
    def next_item(self) -> None:
        """Show the next item of the list."""
        self._step(1)

    @Slot()
    def previous_item(self) -> None:
        """Show the item before."""
        self._step(-1)

    def _step(self, step: int) -> None:
        item_id = self._agenda.around(step)
        self.panel_wanted.emit()
        if item_id >= 0:
            self._agenda.show(item_id)
        elif self._agenda.items:
            self.told.emit("The list of issues ends here")
        else:
            self.told.emit(READING if self._agenda.is_reading else "No issue is listed")

    @Slot()
    def leave_review(self) -> None:
        """Show no item."""
        self._agenda.show(-1)

    @Slot()
    def toggle_preview(self) -> None:
        """Show the boxes as they are, or as the correction would leave them."""
        self._state.correction.toggle()

    # Deciding

    @Slot()
    def accept_item(self) -> None:
        """Make the correction that is shown, and go on to the next item."""
        if self._proposals.waiting is not None:
            self._proposals.apply()
        else:
            self._accept(0)

    @Slot()
    def accept_second(self) -> None:
        """Make the second correction of the place, and go on to the next item."""
        self._accept(1)

    @Slot()
    def accept_third(self) -> None:
        """Make the third correction of the place, and go on to the next item."""
        self._accept(2)

    @Slot()
    def reject_item(self) -> None:
        """Say that there is no error at the place; it is not asked again."""
        self._decide_current(reviewing.reject)

    @Slot()
    def skip_item(self) -> None:
        """Put the place off."""
        self._decide_current(reviewing.skip)

    def _accept(self, number: int) -> None:
        """Make one of the corrections of the place that is shown."""
        self._proposals.leave()
        together = self._agenda.together
        if not together:
            self.refused.emit(NO_ITEM)
            return
        if number >= len(together):
            self.refused.emit("No other correction of this place is in the list.")
            return
        item = together.pop(number)
        if item.fix is not None and item.fix.operation == Operation.EXTEND:
            if self._proposals.follow(item.fix, item=item, accepting=True):
                self._agenda.under_way.add(item.id)
                self._show_next()
            return
        project = self._state.project
        self._decide(
            [item, *together], lambda now, *others: reviewing.accept(project, now, instead_of=others)
        )

    @Slot()
    def reopen_item(self) -> None:
        """Ask again what was rejected or skipped."""
        item = self._agenda.current
        if item is None:
            self.refused.emit(NO_ITEM)
        else:
            self._editor.do(lambda: reviewing.reopen(item))

    @Slot()
    def comment_item(self) -> None:
        """Note something on the item."""
        item = self._agenda.current
        if item is None:
            self.refused.emit(NO_ITEM)
            return
        text, agreed = QInputDialog.getText(
            self._window, "Comment", "Comment on this issue:", text=item.row.comment
        )
        if agreed and text != item.row.comment:
            self._editor.do(lambda: reviewing.comment(item, text))

    @Slot()
    def other_fix(self) -> None:
        """Offer the other operations, which answer the item that is shown."""
        menu = QMenu(self._window)
        menu.setObjectName("other_fix")
        for name in IDENTITY_MENU:
            if name:
                menu.addAction(self.actions[name])
            else:
                menu.addSeparator()
        middle = self._window.rect().center() - QPoint(
            menu.sizeHint().width() // 2, menu.sizeHint().height() // 2
        )
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._window.mapToGlobal(middle))

    def _decide_current(self, make: Callable[..., ChangeSet]) -> None:
        self._proposals.leave()
        if self._agenda.current is None:
            self.refused.emit(NO_ITEM)
        else:
            self._decide(self._agenda.together, make)

    def _decide(self, items: Sequence[ReviewItem], make: Callable[..., ChangeSet]) -> None:
        """Write an answer, and show the next item at once.

        Args:
            items: those of one place.
            make: of the items as they are by then.
        """

        def change() -> ChangeSet:
            return make(*(reviewing.find_item(self._state.project, item.id) or item for item in items))

        self.answering.emit()
        if self._answers.write(items, change):
            self._show_next()

    def _show_next(self) -> None:
        """Show the next open item, or none."""
        left = self._agenda.following(1)
        self._agenda.show(left[0].id if left else -1)
        if not left:
            self.told.emit("No open issue is left in the list")

    @Slot(int)
    def _on_made(self, item_id: int) -> None:
        if item_id == self._agenda.current_id and item_id >= 0:
            self._show_next()

    @Slot(int)
    def _on_not_made(self, item_id: int) -> None:
        self._agenda.under_way.discard(item_id)
