"""The timeline as one widget: lanes, score strip and scroll bars, tied to one axis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from PySide6.QtCore import QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QScrollBar, QWidget

from workbench.ui.timeline.axis import TimeAxis
from workbench.ui.timeline.headers import Lane
from workbench.ui.timeline.lane_view import LaneView
from workbench.ui.timeline.marks import LaneMark
from workbench.ui.timeline.model import BoxColumns, LaneData
from workbench.ui.timeline.score_strip import ScoreStrip

_FINE = 1000  # steps of the time scroll bar a visible width
_STREAM = 100  # ms between two looks at the curve of a running tracker


class TimelineView(QWidget):
    """Lanes of one video over time; see :class:`LaneView` for the mouse.

    It knows no project: lanes and columns are set, wishes come out as signals, and nothing but zoom,
    scroll and range changes until the owner sets it.
    """

    seek_requested = Signal(int)
    """A frame the user wants to see."""
    track_selected = Signal(int)
    """Track id of a clicked lane."""
    track_toggled = Signal(int)
    """Track id of a lane to add to the selection, or to take from it."""
    track_activated = Signal(int)
    """Track id of a double-clicked lane."""
    range_changed = Signal(int, int)
    """Frames [start, stop), or (-1, -1) when cleared."""
    context_menu_requested = Signal(int, int, QPoint)
    """Track id or -1, frame, and the global position."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lanes = LaneView(self)
        self.score_strip = ScoreStrip(self)
        self._across = QScrollBar(Qt.Orientation.Horizontal, self)
        self._down = QScrollBar(Qt.Orientation.Vertical, self)
        self._colors: dict[int, tuple[int, int, int]] = {}
        self._selected: tuple[int, ...] = ()
        self._provisional: Mapping[int, dict[int, float]] = {}
        self._streaming = QTimer(self)
        self._streaming.setSingleShot(True)
        self._streaming.setInterval(_STREAM)
        self._streaming.timeout.connect(self._show_score)
        self._lay_out()
        self._connect()
        self.setFocusProxy(self.lanes)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.addWidget(self.lanes, 0, 0)
        grid.addWidget(self._down, 0, 1)
        grid.addWidget(self.score_strip, 1, 0)
        grid.addWidget(self._across, 2, 0)
        grid.setRowStretch(0, 1)
        grid.setColumnStretch(0, 1)
        self.score_strip.hide()

    def _connect(self) -> None:
        lanes = self.lanes
        lanes.seek_requested.connect(self.seek_requested)
        self.score_strip.seek_requested.connect(self.seek_requested)
        lanes.track_selected.connect(self.track_selected)
        lanes.track_toggled.connect(self.track_toggled)
        lanes.track_activated.connect(self.track_activated)
        lanes.range_changed.connect(self.range_changed)
        lanes.context_menu_requested.connect(self.context_menu_requested)
        lanes.axis_changed.connect(self._follow_axis)
        lanes.lanes_changed.connect(self._follow_lanes)
        self._across.valueChanged.connect(self._scroll_time)
        self._down.valueChanged.connect(lanes.scroll_lanes_to)

    # What is shown

    def set_video(
        self, frames: int, *, seconds_of: Callable[[int], float] | None = None, fps: float | None = None
    ) -> None:
        """Another video.

        Args:
            frames: its length.
            seconds_of: time of a frame in seconds, for the ruler; or
            fps: frames a second, where they are evenly spaced. Neither = no times.
        """
        if seconds_of is None and fps:
            rate = fps
            seconds_of = lambda frame: frame / rate  # noqa: E731  (never a receiver of a signal)
        self.lanes.set_video(frames, seconds_of=seconds_of)
        self.score_strip.set_frame(0)

    def set_lanes(self, lanes: Iterable[Lane]) -> None:
        """Which tracks have a lane, top to bottom; boxes come by :meth:`set_data`."""
        lanes = list(lanes)
        self._colors = {lane.track_id: lane.color for lane in lanes}
        self.lanes.set_lanes(lanes)
        self._show_score()

    def set_data(self, data: LaneData) -> None:
        """All boxes of the video, which :func:`lane_data` puts in order on whichever thread."""
        self.lanes.set_data(data)
        self._show_score()

    def update_tracks(self, track_ids: Iterable[int], columns: BoxColumns) -> None:
        """All boxes of these tracks, after an edit; the other tracks stay as they are."""
        self.lanes.update_tracks(track_ids, columns)
        self._show_score()

    def set_note(self, note: str) -> None:
        """What is said in place of boxes; "" = nothing."""
        self.lanes.set_note(note)

    @Slot(int)
    def set_frame(self, frame: int) -> None:
        """Move the cursor; a cursor that leaves the view turns the page."""
        self.lanes.set_frame(frame)
        self.score_strip.set_frame(frame)

    def set_selected(self, track_ids: Iterable[int]) -> None:
        """Highlight these tracks; when it is one, its score curve is shown."""
        self._selected = tuple(track_ids)
        self.lanes.set_selected(self._selected)
        self._show_score()

    def show_track(self, track_id: int) -> None:
        """Scroll so that its lane can be seen."""
        self.lanes.show_track(track_id)

    def set_provisional(self, found: Mapping[int, dict[int, float]]) -> None:
        """What a running tracker has found and not yet stored.

        Args:
            found: by track, the score in each frame, in the order they came: forward or backward.
        """
        self._provisional = found
        ends = ((t, next(iter(s)), next(reversed(s))) for t, s in found.items() if s)
        self.lanes.set_provisional((t, min(a, b), max(a, b) + 1) for t, a, b in ends)
        if not self._streaming.isActive():
            self._streaming.start()

    def set_marks(self, marks: Iterable[LaneMark]) -> None:
        """Stretches of lanes as a correction would leave them."""
        self.lanes.set_marks(marks)

    def set_loaded(self, spans: Iterable[tuple[int, int]]) -> None:
        """Frames [start, stop) that can be shown at once."""
        self.lanes.set_loaded(spans)

    def set_score_threshold(self, score: float | None) -> None:
        """A line in the score strip."""
        self.score_strip.set_threshold(score)

    @property
    def selected_range(self) -> tuple[int, int]:
        """Frames [start, stop), or (-1, -1)."""
        return self.lanes.selected_range

    def set_range(self, start: int, stop: int) -> None:
        """Show a range without a signal; (-1, -1) = none."""
        self.lanes.set_range(start, stop)

    def clear_range(self) -> None:
        """Clear the range, with its signal."""
        self.lanes.clear_range()

    def zoom_to(self, start: int, stop: int) -> None:
        """Frames [start, stop) over the full width."""
        self.lanes.set_axis(self.lanes.axis.showing(start, stop))

    def show_all(self) -> None:
        """The whole video over the full width."""
        self.lanes.show_all()

    # Keeping the parts together

    @Slot()
    def _show_score(self) -> None:
        one = self._selected[0] if len(self._selected) == 1 else -1
        frames, scores = self.lanes.data.scores_of(one)
        running = self._provisional.get(one)
        if running:
            fresh = np.fromiter(running, dtype=np.int64, count=len(running))
            values = np.fromiter(running.values(), dtype=np.float32, count=len(running))
            step = 1 if fresh[0] <= fresh[-1] else -1
            stored = (frames < fresh.min()) | (frames > fresh.max())
            frames = np.concatenate([frames[stored], fresh[::step]])
            scores = np.concatenate([scores[stored], values[::step]])
            order = np.argsort(frames, kind="stable")
            frames, scores = frames[order], scores[order]
        self.score_strip.set_curve(frames, scores, self._colors.get(one, (120, 160, 220)))
        self.score_strip.setVisible(len(frames) > 0)

    @Slot(object)
    def _follow_axis(self, axis: TimeAxis) -> None:
        self.score_strip.set_axis(axis, self.lanes.header_width)
        page = axis.width / axis.scale
        # Steps of a thousandth of the view: frames alone would be coarse when few are visible.
        unit = _FINE / max(page, 1e-9)
        first, last = min(axis.start, 0.0), max(axis.frames - page, axis.start)
        self._across.blockSignals(True)
        self._across.setRange(round(first * unit), max(round(last * unit), round(first * unit)))
        self._across.setPageStep(_FINE)
        self._across.setSingleStep(_FINE // 20)
        self._across.setValue(round(axis.start * unit))
        self._across.blockSignals(False)

    @Slot(int)
    def _scroll_time(self, value: int) -> None:
        axis = self.lanes.axis
        start = value * (axis.width / axis.scale) / _FINE
        self.lanes.set_axis(axis.scrolled((start - axis.start) * axis.scale))

    @Slot()
    def _follow_lanes(self) -> None:
        position, highest, page = self.lanes.scroll_extent
        self._down.blockSignals(True)
        self._down.setRange(0, highest)
        self._down.setPageStep(page)
        self._down.setSingleStep(20)
        self._down.setValue(position)
        self._down.blockSignals(False)
        self._down.setVisible(highest > 0)
