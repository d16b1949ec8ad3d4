"""Drawing lines and zones, changing them, and writing what was counted there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from workbench.core.errors import WorkbenchError
from workbench.core.regions import Anchor, Kind, Point, Region
from workbench.services.regions import free_name, regions_of, remember_regions
from workbench.services.statistics_files import export_statistics
from workbench.ui.canvas import CanvasView
from workbench.ui.state import UiState
from workbench.ui.worker import Task, TaskQueue

LINE_HINT = (
    "Click where the line begins and where it ends; its left is outside, its right inside. Esc leaves it"
)
ZONE_HINT = "Click the corners of the zone; a double click or Return ends it, Esc leaves it"


class CountCommands(QObject):
    """Commands about lines and zones of the video shown.

    Signals:
        told(sentence), refused(sentence): what was done or is to be done, or why it was not.
        chosen_changed: another line or zone is the chosen one.
        switched(on): lines and zones shall be shown, or not.
        panel_wanted: something was drawn; show what is counted there.
    """

    told = Signal(str)
    refused = Signal(str)
    chosen_changed = Signal()
    switched = Signal(bool)
    panel_wanted = Signal()

    def __init__(self, state: UiState, canvas: CanvasView, jobs: TaskQueue, parent: QWidget) -> None:
        super().__init__(parent)
        self._state, self._canvas, self._jobs, self._window = state, canvas, jobs, parent
        self._writing: int | None = None
        self._kind = Kind.LINE
        self.chosen = ""
        canvas.shaping.drawn.connect(self._on_drawn)
        canvas.shaping.changed.connect(self._on_reshaped)
        canvas.shaping.drawing_changed.connect(self._on_drawing)
        jobs.done.connect(self._on_done)

    @Slot()
    def draw_line(self) -> None:
        """Let the next two clicks be a line."""
        self._start(Kind.LINE)

    @Slot()
    def draw_zone(self) -> None:
        """Let the next clicks be the corners of a zone."""
        self._start(Kind.ZONE)

    @Slot()
    def delete_region(self) -> None:
        """Delete the chosen line or zone."""
        if self.chosen:
            self.delete(self.chosen)
        else:
            self.refused.emit("Choose a line or zone in the list of Statistics first.")

    @Slot(bool)
    def show_regions(self, on: bool) -> None:
        """Show lines and zones over the picture, or not."""
        self.switched.emit(on)

    @Slot()
    def save_statistics(self) -> None:
        """Ask for a folder and write the tables and the plot."""
        if self._state.video is None:
            self.refused.emit("Open a video first; there is nothing to count yet.")
            return
        path = QFileDialog.getExistingDirectory(self._window, "Folder for the statistics")
        if path:
            self.save_statistics_to(Path(path))

    def save_statistics_to(self, folder: Path) -> None:
        """Write the tables and the plot of the video shown."""
        video, project = self._state.video, self._state.project
        assert video is not None
        task = Task("Writing statistics", lambda: export_statistics(project, video.id, folder))
        self._writing = self._jobs.submit(task)

    # One line or zone

    @Slot(str)
    def choose(self, name: str) -> None:
        """Make a line or zone the chosen one; "" = none."""
        if name != self.chosen:
            self.chosen = name
            self.chosen_changed.emit()

    @Slot(str)
    def delete(self, name: str) -> None:
        """Delete a line or zone."""
        if self._change(lambda regions: [r for r in regions if r.name != name]):
            self.told.emit(f"“{name}” was deleted")

    @Slot(str, str)
    def rename(self, name: str, new: str) -> None:
        """Give a line or zone another name."""
        if self._edit(name, lambda region: replace(region, name=new)):
            self.choose(new)
        self.chosen_changed.emit()  # a name that was refused is shown as it was

    @Slot(str)
    def turn(self, name: str) -> None:
        """Let a line point the other way."""
        self._edit(name, lambda region: replace(region, points=region.points[::-1]))

    @Slot(str, object)
    def anchor(self, name: str, anchor: Anchor) -> None:
        """Let another point of the boxes count."""
        self._edit(name, lambda region: replace(region, anchor=Anchor(anchor)))

    def _start(self, kind: Kind) -> None:
        if self._state.project.read_only:
            self.refused.emit("This window changes nothing: the project is open for reading only.")
        elif self._state.video is not None:
            self._kind = kind
            self._canvas.cancel()
            self._canvas.shaping.start(closed=kind is Kind.ZONE)

    @Slot(bool)
    def _on_drawing(self, on: bool) -> None:
        self.told.emit((LINE_HINT if self._kind is Kind.LINE else ZONE_HINT) if on else "")

    @Slot(object)
    def _on_drawn(self, points: tuple[Point, ...]) -> None:
        video = self._state.video
        if video is None:
            return
        name = free_name(self._kind, regions_of(self._state.project, video.id))
        if self._change(lambda regions: [*regions, Region(name, self._kind, points)]):
            self.choose(name)
            self.panel_wanted.emit()

    @Slot(str, object)
    def _on_reshaped(self, name: str, points: tuple[Point, ...]) -> None:
        self._edit(name, lambda region: replace(region, points=points))

    def _edit(self, name: str, edit: Callable[[Region], Region]) -> bool:
        return self._change(lambda regions: [edit(r) if r.name == name else r for r in regions])

    def _change(self, change: Callable[[tuple[Region, ...]], list[Region]]) -> bool:
        """Write other lines and zones; whoever shows them hears of it from the project."""
        video, project = self._state.video, self._state.project
        if video is None:
            return False
        try:
            remember_regions(project, video.id, change(regions_of(project, video.id)))
        except WorkbenchError as error:
            self.refused.emit(str(error))
            return False
        return True

    @Slot(int, object)
    def _on_done(self, task: int, report: object) -> None:
        if task == self._writing:
            self.told.emit(f"Written to {report}")
