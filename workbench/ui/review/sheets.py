"""Reviewing by sheets: which places the sheet shows, what their answers would do, and writing them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from workbench.core.edits import ChangeSet, Scope
from workbench.core.errors import WorkbenchError
from workbench.core.fixes import Operation
from workbench.core.plurals import counted
from workbench.services import identities, sheets
from workbench.services.review_items import OPEN, ReviewItem
from workbench.services.sheets import Answer, Decided
from workbench.ui.overlay_of import Palette, palette_of
from workbench.ui.review.agenda import READING, Agenda
from workbench.ui.review.answers import Answers
from workbench.ui.review.crops import Crop, CropLoader
from workbench.ui.review.place_strip import numbers_of, place_strip
from workbench.ui.review.preview import Preview
from workbench.ui.review.sheet_cell import CellView
from workbench.ui.review.sheet_window import SheetWindow
from workbench.ui.review.strips import SMALL, Place, Strip
from workbench.ui.review.words import likely, question
from workbench.ui.state import UiState

NOTHING = (
    "No open issue of the list is left for a sheet; what takes a person or a tracker is asked one by one."
)
ACTIONS = (
    "review_sheet",
    "undo",
    "redo",
    "shortcuts",
)  # that have their keys in the window of the sheet, too


class Sheets(QObject):
    """The command, the window and what it shows.

    Signals:
        told(sentence): for the status bar.
        fetching: other pictures are wanted; see ``crops``.
    """

    told = Signal(str)
    fetching = Signal()

    def __init__(
        self, state: UiState, agenda: Agenda, answers: Answers, crops: CropLoader, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._state, self._agenda, self._writer, self._main = state, agenda, answers, parent
        self._picture_of = crops.picture
        self.window = SheetWindow(crops.picture, parent)
        self.actions: Mapping[str, QAction] = {}
        self._answers: list[Answer] = []
        self._given: list[list[Answer]] = []  # answers of the sheets that were applied, for an undo
        self._reopened: Sequence[ReviewItem] = ()  # by an undo, until that is heard of
        self._plans: dict[int, tuple[ReviewItem, Preview]] = {}  # by item, what its correction comes to
        self._unfit: set[int] = set()  # items whose correction cannot be made
        self._palette = Palette((), (), "track")
        self._writing = False
        self._said = ""  # what went wrong with the last sheet
        self._last: frozenset[int] = frozenset()  # tracks of the sheet before
        self._following: list[Answer] = []  # of the next sheet, those that are to be made ready
        self._pieces: list[tuple[Crop, ...]] = []  # that the places need
        self._ahead: list[Crop] = []  # that those of the next sheet need
        self._looking = QTimer(self)  # ahead, a place a turn, when what is shown has been painted
        self._looking.setSingleShot(True)
        self._looking.timeout.connect(self._look_ahead)
        self.window.turned.connect(self.turn)
        self.window.cleared.connect(self.clear)
        self.window.skipped.connect(self.skip)
        self.window.applied.connect(self.apply)
        self.window.left.connect(self._on_left)
        agenda.reopened.connect(self._on_reopened)
        crops.arrived.connect(self.window.look_again)

    @property
    def is_open(self) -> bool:
        """Whether a sheet is shown."""
        return not self.window.isHidden()

    @property
    def answers(self) -> Sequence[Answer]:
        """Of the places that are shown."""
        return self._answers

    @property
    def is_ahead(self) -> bool:
        """Whether the next sheet is ready, pictures and all."""
        ready = not self._looking.isActive() and not self._following
        return ready and all(self._picture_of(crop) is not None for crop in self._ahead)

    @property
    def crops(self) -> list[Iterable[Crop]]:
        """Pictures that are wanted: of the sheet, and then of the next."""
        return [chain.from_iterable(self._pieces), self._ahead]

    # What the user wants

    @Slot()
    def review_sheet(self) -> None:
        """Show many places of the queue at once, or leave them."""
        if self.is_open:
            self.window.reject()
            return
        self._agenda.show(-1)
        self._said, self._last = "", frozenset()
        self._palette = palette_of(self._state)
        self._forget()
        self.window.open_over(self._main, [self.actions[name] for name in ACTIONS])
        self._show(self._made())

    @Slot(int)
    def turn(self, number: int) -> None:
        """Answer a place otherwise: the next correction, or that nothing is wrong there."""
        answer = self._answers[number].next()
        while answer.accepted is not None and not self._fits(answer.accepted):
            answer = answer.next()
        self._pieces[number] = self._crops(answer)
        self._answer(number, answer)
        self.fetching.emit()

    @Slot(int)
    def clear(self, number: int) -> None:
        """Answer that nothing is wrong at a place."""
        self._answer(number, self._answers[number].not_wrong())

    @Slot(int)
    def skip(self, number: int) -> None:
        """Put a place off: it is neither corrected nor rejected."""
        self._answer(number, self._answers[number].put_off())

    def _answer(self, number: int, answer: Answer) -> None:
        self._answers[number] = answer
        self.window.show_place(number, self._view(answer))

    @Slot()
    def apply(self) -> None:
        """Make the chosen corrections, reject all other places but those skipped, and show the next sheet."""
        given = self._answers
        if not given:
            self.window.reject()
            return
        self._agenda.show(-1)
        self._said = ""
        self._writing, self._answers, written = True, [], False
        try:
            written = self._writer.write((i for a in given for i in a.items), lambda: self._decided(given))
        finally:  # also after a fault of ours the sheet is what it shows
            self._writing = False
            if self._said:
                self.told.emit(self._said)
            if written:
                self._given.append(given)
                self._last = frozenset[int]().union(*(answer.tracks for answer in given))
            self._show(self._made() if written else self._now(given))

    def _decided(self, given: Sequence[Answer]) -> ChangeSet:
        decided = sheets.decide(self._state.project, given)
        self._agenda.under_way -= {item.id for answer, _ in decided.left for item in answer.items}
        if decided.left:
            self.hear(self._left_words(decided))
        return decided.change

    def _left_words(self, decided: Decided) -> str:
        answer, why = decided.left[0]
        if len(decided.left) == 1:
            return f"Left open: {question(answer.items[0], numbers_of(self._palette))}. {why}"
        return f"{len(decided.left)} places are left open, since they cannot be corrected any more. {why}"

    # What the window tells

    def refresh(self, scope: Scope, palette: Palette) -> None:
        """Something was written, and the agenda knows of it."""
        self._palette = palette
        if not self.is_open or not scope.tables & {"box", "track", "review_item"}:
            return
        reopened, self._reopened = self._reopened, ()
        forgotten = self._forget(scope.tracks) if scope.tables & {"box", "track"} else set[int]()
        if self._writing:
            return
        again = self._again(reopened) if reopened else []
        shown = {item.id for answer in self._answers for item in answer.items}
        if again:
            self._show(again)
        elif not shown or scope.items is None or not shown.isdisjoint(scope.items | forgotten):
            self._show(self._now(self._answers) or self._made())

    def begin_again(self) -> None:
        """Other items are wanted."""
        if self.is_open:
            self._show(self._made())

    @Slot(str)
    def hear(self, sentence: str) -> None:
        """Something was refused: it is to be read here, too."""
        self._said = sentence
        self.window.say(sentence)

    def leave(self) -> None:
        """Leave the sheet; nothing is decided."""
        if self.is_open:
            self.window.reject()

    @Slot()
    def _on_left(self) -> None:
        self._answers, self._ahead, self._following = [], [], []
        self._looking.stop()
        self._main.activateWindow()

    @Slot(object)
    def _on_reopened(self, items: Sequence[ReviewItem]) -> None:
        if self.is_open:
            self._reopened = items

    def _again(self, items: Sequence[ReviewItem]) -> list[Answer]:
        """What an undo brings back: a sheet as it was when it was applied, or one that begins with these."""
        ids = {item.id for item in items}

        def has_some(answers: Sequence[Answer]) -> bool:
            return any(item.id in ids for answer in answers for item in answer.items)

        given = next(filter(has_some, reversed(self._given)), None)
        if given is not None:
            return self._now(given)
        made = self._made(first=items)
        return made if has_some(made) else []

    # Which places

    def _made(self, *, first: Sequence[ReviewItem] = ()) -> list[Answer]:
        """A new sheet of corrections that can be made.

        Args:
            first: items that come before the others.
        """
        order = [*sheets.in_order(first), *sheets.in_order(self._agenda.items)]
        while True:
            unfit = len(self._unfit)
            proposed = self._proposed(order, later=self._last)
            found = [answer for answer in proposed if self._fits(answer.items[0])]
            if found or unfit == len(self._unfit):
                return found

    def _proposed(self, items: Iterable[ReviewItem], *, later: frozenset[int]) -> list[Answer]:
        """A sheet of those of these items that are open.

        What shares a track with the sheet before comes last: the others are as they were when their
        pictures were fetched.
        """
        open_ones = (item for item in items if item.id not in self._unfit and self._is_open(item))
        under_way = self._agenda.under_way_tracks
        return sheets.sheet(open_ones, self._together, most=self.window.room, later=later, without=under_way)

    def _is_open(self, item: ReviewItem) -> bool:
        return item.verdict == OPEN and item.id not in self._agenda.under_way

    def _together(self, item: ReviewItem) -> list[ReviewItem]:
        return [i for i in self._agenda.together_with(item) if i.id not in self._unfit]

    def _now(self, answers: Iterable[Answer]) -> list[Answer]:
        """These answers as their items are now, without those that are gone or answered."""
        found = []
        for answer in answers:
            chosen = answer.accepted
            items = [item for item in map(self._agenda.still_open, answer.items) if item is not None]
            while items and not self._fits(items[0]):
                del items[0]
            number = next(
                (n for n, i in enumerate(items) if chosen and i.id == chosen.id and self._fits(i)), None
            )
            found += [Answer(tuple(items), number, answer.skipped)] if items else []
        return found

    # What they look like

    def _show(self, answers: list[Answer]) -> None:
        self._answers = answers
        reading = self._agenda.is_reading and not answers
        self.window.show_places(
            [self._view(answer) for answer in answers], otherwise=READING if reading else NOTHING
        )
        left = counted(self._agenda.progress.remaining, "issue is left", "issues are left")
        self.window.say(self._said or ("" if reading else f"{counted(len(answers), 'place')}; {left}"))
        self._pieces = list(map(self._crops, answers))
        self._ahead, self._following = [], []
        self.fetching.emit()
        self._looking.start()

    def _view(self, answer: Answer) -> CellView:
        titles = numbers_of(self._palette)
        shown = answer.accepted or answer.items[0]
        plan = self._plans[shown.id][1].plan
        assert plan is not None
        other = "Skipped: it stays undecided" if answer.skipped else "Not wrong"
        words = plan.text if answer.accepted else f"{other}. Or: {plan.text}"
        count = len(answer.items)
        if answer.chosen is not None and count > 1:
            words = f"{answer.chosen + 1} of {count}: {words}"
        return CellView(
            question(answer.items[0], titles),
            likely(shown),
            words,
            answer.chosen is not None,
            answer.skipped,
            self._strip(answer),
        )

    def _strip(self, answer: Answer) -> Strip:
        """As it will be left; a chain always as the one track that it would be, a piece a column."""
        item = answer.accepted or answer.items[0]
        correction = self._plans[item.id][1]
        place = Place(item.tracks, item.frame, item.row.start, item.row.stop)
        if _is_chain(item):
            frames = self._of_pieces(item, correction) or (item.frame,)
            at = min(frames, key=lambda frame: abs(frame - item.frame))
            return self._drawn(replace(place, frame=at, frames=frames), correction)
        strip = self._drawn(place, correction if answer.accepted else None)
        return strip if strip.rows else self._drawn(place)  # what is deleted is shown as it is

    def _of_pieces(self, item: ReviewItem, correction: Preview) -> tuple[int, ...]:
        """A frame in the middle of each track of a chain; of the first, its last."""
        assert correction.plan is not None
        moves = correction.plan.moves
        begin = min((m.start for m in moves), default=item.frame)
        first = self._state.project.nearest_box(item.tracks[0], begin, step=-1)
        return (*(row.frame for row in [first] if row), *((m.start + m.stop - 1) // 2 for m in moves))

    def _drawn(self, place: Place, correction: Preview | None = None) -> Strip:
        return place_strip(self._state, self._palette, place, correction, layout=SMALL)

    def _crops(self, answer: Answer) -> tuple[Crop, ...]:
        """Pieces of a place as it is, and as its first correction would leave it."""
        strips = [self._strip(Answer(answer.items, chosen)) for chosen in {answer.chosen, None, 0}]
        return tuple(crop for strip in strips for crop in strip.crops)

    @Slot()
    def _look_ahead(self) -> None:
        """Make a place of the next sheet ready; with the last, their pictures are fetched, too."""
        if self._following:
            answer = self._following.pop(0)
            self._ahead += self._crops(answer) if self._fits(answer.items[0]) else ()
        else:
            known = {item.id for answer in self._answers for item in answer.items}
            tracks = frozenset[int]().union(*(answer.tracks for answer in self._answers))
            others = (item for item in self._agenda.items if item.id not in known)
            self._following = self._proposed(sheets.in_order(others), later=tracks)
        if self._following:
            self._looking.start()
        else:
            self.fetching.emit()

    def _fits(self, item: ReviewItem) -> bool:
        """Whether an item's correction can be made; it is planned, then."""
        if item.id in self._plans:
            return True
        assert item.fix is not None
        try:
            plan = identities.preview(self._state.project, item.fix)
        except WorkbenchError:
            self._unfit.add(item.id)
            return False
        self._plans[item.id] = item, Preview(self)
        self._plans[item.id][1].show(plan)
        return True

    def _forget(self, tracks: frozenset[int] | None = None) -> set[int]:
        """These tracks, or any, are not as they were; nor is the number that a new track would get.

        Returns:
            Ids of the items whose corrections have to be planned again.
        """
        forgotten = set()
        for item, preview in list(self._plans.values()):
            assert preview.plan is not None
            if tracks is None or preview.plan.new or not tracks.isdisjoint(Answer((item,)).tracks):
                del self._plans[item.id]
                preview.deleteLater()
                forgotten.add(item.id)
        self._unfit.clear()
        return forgotten


def _is_chain(item: ReviewItem) -> bool:
    return item.fix is not None and item.fix.operation == Operation.JOIN and len(item.tracks) > 2
