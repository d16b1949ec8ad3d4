"""Changing boxes and tracks: each command says what it wants and leaves the writing to the editor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QRectF, Slot
from PySide6.QtWidgets import QInputDialog, QWidget

from workbench.core.boxes import Box
from workbench.core.edits import ChangeSet
from workbench.core.rows import BoxRow
from workbench.services import editing
from workbench.store import Project
from workbench.ui.editor import Editor
from workbench.ui.state import UiState


@dataclass(frozen=True)
class _Copied:
    track_id: int
    category_id: int
    box: Box


class EditCommands(QObject):
    """Commands of the Edit and Box menus."""

    def __init__(self, state: UiState, editor: Editor, parent: QWidget) -> None:
        super().__init__(parent)
        self._state, self._editor, self._window = state, editor, parent
        self._copied: _Copied | None = None
        self.drawing_for: int | None = None  # the track the next drawn box belongs to; None = a new one

    @property
    def _project(self) -> Project:
        return self._state.project

    @Slot()
    def undo(self) -> None:
        """Take the last edit back."""
        self._editor.undo()

    @Slot()
    def redo(self) -> None:
        """Make it again."""
        self._editor.redo()

    @Slot(QRectF)
    def draw(self, rect: QRectF) -> None:
        """Add a box: to the track it was meant for, else as a new track."""
        video, frame = self._state.video, self._state.shown
        if video is None:
            return
        box, track = _box(rect), self.drawing_for
        if track is not None:
            self._editor.do(
                lambda: editing.place_box(self._project, track, frame=frame, box=box, name="Add box")
            )
            return
        self._start_track(video.id, frame, box, self._state.category_id, name="Draw box")

    def _start_track(self, video_id: int, frame: int, box: Box, category_id: int, *, name: str) -> None:
        drawn: list[int] = []

        def make() -> ChangeSet:
            draw = editing.draw_box(
                self._project, video_id, frame=frame, box=box, category_id=category_id, name=name
            )
            drawn.append(draw.track_id)
            return draw.change

        if self._editor.do(make):
            self._state.select(drawn)

    @Slot(int, QRectF)
    def drag(self, track_id: int, rect: QRectF) -> None:
        """Put a box where the user dragged it."""
        frame = self._state.shown
        self._editor.do(lambda: editing.place_box(self._project, track_id, frame=frame, box=_box(rect)))

    @Slot()
    def copy_box(self) -> None:
        """Remember the selected box."""
        track = self._state.track_id
        row = None if track is None else self._project.box(track, self._state.frame)
        if row is not None:
            self._editor.told.emit("Box copied; paste it in this frame or another")
            self._copied = _Copied(
                row.track_id, self._project.tracks_by_id([row.track_id])[row.track_id].category_id, row.box
            )

    @Slot()
    def paste_box(self) -> None:
        """Put the remembered box here: on its own track if that has none in this frame, else as a new one."""
        copied, video, frame = self._copied, self._state.video, self._state.frame
        if copied is None or video is None:
            return
        alive = self._project.track(copied.track_id)
        if alive and alive.video_id == video.id and self._project.box(copied.track_id, frame) is None:
            self._editor.do(
                lambda: editing.place_box(
                    self._project, copied.track_id, frame=frame, box=copied.box, name="Paste box"
                )
            )
            self._state.select([copied.track_id])
            return
        self._start_track(video.id, frame, copied.box, copied.category_id, name="Paste box")

    @Slot()
    def delete_box(self) -> None:
        """Delete the selected boxes here or in the range."""
        start, stop = self._span()
        self._each(lambda t: editing.delete_boxes(self._project, t, start=start, stop=stop))

    @Slot()
    def delete_before(self) -> None:
        """Delete the selected tracks before this frame."""
        self._each(lambda t: editing.delete_boxes(self._project, t, start=0, stop=self._state.frame))

    @Slot()
    def delete_after(self) -> None:
        """Delete the selected tracks after this frame."""
        start, stop = self._state.frame + 1, self._state.frame_count
        self._each(lambda t: editing.delete_boxes(self._project, t, start=start, stop=stop))

    @Slot()
    def delete_track(self) -> None:
        """Delete the selected tracks wholly."""
        selection = self._state.selection
        if selection:
            self._editor.do(lambda: editing.delete_tracks(self._project, selection))

    @Slot()
    def select_next(self) -> None:
        """Select the next box of this frame."""
        self._select_by(1)

    @Slot()
    def select_previous(self) -> None:
        """Select the previous box of this frame."""
        self._select_by(-1)

    @Slot()
    def propagate(self) -> None:
        """Copy the box over the range, or over as many frames as the user says."""
        track, frame = self._state.track_id, self._state.frame
        if track is None:
            return
        span = self._state.scope or self._ask_how_far(frame)
        if span is not None:
            self._editor.do(
                lambda: editing.propagate(self._project, track, frame=frame, start=span[0], stop=span[1])
            )

    def _ask_how_far(self, frame: int) -> tuple[int, int] | None:
        left = self._state.frame_count - 1 - frame
        if left < 1:
            self._editor.refused.emit(
                "This is the last frame; choose a range on the timeline to propagate over."
            )
            return None
        count, agreed = QInputDialog.getInt(
            self._window,
            "Propagate",
            "Copy the box to how many frames after this one?",
            min(50, left),
            1,
            left,
        )
        return (frame + 1, frame + 1 + count) if agreed else None

    @Slot()
    def interpolate(self) -> None:
        """Fill between keyframes, within the range if there is one."""
        start, stop = self._state.scope or (None, None)
        self._each(lambda t: editing.interpolate_track(self._project, t, start=start, stop=stop))

    @Slot()
    def toggle_keyframe(self) -> None:
        """Make a keyframe, or an interpolated row again."""
        self._each(lambda t: editing.toggle_keyframe(self._project, t, frame=self._state.frame))

    @Slot()
    def toggle_occluded(self) -> None:
        """Mark as occluded, or not any more."""
        self._toggle("occluded")

    @Slot()
    def toggle_verified(self) -> None:
        """Mark as verified, or not any more."""
        self._toggle("verified")

    @Slot()
    def toggle_outside(self) -> None:
        """Mark the target as out of the picture from here on, or take the mark back."""
        frame = self._state.frame

        def make(track: int) -> ChangeSet:
            row = self._project.box(track, frame)
            if row is not None and row.outside:
                return editing.mark_inside(self._project, track, frame=frame)
            return editing.mark_outside(self._project, track, frame=frame)

        self._each(make)

    @Slot()
    def set_class(self) -> None:
        """Ask for a class and give it to the selected tracks."""
        categories = self._project.categories()
        names = [c.name for c in categories]
        if not self._state.selection or not names:
            return
        name, agreed = QInputDialog.getItem(self._window, "Set class", "Class:", names, 0, False)
        if agreed:
            self.set_class_to(categories[names.index(name)].id)

    def set_class_to(self, category_id: int) -> None:
        """Give a class to the selected tracks; it is also the class of boxes drawn from now on."""
        self._state.category_id = category_id
        selection = self._state.selection
        if selection:
            self._editor.do(lambda: editing.relabel(self._project, selection, category_id=category_id))

    @Slot()
    def set_number(self) -> None:
        """Ask for a number and give it to the selected track."""
        track = None if self._state.track_id is None else self._project.track(self._state.track_id)
        if track is None:
            return
        number, agreed = QInputDialog.getInt(self._window, "Set number", "Number:", track.number, 0, 10**9)
        if agreed:
            self._editor.do(lambda: editing.renumber(self._project, track.id, number=number))

    def _toggle(self, flag: str) -> None:
        start, stop = self._span()
        rows = [row for t in self._state.selection for row in self._project.boxes_of_track(t, start, stop)]
        on = not all(
            getattr(row, flag) for row in rows
        )  # one answer for all, so that a mixture becomes alike
        self._each(lambda t: editing.mark(self._project, t, start=start, stop=stop, **{flag: on}))

    def _each(self, make: Callable[[int], ChangeSet]) -> None:
        """One edit for all selected tracks."""
        selection = self._state.selection
        if selection:
            self._editor.do(lambda: editing.join([make(track) for track in selection]))

    def _span(self) -> tuple[int, int]:
        return self._state.scope or (self._state.frame, self._state.frame + 1)

    def _select_by(self, step: int) -> None:
        video = self._state.video
        rows: list[BoxRow] = [] if video is None else self._project.boxes_at(video.id, self._state.frame)
        ids = [row.track_id for row in rows if not row.outside]
        if not ids:
            return
        chosen = [i for i, track in enumerate(ids) if track in self._state.selection]
        self._state.select([ids[(chosen[0] + step) % len(ids) if chosen else 0]])


def _box(rect: QRectF) -> Box:
    return (rect.x(), rect.y(), rect.width(), rect.height())
