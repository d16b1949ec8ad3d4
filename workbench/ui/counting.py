"""The counting part of the window: lines and zones on the canvas, and what was counted, put together.

Counts are made anew on a thread of their own, a moment after the last edit and only while somebody can see
them.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from workbench.core.edits import Scope
from workbench.core.errors import ProjectError, UserError
from workbench.core.plurals import counted
from workbench.core.regions import Kind, Region
from workbench.services.regions import regions_of
from workbench.services.statistics import Statistics, measure_video
from workbench.services.statistics_files import panel_of
from workbench.ui.canvas import CanvasView, Shape
from workbench.ui.colours import Rgb, parse_colour
from workbench.ui.commands.count import CountCommands
from workbench.ui.panels.statistics import CountLine, StatisticsPanel
from workbench.ui.state import UiState
from workbench.ui.worker import Task, TaskQueue

REST = 300  # ms without an edit until counts are made again
COLOURS = ("#ffd166", "#06d6a0", "#ff6b8b", "#4cc9f0", "#c77dff", "#ff9f1c")


class Counting(QObject):
    """Owns the panel and the commands about statistics.

    Signals:
        told(sentence), refused(sentence): for the status bar and the notice.
        picked(frame): a place in the plot was clicked.
    """

    told = Signal(str)
    refused = Signal(str)

    def __init__(
        self, state: UiState, canvas: CanvasView, *, quiet: TaskQueue, jobs: TaskQueue, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._state, self._canvas, self._quiet = state, canvas, quiet
        self._regions: tuple[Region, ...] = ()
        self._on = True
        self._stale = False
        self._task: int | None = None
        self._video_id = -1  # which the task counts in
        self.found: Statistics | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST)
        self._timer.timeout.connect(self._count)
        self.panel = StatisticsPanel(parent)
        self.commands = CountCommands(state, canvas, jobs, parent)
        self.commands.told.connect(self.told)
        self.commands.refused.connect(self.refused)
        self.commands.chosen_changed.connect(self._on_chosen)
        self.commands.switched.connect(self._on_switched)
        self.panel.shown.connect(self._on_shown)
        self.panel.chosen.connect(self.commands.choose)
        self.panel.renamed.connect(self.commands.rename)
        self.panel.turned.connect(self.commands.turn)
        self.panel.anchored.connect(self.commands.anchor)
        self.panel.deleted.connect(self.commands.delete)
        self.panel.picked.connect(state.go_to)
        state.video_changed.connect(self._on_video)
        state.data_changed.connect(self._on_data)
        quiet.done.connect(self._on_done)
        quiet.failed.connect(self._on_failed)
        quiet.cancelled.connect(self._on_cancelled)

    @property
    def groups(self) -> tuple[QObject, ...]:
        """The commands, for the menus."""
        return (self.commands,)

    def add_actions(self, actions: dict[str, QAction]) -> None:
        """Put the actions on the panel's buttons."""
        self.panel.add_actions([actions[name] for name in ("draw_line", "draw_zone", "save_statistics")])

    @property
    def is_counting(self) -> bool:
        """Whether counts will be other ones in a moment."""
        return self._task is not None or self._timer.isActive()

    @Slot()
    def refresh(self) -> None:
        """Draw the lines and zones with their counts at the frame shown, and fill the panel if it is seen."""
        lines = self._lines() if self._regions or self.panel.isVisible() else []
        chosen = self.commands.chosen
        shapes = [
            Shape(
                region.name, region.points, region.kind is Kind.ZONE, line.color,
                f"{region.name}   {line.now}" if line.now else region.name, region.name == chosen,
            )
            for region, line in zip(self._regions, lines[1:], strict=bool(lines))
        ]  # fmt: skip
        self._canvas.set_shapes(shapes if self._on else ())
        if self.panel.isVisible():
            self.panel.show_counts(lines, chosen)
            self.panel.chart.show_frame(self._state.shown)

    def _lines(self) -> list[CountLine]:
        found, frame = self.found, self._state.shown
        return [
            _of_picture(found, frame),
            *(_of_region(region, color_of(i), found, frame) for i, region in enumerate(self._regions)),
        ]

    @Slot()
    def _on_chosen(self) -> None:
        self.refresh()
        self._show_chart()

    def _show_chart(self) -> None:
        chosen = self.commands.chosen
        self.panel.show_panel(panel_of(self.found, chosen) if self.found else None)

    # When to count

    @Slot()
    def _on_video(self) -> None:
        self.found = None
        self.commands.chosen = ""
        self._canvas.shaping.stop()
        self._read_regions()
        self._want()

    @Slot(object)
    def _on_data(self, scope: Scope) -> None:
        video = self._state.video
        if video is None:
            return
        if "setting" in scope.tables:
            before = self._regions
            self._read_regions()
            if self._regions != before:
                self._want(rest=0)
        elif "category" in scope.tables or (
            scope.tables & {"box", "track"} and scope.touches(video=video.id)
        ):
            self._want()

    def _read_regions(self) -> None:
        video = self._state.video
        try:
            self._regions = regions_of(self._state.project, video.id) if video else ()
        except (UserError, ProjectError) as error:  # somebody else has written them
            self._regions = ()
            self.refused.emit(str(error))
        if self.commands.chosen not in {region.name for region in self._regions}:
            self.commands.chosen = ""
        self.refresh()

    @Slot()
    def _on_shown(self) -> None:
        self.refresh()
        if self._stale:
            self._want(rest=0)

    @Slot(bool)
    def _on_switched(self, on: bool) -> None:
        self._on = on
        self.refresh()
        if self._stale:
            self._want(rest=0)

    def _want(self, *, rest: int = REST) -> None:
        self._stale = True
        self._timer.start(rest)

    @Slot()
    def _count(self) -> None:
        video, project = self._state.video, self._state.project
        seen = self.panel.isVisible() or (self._on and self._regions)
        if video is None or not seen or self._task is not None:
            return  # whoever makes it seen, or the end of the task, asks again
        self._stale = False
        regions = self._regions
        times = self.found.times if self.found else None
        task = Task("Counting", lambda: measure_video(project, video.id, regions=regions, times=times))
        self._video_id = video.id
        self._task = self._quiet.submit(task)

    @Slot(int, object)
    def _on_done(self, task: int, found: Statistics) -> None:
        if task != self._task:
            return
        self._over()
        video = self._state.video
        if video is None or video.id != self._video_id or found.regions != self._regions:
            return  # what is wanted by now was asked for when it changed
        self.found = found
        self._show_chart()
        self.refresh()

    @Slot(int, object, str)
    def _on_failed(self, task: int, error: BaseException, _label: str) -> None:
        if task == self._task:
            self._over()
            raise error

    @Slot(int)
    def _on_cancelled(self, task: int) -> None:
        if task == self._task:
            self._over()

    def _over(self) -> None:
        self._task = None
        if self._stale:
            self._timer.start(REST)


