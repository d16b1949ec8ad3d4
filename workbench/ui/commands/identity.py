"""Operations on identities: selection, frame and range become a correction that is shown first."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QInputDialog, QWidget

from workbench.core.fixes import Fix, Operation
from workbench.services.review_items import ReviewItem
from workbench.ui.review.proposals import Proposals
from workbench.ui.state import UiState

ONE = "Select the track first."
TWO = "Select two tracks first: Ctrl+click adds one to the selection."
RANGE = "Choose the frames first: [ and ] mark where the range starts and ends."


class IdentityCommands(QObject):
    """Commands of the Identity menu.

    Signals:
        refused(sentence): what has to be selected first.
    """

    refused = Signal(str)

    def __init__(self, state: UiState, proposals: Proposals, parent: QWidget) -> None:
        super().__init__(parent)
        self._state, self._proposals, self._window = state, proposals, parent
        self.answered: Callable[[], ReviewItem | None] = lambda: None  # the item the next one answers

    @Slot()
    def swap_tracks(self) -> None:
        """Exchange two tracks from here on, or in the range."""
        self._with(2, lambda tracks: Fix(Operation.SWAP, tracks[:2], *self._from_here()))

    @Slot()
    def merge_tracks(self) -> None:
        """Give the boxes of the second track to the first, in the range if there is one."""
        self._with(2, lambda tracks: Fix(Operation.MERGE, tracks[:2], *self._anywhere()))

    @Slot()
    def join_tracks(self) -> None:
        """Make a chain of tracks one, and fill what lies between them."""
        self._with(2, lambda tracks: Fix(Operation.JOIN, self._in_order(tracks)))

    @Slot()
    def split_track(self) -> None:
        """Let a new track begin here, or have the range."""
        self._with(1, lambda tracks: Fix(Operation.SPLIT, tracks[:1], *self._from_here()))

    @Slot()
    def renumber_track(self) -> None:
        """Ask for a number and give it to the track from here on, or in the range."""
        track = self._state.project.track(self._state.selection[0]) if self._state.selection else None
        if track is None:
            self.refused.emit(ONE)
            return
        span = self._from_here()
        where = f"in frames {span[0]} to {span[1] - 1}" if span[1] else f"from frame {span[0]} on"
        number, agreed = QInputDialog.getInt(
            self._window, "Renumber", f"Number of track {track.number} {where}:", track.number, 0, 10**9
        )
        if agreed:
            self._propose(Fix(Operation.RENUMBER, (track.id,), *span, number=number))

    @Slot()
    def relabel_tracks(self) -> None:
        """Ask for a class and give it to the selected tracks."""
        categories = self._state.project.categories()
        if not self._state.selection:
            self.refused.emit(ONE)
            return
        names = [c.name for c in categories]
        name, agreed = QInputDialog.getItem(self._window, "Relabel", "Class:", names, 0, False)
        if agreed:
            number = categories[names.index(name)].id
            self._propose(Fix(Operation.RELABEL, self._state.selection, number=number))

    @Slot()
    def delete_span(self) -> None:
        """Delete the selected tracks' boxes in the range."""
        scope = self._state.scope
        if scope is None:
            self.refused.emit(RANGE)
            return
        self._with(1, lambda tracks: Fix(Operation.DELETE, tracks, *scope))

    @Slot()
    def end_track(self) -> None:
        """Delete the selected tracks' boxes after this frame."""
        self._with(1, lambda tracks: Fix(Operation.DELETE, tracks, self._state.frame + 1))

    @Slot()
    def fill_gaps(self) -> None:
        """Fill the track's gaps along straight lines."""
        self._with(1, lambda tracks: Fix(Operation.FILL, tracks[:1], *self._anywhere()))

    @Slot()
    def fill_with_tracker(self) -> None:
        """Fill the track's gaps with the tracker, from both ends."""
        self._with(1, lambda tracks: Fix(Operation.FILL, tracks[:1], *self._anywhere()), follow=True)

    @Slot()
    def extend_forward(self) -> None:
        """Follow the track with the tracker from its last box on."""
        self._with(1, lambda tracks: self._extension(tracks[0], 1), follow=True)

    @Slot()
    def extend_backward(self) -> None:
        """Follow the track with the tracker back from its first box."""
        self._with(1, lambda tracks: self._extension(tracks[0], -1), follow=True)

    @Slot()
    def apply_preview(self) -> None:
        """Make the correction that is shown."""
        self._proposals.apply()

    def _with(
        self, count: int, make: Callable[[tuple[int, ...]], Fix | None], *, follow: bool = False
    ) -> None:
        """Propose something for the selected tracks if there are enough of them."""
        if len(self._state.selection) < count:
            self.refused.emit(ONE if count == 1 else TWO)
            return
        fix = make(self._state.selection)
        if fix is not None:
            self._propose(fix, follow=follow)

    def _propose(self, fix: Fix, *, follow: bool = False) -> None:
        item = self.answered()
        answers = item is not None and not set(fix.tracks).isdisjoint(item.tracks)
        start = self._proposals.follow if follow else self._proposals.propose
        start(fix, item=item if answers else None)

    def _from_here(self) -> tuple[int, int | None]:
        return self._state.scope or (self._state.frame, None)

    def _anywhere(self) -> tuple[int, int | None]:
        return self._state.scope or (0, None)

    def _in_order(self, tracks: tuple[int, ...]) -> tuple[int, ...]:
        """By their first boxes: the earliest gives its identity to all."""
        project = self._state.project
        first = {t: project.boxes_of_track(t, None, None)[:1] for t in tracks}
        return tuple(sorted(tracks, key=lambda t: first[t][0].frame if first[t] else 0))

    def _extension(self, track: int, direction: int) -> Fix | None:
        rows = [row for row in self._state.project.boxes_of_track(track) if not row.outside]
        start, stop = self._state.scope or (0, None)
        if not rows:
            self.refused.emit("This track has no box to follow; draw one first.")
            return None
        if direction == 1:
            begin = rows[-1].frame + 1
            if begin >= self._state.frame_count:
                self.refused.emit("This track goes to the end of the video already.")
                return None
            return Fix(Operation.EXTEND, (track,), begin, stop if stop and stop > begin else None)
        end = rows[0].frame
        if end == 0:
            self.refused.emit("This track begins with the video already.")
            return None
        return Fix(Operation.EXTEND, (track,), start if start < end else 0, end)
