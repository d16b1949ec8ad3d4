"""The reviewing part of the window: queue, film strip, corrections before they are made, put together.

What is shown is one subject: the correction that waits for the user, else the review item. The agenda knows
the items, the proposals know the corrections; this draws the subject and fetches the pictures of the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QRectF, QTimer, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from workbench.core.edits import Scope
from workbench.core.errors import WorkbenchError
from workbench.core.plurals import counted
from workbench.services import identities
from workbench.services.identities import Follower, Plan
from workbench.services.projects import missing_media
from workbench.services.review_items import ReviewItem
from workbench.ui.aside import Aside
from workbench.ui.canvas import CanvasView
from workbench.ui.commands.identity import IdentityCommands
from workbench.ui.commands.join import JoinCommands
from workbench.ui.commands.judge import JudgeCommands
from workbench.ui.commands.review import ReviewCommands
from workbench.ui.editor import Editor
from workbench.ui.overlay_of import Palette, previewed_palette
from workbench.ui.review.agenda import READING, Agenda
from workbench.ui.review.answers import Answers
from workbench.ui.review.card import CardText
from workbench.ui.review.crops import CropLoader
from workbench.ui.review.panel import NOTHING, ReviewPanel
from workbench.ui.review.place_strip import numbers_of, place_strip
from workbench.ui.review.preview import conflict_words
from workbench.ui.review.proposals import Proposals
from workbench.ui.review.sheets import Sheets
from workbench.ui.review.stage import ReviewStage
from workbench.ui.review.strips import NO_STRIP, Place, Strip
from workbench.ui.review.words import evidence, instead, likely, question
from workbench.ui.state import UiState
from workbench.ui.timeline import LaneMark, TimelineView
from workbench.ui.worker import TaskQueue

AHEAD = 3  # items whose pictures are fetched before they are shown
ROOM = 2.5  # sides of the boxes in question that are shown around them
OTHERS = {"accept_second": "Accept second", "accept_third": "Accept third"}  # and their plain words
MOST = 0.8  # share of the picture beyond which all of it is shown
ITEM_ACTIONS = ("accept_item", *OTHERS, "reject_item", "skip_item", "other_fix", "toggle_preview")
PROPOSAL_ACTIONS = ("apply_preview", "toggle_preview", "cancel")


@dataclass(frozen=True)
class Subject:
    """What is shown.

    Args:
        place: for the film strip.
        plan: the correction, if there is one that can be made.
        problem: why there is none.
    """

    place: Place
    plan: Plan | None = None
    problem: str = ""


class Reviewing(QObject):
    """Owns the panel, the stage and the commands about reviewing.

    What stands beside the picture (the lists, the timeline, ``beside``) is painted after it.

    Signals:
        told(sentence), refused(sentence): for the status bar and the notice.
        frames_foreseen(frames): they will be wanted next.
        panel_wanted: the list shall be seen.
    """

    told = Signal(str)
    refused = Signal(str)
    frames_foreseen = Signal(object)
    panel_wanted = Signal()

    def __init__(
        self,
        state: UiState,
        canvas: CanvasView,
        timeline: TimelineView,
        editor: Editor,
        *,
        compute: TaskQueue,
        reading: TaskQueue,
        follower: Callable[[], Follower],
        beside: Sequence[QWidget],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._state, self._canvas, self._timeline = state, canvas, timeline
        self.crops = CropLoader(self)
        self.agenda = Agenda(state, reading, self)
        self.proposals = Proposals(state, editor, compute, follower, self)
        self.panel, self.stage = ReviewPanel(self.agenda.listed, parent), ReviewStage(self.crops, parent)
        self._answers = Answers(self.agenda, editor, self)
        self.commands = ReviewCommands(
            state, self.agenda, self.proposals, editor, self._answers, compute=compute, parent=parent
        )
        self.sheets = Sheets(state, self.agenda, self._answers, self.crops, parent)
        self._aside = Aside((*beside, timeline, self.panel), self)
        self.identity = IdentityCommands(state, self.proposals, parent)
        self.judge = JudgeCommands(state, editor, parent)
        self.join = JoinCommands(state, self.agenda, editor, compute=compute, parent=parent)
        self._subject: Subject | None = None
        self._palette = Palette((), (), "track")
        self._actions: dict[str, QAction] = {}
        self.identity.answered = lambda: self.agenda.current
        # What is shown is painted first, then the list of the others, and then their pictures are fetched.
        self._listing, self._fetching = QTimer(self), QTimer(self)
        for timer, act in ((self._listing, self._list), (self._fetching, self._fetch)):
            timer.setSingleShot(True)
            timer.timeout.connect(act)
        self._connect(editor)

    def _connect(self, editor: Editor) -> None:
        state, agenda = self._state, self.agenda
        for source in (self.commands, self.identity, self.judge, self.join, self.proposals):
            source.refused.connect(self.refused)
        for teller in (self.commands, self.join, self.proposals, self.sheets):
            teller.told.connect(self.told)
        editor.refused.connect(self.sheets.hear)
        self.sheets.fetching.connect(self._fetch)
        self.commands.panel_wanted.connect(self.panel_wanted)
        self.commands.answering.connect(self._aside.hold)
        self.panel.item_chosen.connect(agenda.show)
        self.panel.wanted_changed.connect(self._on_wanted)
        agenda.changed.connect(self._listing.start)
        agenda.was_read.connect(self._on_queue_read)
        agenda.current_changed.connect(self._on_current)
        self.proposals.changed.connect(self._on_proposal)
        state.selection_changed.connect(agenda.narrow)
        state.frame_changed.connect(self.stage.strip.set_frame)
        state.correction.changed.connect(self._on_preview)
        self.stage.strip.seek_requested.connect(state.go_to)
        self.stage.strip.track_requested.connect(self._on_track)
        self.crops.arrived.connect(self.stage.strip.look_again)

    @property
    def groups(self) -> tuple[QObject, ...]:
        """The commands, for the menus."""
        return (self.commands, self.sheets, self.identity, self.judge, self.join)

    def add_actions(self, actions: dict[str, QAction]) -> None:
        """Take the actions for buttons and menus."""
        self._actions = actions
        self.commands.actions = self.sheets.actions = actions
        self.panel.add_actions(actions["find_issues"], actions["review_sheet"])
        self._enable()

    def leave(self) -> bool:
        """Leave the correction that waits; returns whether there was one."""
        return self.proposals.leave()

    def close(self) -> None:
        """Write the answers that wait, after the last large edit, and end the thread."""
        self.sheets.leave()
        self._answers.finish()
        self._listing.stop()
        self._fetching.stop()
        self.crops.close()

    # What the window tells

    def show_video(self, palette: Palette) -> None:
        """Another video is shown."""
        video, project = self._state.video, self._state.project
        self.sheets.leave()
        self.proposals.leave()
        self._palette = palette
        there = video is not None and not missing_media(project, video.id)
        self.crops.open(project.video_file(video) if video is not None and there else None)
        self.agenda.show_video()

    def refresh(self, scope: Scope, palette: Palette) -> None:
        """Something was written."""
        self._palette = palette
        video = self._state.video
        if video is None or not scope.touches(video=video.id):
            return
        if self.proposals.waiting is not None and scope.tables & {"box", "track"}:
            self.proposals.leave()  # it was made for boxes that are no more
        answered = self.agenda.current_id in self.agenda.under_way  # the next one is shown in a moment
        if scope.items is None:
            self.agenda.read()
        elif scope.items:
            self.agenda.read_again(scope.items)
        elif "track" in scope.tables:
            self._listing.start()  # they are called otherwise
        if self._subject is not None and not answered and scope.tables & {"box", "track"}:
            self._show_subject()
        self.sheets.refresh(scope, palette)

    # The list

    @Slot()
    def _on_wanted(self) -> None:
        self.agenda.want(self.panel.wanted)
        self.sheets.begin_again()

    @Slot()
    def _on_queue_read(self) -> None:
        """The sheet may show what is otherwise now."""
        self.sheets.refresh(Scope(frozenset({"review_item"}), items=None), self._palette)

    @Slot()
    def _list(self) -> None:
        agenda = self.agenda
        agenda.listed.set_titles(numbers_of(self._palette))
        self.panel.show_kinds(agenda.kinds)
        self.panel.show_progress(agenda.progress, READING if agenda.is_reading else NOTHING)
        self.panel.show_current(agenda.current)

    # What is shown

    @Slot()
    def _on_current(self) -> None:
        item = self.agenda.current
        self._aside.hold()
        self.panel.show_current(item)
        if self.proposals.waiting is not None:
            self.proposals.leave()
        else:
            self._show_subject()
        if item is not None:
            self._state.go_to(item.frame)
            self._state.select(item.tracks)
            self._timeline.show_track(item.tracks[0])
            self._zoom(self.stage.strip.strip)

    @Slot()
    def _on_proposal(self) -> None:
        self._enable()
        self._show_subject()

    def _enable(self) -> None:
        """Return applies the correction that waits; else it verifies boxes."""
        waits = self.proposals.waiting is not None
        if self._actions:
            self._actions["toggle_verified"].setEnabled(not waits)
            self._actions["apply_preview"].setEnabled(waits)

    def _show_subject(self) -> None:
        """Show the correction that waits, else the item, else nothing."""
        self._subject = self._subject_now()
        if not self._state.correction.show(None if self._subject is None else self._subject.plan):
            self._on_preview()

    def _subject_now(self) -> Subject | None:
        waiting, item = self.proposals.waiting, self.agenda.current
        if waiting is not None and waiting.plan is not None:
            fix, plan = waiting.fix, waiting.plan
            stop = fix.stop or plan.stop
            frame = min(max(self._state.frame, fix.start), max(stop - 1, fix.start))
            return Subject(Place(fix.tracks, frame, frame, frame + 1), plan)
        if item is None:
            return None
        place = Place(item.tracks, item.frame, item.row.start, item.row.stop)
        if item.fix is None or item.verdict:
            return Subject(place)
        try:
            return Subject(place, identities.preview(self._state.project, item.fix))
        except WorkbenchError as error:
            return Subject(place, problem=str(error))

    @Slot()
    def _on_preview(self) -> None:
        subject = self._subject
        self._mark_lanes(previewed_palette(self._state, self._palette))
        if subject is None:
            self.stage.card.show_text(None)
            self.stage.strip.show_strip(NO_STRIP)
            return
        self._show_card(subject)
        after = self._state.correction.is_on
        strip = self._strip(subject, after=after)
        if not strip.rows:  # what is deleted is shown as it is
            after, strip = False, self._strip(subject, after=False)
        self.stage.strip.show_strip(strip, dashed=after)
        self._fetching.start()

    def _show_card(self, subject: Subject) -> None:
        waiting, item = self.proposals.waiting, self.agenda.current
        titles = numbers_of(previewed_palette(self._state, self._palette))
        fix = "" if subject.plan is None else subject.plan.text
        conflicts = "" if subject.plan is None else conflict_words(subject.plan, titles)
        names = PROPOSAL_ACTIONS if waiting is not None else self._offer(titles)
        if waiting is not None:
            answers = "" if waiting.item is None else f"It answers “{question(waiting.item, titles)}”."
            text = CardText(fix, "", answers, conflicts)
        else:
            assert item is not None
            text = CardText(
                question(item, titles), fix or _no_fix(item), _detail(item), conflicts or subject.problem
            )
        self.stage.card.show_text(text, [self._actions[name] for name in names])

    def _offer(self, titles: Mapping[int, str]) -> list[str]:
        """Name the other corrections of the place; returns the actions there are."""
        item, *others = self.agenda.together
        offered = dict(zip(OTHERS, others, strict=False))
        for name, plain in OTHERS.items():
            self._actions[name].setText(instead(offered[name], titles) if name in offered else plain)
        unused = OTHERS.keys() - offered.keys() | ({"accept_item"} if item.fix is None else set())
        return [name for name in ITEM_ACTIONS if name not in unused]

    def _zoom(self, strip: Strip) -> None:
        """Show the place large, with as much around it as tells where it is."""
        boxes = [c.box for row in strip.rows for c in row.cells if c.frame == strip.at and c.box is not None]
        boxes = boxes or [c.box for row in strip.rows for c in row.cells if c.box is not None]
        if not boxes:
            return
        low = [min(box[i] for box in boxes) for i in (0, 1)]
        high = [max(box[i] + box[i + 2] for box in boxes) for i in (0, 1)]
        width, height = (ROOM * (b - a) for a, b in zip(low, high, strict=True))
        whole = self._canvas.source_size
        if width > MOST * whole[0] or height > MOST * whole[1]:
            self._canvas.fit()
            return
        shape = self._canvas.width() / max(self._canvas.height(), 1)
        width, height = min(max(width, height * shape), whole[0]), min(max(height, width / shape), whole[1])
        left = min(max((low[0] + high[0] - width) / 2, 0), whole[0] - width)
        top = min(max((low[1] + high[1] - height) / 2, 0), whole[1] - height)
        self._canvas.zoom_to(QRectF(left, top, width, height))

    def _mark_lanes(self, palette: Palette) -> None:
        self._timeline.set_marks(
            LaneMark(m.track_id, m.start, m.stop, None if m.target is None else palette.colour(m.target))
            for m in self._state.correction.marks
        )

    # Pictures

    def _strip(self, subject: Subject, *, after: bool) -> Strip:
        """The film strip of a subject, as it is or as the correction would leave it."""
        correction = self._state.correction if after else None
        return place_strip(self._state, self._palette, subject.place, correction)

    @Slot()
    def _fetch(self) -> None:
        """Have the pictures of the subject decoded, and then those of the items that come next."""
        subject, strip = self._subject, self.stage.strip.strip
        if self.sheets.is_open:
            self.crops.want([*self.sheets.crops, strip.crops])
            return
        if subject is None:
            return
        following = self.agenda.following(AHEAD) if self.agenda.current is not None else []
        strips = [self._strip(_plain(item), after=False) for item in following]
        other = self._strip(subject, after=False)
        self.crops.want([strip.crops, other.crops, *(s.crops for s in strips)])
        self.frames_foreseen.emit([item.frame for item in following])
        for item in following[:1]:
            self.agenda.together_with(item)  # an item keeps what was parsed of it

    @Slot(int)
    def _on_track(self, track_id: int) -> None:
        if track_id in self._palette.tracks:
            self._state.select((track_id,))


def _plain(item: ReviewItem) -> Subject:
    return Subject(Place(item.tracks, item.frame, item.row.start, item.row.stop))


def _no_fix(item: ReviewItem) -> str:
    if item.verdict:
        return ""
    return "Only a person can tell what is right here." if item.fix is None else ""


def _detail(item: ReviewItem) -> str:
    parts = [likely(item), counted(round(item.row.gain), "box"), evidence(item)]
    words = ", ".join(part for part in parts if part)
    return words + (f". “{item.row.comment}”" if item.row.comment else "")
