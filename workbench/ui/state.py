"""What the window shows: which video, frame, selection and scope. Views listen and read again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from workbench.core.edits import Scope
from workbench.services.tracking import TrackedBox, TrackedFrame
from workbench.store import Project, Video
from workbench.ui.found import Found
from workbench.ui.heat import Heat
from workbench.ui.review.preview import Preview
from workbench.ui.run_preview import RunPreview
from workbench.ui.trails import Trails


class UiState(QObject):
    """The state of one window; lives in the GUI thread.

    Signals:
        video_changed: another video, or none, is shown.
        frame_changed(frame): another frame is shown.
        selection_changed: other tracks are selected.
        scope_changed: another range of frames is the scope of commands.
        data_changed(Scope): an edit was committed, by whichever thread.
        provisional_changed(frame): a running tracker reported this frame, or -1: they were cleared.
        queue_changed: other targets wait for the next tracking pass.
    """

    video_changed = Signal()
    frame_changed = Signal(int)
    selection_changed = Signal()
    scope_changed = Signal()
    data_changed = Signal(object)
    provisional_changed = Signal(int)
    queue_changed = Signal()

    _committed = Signal(object)

    def __init__(self, project: Project, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project = project
        self.video: Video | None = None
        self.frame = 0
        self.shown = 0  # the frame whose picture is on the canvas; behind ``frame`` while one is decoded
        self.selection: tuple[int, ...] = ()
        self.scope: tuple[int, int] | None = None
        self.category_id = next((c.id for c in project.categories()), -1)
        self.colour_by = "track"
        self.provisional: dict[int, tuple[TrackedBox, ...]] = {}
        self.found = Found(self)
        self.heat = Heat(self)
        self.trails = Trails(project)
        self.preview = RunPreview(self)
        self.correction = Preview(self)
        self.queue: dict[int, int] = {}  # track id -> frame it shall be followed from
        self._committed.connect(self._on_committed)
        self._closed = False
        self._unsubscribe = project.subscribe(self._committed.emit)

    def close(self) -> None:
        """Stop listening to the project, which is about to be closed."""
        self._unsubscribe()
        self._closed = True

    @property
    def frame_count(self) -> int:
        """Frames of the video shown; 0 when there is none."""
        return self.video.frame_count if self.video else 0

    @property
    def fps(self) -> float:
        """Frames a second to play at; 25 where the video does not say."""
        return (self.video.fps if self.video else None) or 25.0

    @property
    def track_id(self) -> int | None:
        """The selected track, when exactly one is."""
        return self.selection[0] if len(self.selection) == 1 else None

    def show_video(self, video_id: int | None) -> None:
        """Show a video of the project from its first frame."""
        self.video = None if video_id is None else self.project.video(video_id)
        self.frame, self.shown, self.selection, self.scope = 0, 0, (), None
        self.clear_provisional()
        self.clear_queue()
        self.found.clear()
        self.preview.clear()
        self.heat.clear()
        self.correction.show(None)
        self.trails.clear()
        self.video_changed.emit()
        self.selection_changed.emit()
        self.scope_changed.emit()

    def go_to(self, frame: int) -> None:
        """Show a frame; one outside the video becomes the nearest that is inside."""
        frame = max(0, min(frame, self.frame_count - 1))
        if frame != self.frame and self.video is not None:
            self.frame = frame
            self.frame_changed.emit(frame)

    def select(self, tracks: Iterable[int], *, add: bool = False) -> None:
        """Select tracks; with ``add``, those already selected are dropped and the others added."""
        chosen = tuple(dict.fromkeys(tracks))
        if add:
            kept = tuple(t for t in self.selection if t not in chosen)
            chosen = kept + tuple(t for t in chosen if t not in self.selection)
        if chosen != self.selection:
            self.selection = chosen
            self.selection_changed.emit()

    def set_scope(self, start: int, stop: int) -> None:
        """Make [start, stop) the scope of commands; an empty range clears it."""
        scope = (start, stop) if 0 <= start < stop else None
        if scope != self.scope:
            self.scope = scope
            self.scope_changed.emit()

    def enqueue(self, tracks: Iterable[int]) -> None:
        """Let tracks wait for the next pass from this frame; those that wait already are taken out."""
        for track in tracks:
            if self.queue.get(track) == self.frame:
                del self.queue[track]
            else:
                self.queue[track] = self.frame
        self.queue_changed.emit()

    def clear_queue(self) -> None:
        """Let no target wait any more."""
        self.queue.clear()
        self.queue_changed.emit()

    def add_provisional(self, item: TrackedFrame) -> None:
        """Keep what a running tracker reported, until its edit is committed."""
        self.heat.offer(item.frame, (b.score_map for b in item.boxes if b.score_map is not None))
        self.provisional[item.frame] = tuple(replace(b, score_map=None) for b in item.boxes)
        self.provisional_changed.emit(item.frame)

    def clear_provisional(self) -> None:
        """Forget what was reported: it is in the project now, or not wanted."""
        self.provisional.clear()
        self.provisional_changed.emit(-1)

    @Slot(object)
    def _on_committed(self, scope: Scope) -> None:
        if self._closed:
            return
        if "box" in scope.tables:
            self.trails.forget(scope)
        if "track" in scope.tables:
            alive = self.project.tracks_by_id([*self.selection, *self.queue])
            self.select(t for t in self.selection if t in alive)
            self.queue = {t: frame for t, frame in self.queue.items() if t in alive}
        self.data_changed.emit(scope)