def color_of(number: int) -> Rgb:
    """Of the n-th line or zone."""
    return parse_colour(COLOURS[number % len(COLOURS)])


def _of_picture(found: Statistics | None, frame: int) -> CountLine:
    if found is None:
        return CountLine("", (128, 132, 140), "", "")
    now = int(found.counts[:, frame].sum()) if frame < found.frame_count else 0
    tracks = found.boxes.bounds
    by_class = {
        name: int(found.counts[row].max(initial=0)) for row, name in enumerate(found.classes.values())
    }
    tip = "At most at once: " + (
        ", ".join(f"{count} {name}" for name, count in by_class.items()) or "nothing"
    )
    return CountLine("", (128, 132, 140), f"{now} now", counted(len(tracks) - 1, "track"), tip)


def _of_region(region: Region, color: Rgb, found: Statistics | None, frame: int) -> CountLine:
    is_line = region.kind is Kind.LINE
    now = total = tip = ""
    if found is not None and region.name in found.lines:
        line = found.lines[region.name]
        now, total = ("{} in · {} out".format(*line.so_far(at)) for at in (frame, None))
        tip = "In is the way the arrow points"
    elif found is not None and region.name in found.zones:
        zone = found.zones[region.name]
        stays = zone.stops - zone.starts
        now = f"{zone.inside(frame)} inside"
        total = counted(len(stays), "stay")
        if len(stays):
            total += f" of {_length(found, float(stays.mean()))}"
            tip = f"{zone.entries()} came in, {zone.exits()} went out; the longest stay is "
            tip += _length(found, float(stays.max()))
    return CountLine(region.name, color, now, total, tip, region.anchor, is_line)


def _length(found: Statistics, frames: float) -> str:
    seconds = frames * found.seconds(0, found.frame_count) / max(found.frame_count, 1)
    return counted(round(frames), "frame") if math.isnan(seconds) else f"{seconds:.1f} s"
