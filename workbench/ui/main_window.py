"""The window: puts the views together and tells each what to read again.

Intents go from the views to the commands, from there to the editor and the store; the store tells what
changed, and the views are filled anew from it. Nothing here holds data of its own.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSettings, Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLabel, QLineEdit, QMainWindow, QMessageBox

from workbench.core.edits import Scope
from workbench.services.plugins import find_plugins
from workbench.services.projects import Opened
from workbench.ui.canvas.scene import Overlay
from workbench.ui.canvas.view import CanvasView
from workbench.ui.commands.classes import ClassCommands
from workbench.ui.commands.draw import DrawCommands
from workbench.ui.commands.edit import EditCommands
from workbench.ui.commands.file import FileCommands
from workbench.ui.commands.go import GoCommands
from workbench.ui.commands.help import HelpCommands
from workbench.ui.commands.plugins import PluginCommands
from workbench.ui.commands.track import TrackCommands
from workbench.ui.commands.view import ViewCommands
from workbench.ui.context_menus import ContextMenus
from workbench.ui.counting import Counting
from workbench.ui.detection import Detection
from workbench.ui.editor import Editor
from workbench.ui.fault import show_fault
from workbench.ui.jobs_bar import JobsBar
from workbench.ui.keys import KeyMap
from workbench.ui.lanes import Lanes
from workbench.ui.layout import add_docks, add_toolbar, restore_layout, save_layout, stack
from workbench.ui.menus import assign_keys, build_menus
from workbench.ui.notice import NoticeBar
from workbench.ui.overlay_of import overlay_of, palette_of, previewed_palette
from workbench.ui.panels.classes import ClassesPanel
from workbench.ui.panels.tracks import TracksPanel
from workbench.ui.reviewing import Reviewing
from workbench.ui.running import Running
from workbench.ui.scoring import Scoring
from workbench.ui.showing import Showing
from workbench.ui.state import UiState
from workbench.ui.timeline import TimelineView
from workbench.ui.tracing import Tracing
from workbench.ui.tracker_box import TrackerBox
from workbench.ui.transport import TransportBar
from workbench.ui.video_box import VideoBox
from workbench.ui.worker import TaskQueue


class MainWindow(QMainWindow):
    """One window on one project.

    Signals:
        open_requested(path): the user wants to see something else.
        closed: the window and its threads have ended.
    """

    open_requested = Signal(str)
    closed = Signal()

    def __init__(self, opened: Opened, settings: QSettings) -> None:
        super().__init__()
        self._settings = settings
        self.project = opened.project
        self.state = UiState(opened.project, self)
        self.compute = TaskQueue("worker", self)
        self.jobs = TaskQueue("jobs", self)
        self.writing = TaskQueue("edits", self)  # large edits do not wait behind an export
        self.fetching = TaskQueue("models", self)  # nor an export behind a download
        self.counting_queue = TaskQueue("counting", self)  # after every edit, so nobody wants to see it
        self.reading = TaskQueue("reading", self)  # nor does a video that is shown wait behind a count
        self.editor = Editor(opened.project, self.writing, self)
        self.plugins = find_plugins()
        self._make_views()
        self._make_commands()
        self._lay_out()
        self._connect_views()
        self._connect_state()
        restore_layout(self, self._settings)
        if opened.notices:
            self.notice.tell(" ".join(opened.notices))
        self.state.show_video(opened.video_id)

    # Building

    def _make_views(self) -> None:
        self.canvas = CanvasView(self)
        self.showing = Showing(self.state, self.canvas, self)
        self.timeline = TimelineView(self)
        self.tracks = TracksPanel(self)
        self.classes = ClassesPanel(self)
        self.notice = NoticeBar(self)
        self._bar = JobsBar((self.writing, self.compute, self.jobs, self.fetching))
        self._where = QLabel()
        self.statusBar().addPermanentWidget(self._where)
        self.statusBar().addPermanentWidget(self._bar)

    def _make_commands(self) -> None:
        self.go = GoCommands(self.state, lambda: self.showing.loader.waiting, self)
        self.edits = EditCommands(self.state, self.editor, self)
        self.view = ViewCommands(self.state, self.canvas)
        self.track = TrackCommands(
            self.state, self.compute, lambda: self.canvas.is_dragging, self, plugins=self.plugins
        )
        self.files = FileCommands(self.state, self.jobs, self, plugins=self.plugins)
        self.class_commands = ClassCommands(self.state, self.edits, self.classes, self)
        self._keymap = KeyMap(self._settings)
        self.help = HelpCommands(self.state, self._keymap, self)
        self.plugin_commands = PluginCommands(self.plugins, self.jobs, self)
        self._make_parts()
        self.draw = DrawCommands(
            self.state,
            self.canvas,
            self.edits,
            self.notice,
            running=self._is_running,
            stop=self.track.stop,
            leave=self.reviewing.leave,
        )
        groups = (self.draw, self.go, self.edits, self.view, self.track, self.files, self.class_commands)
        of_parts = [group for part in self._parts for group in part.groups]
        self.actions_by_id = build_menus(self, (*groups, *of_parts, self.plugin_commands, self.help))
        assign_keys(self.actions_by_id, self._keymap.keys)
        for part in self._parts:
            part.add_actions(self.actions_by_id)
        self._menus = ContextMenus(self.state, self.actions_by_id, self)
        self._palette = palette_of(self.state)
        self.lanes = Lanes(self.state, self.timeline, self.tracks, self.reading)

    def _make_parts(self) -> None:
        """The parts that have panels and commands of their own."""
        self.detection = Detection(
            self.state,
            self.canvas,
            self.editor,
            compute=self.compute,
            fetching=self.fetching,
            plugins=self.plugins,
            parent=self,
        )
        self.counting = Counting(
            self.state, self.canvas, quiet=self.counting_queue, jobs=self.jobs, parent=self
        )
        self.running = Running(
            self.state,
            compute=self.compute,
            jobs=self.jobs,
            plugins=self.plugins,
            settings=self._settings,
            follow=self._follows_runs,
            parent=self,
        )
        self.detection.models.listed.connect(self.running.list_detectors)
        self.scoring = Scoring(self.state, self.jobs, self)
        self.tracing = Tracing(self.state, self.canvas, self.editor, quiet=self.counting_queue, parent=self)
        self.reviewing = Reviewing(
            self.state,
            self.canvas,
            self.timeline,
            self.editor,
            compute=self.compute,
            reading=self.reading,
            follower=self.track.follower,
            beside=(self.tracks,),
            parent=self,
        )
        self._parts = (
            self.detection,
            self.running,
            self.reviewing,
            self.tracing,
            self.counting,
            self.scoring,
        )

    def _is_running(self) -> bool:
        running = (self.track, self.detection.commands, self.running.commands, self.reviewing.proposals)
        return any(part.is_running for part in running)

    def _lay_out(self) -> None:
        self.setWindowTitle("Tracking Workbench")
        self.setAcceptDrops(True)
        self.resize(1360, 860)
        self.transport = TransportBar(self.actions_by_id)
        self.setCentralWidget(
            stack((self.notice, self.canvas, self.reviewing.stage, self.transport), growing=self.canvas)
        )
        listed = stack((self.tracing.filter, self.tracks), growing=self.tracks)
        things = {
            "Tracks": listed,
            "Classes": self.classes,
            "History": self.tracing.history,
            "Models": self.detection.models_panel,
        }
        tools = {
            "Run": self.running.panel,
            "Review": self.reviewing.panel,
            "Detection": self.detection.panel,
            "Statistics": self.counting.panel,
            "Scores": self.scoring.panel,
        }
        self.places = add_docks(self, right=(things, tools), bottom={"Timeline": self.timeline})
        self.class_commands.panel_wanted.connect(self.places["Classes"].raise_)
        self.detection.commands.panel_wanted.connect(self.places["Detection"].raise_)
        self.counting.commands.panel_wanted.connect(self.places["Statistics"].raise_)
        self.running.commands.panel_wanted.connect(self.places["Run"].raise_)
        self.scoring.commands.panel_wanted.connect(self.places["Scores"].raise_)
        self.reviewing.panel_wanted.connect(self.places["Review"].raise_)
        self.tracing.commands.panel_wanted.connect(self.places["History"].raise_)
        self._trackers = TrackerBox(self.plugins, self._settings)
        self._trackers.chosen.connect(self.track.use_tracker)
        self._trackers.recall()
        self.track.checkpoint_chosen.connect(self._trackers.use_checkpoint)
        self._videos = VideoBox(self.state)
        add_toolbar(self, self.actions_by_id, {"Tracker": self._trackers, "Video": self._videos})

    def _connect_views(self) -> None:
        canvas, timeline = self.canvas, self.timeline
        canvas.box_drawn.connect(self.edits.draw)
        canvas.box_changed.connect(self.edits.drag)
        canvas.box_selected.connect(self._on_box_selected)
        canvas.box_activated.connect(self._on_box_activated)
        canvas.context_menu_requested.connect(self._menus.on_canvas)
        canvas.cursor_moved.connect(self._on_cursor)
        canvas.drawing_changed.connect(self._on_drawing)
        timeline.seek_requested.connect(self.state.go_to)
        timeline.track_selected.connect(self._on_track_selected)
        timeline.track_toggled.connect(self._on_track_toggled)
        timeline.track_activated.connect(self._on_track_activated)
        timeline.range_changed.connect(self.state.set_scope)
        timeline.context_menu_requested.connect(self._menus.on_timeline)
        self.tracks.chosen.connect(self._on_tracks_chosen)
        self.tracks.activated_track.connect(self._on_track_activated)
        self.transport.seek.connect(self.state.go_to)
        self.transport.scrubbing.connect(self.showing.loader.scrub)
        self.go.playing.connect(self.actions_by_id["play"].setChecked)
        self.view.changed.connect(self._on_view_changed)
        self.files.open_requested.connect(self.open_requested)
        self.files.quit_requested.connect(self._on_quit)
        self.files.reported.connect(self._on_report)
        self.files.relinked.connect(self._on_video)
        self.help.keys_changed.connect(self._on_keys)
        for source in (self.editor, self.files, self.track, *self._parts):
            source.refused.connect(self.notice.refuse)
            source.told.connect(self.statusBar().showMessage)
        self.class_commands.refused.connect(self.notice.refuse)
        self.editor.told.connect(self.notice.settle)

    def _connect_state(self) -> None:
        state = self.state
        state.video_changed.connect(self._on_video)
        state.frame_changed.connect(self.transport.show_frame)
        state.frame_changed.connect(self.timeline.set_frame)
        state.selection_changed.connect(self._on_selection)
        state.scope_changed.connect(self._on_scope)
        state.data_changed.connect(self._on_data)
        state.provisional_changed.connect(self._on_provisional)
        state.correction.changed.connect(self._show_overlay)
        state.queue_changed.connect(self._on_queue)
        self.showing.shown.connect(self._show_overlay)
        self.showing.noticed.connect(self.notice.tell)
        self.showing.loader.proxy_wanted.connect(self.files.build_proxy)
        self.tracing.tracks_chosen.connect(self._on_tracks_listed)
        self.reviewing.frames_foreseen.connect(self.showing.loader.foresee)
        self.files.proxy_built.connect(self.showing.loader.use_proxy)
        self._bar.failed.connect(self.notice.refuse)
        self._bar.failed.connect(self.reviewing.sheets.hear)
        self._bar.broke.connect(self._on_fault)

    # What the state says

    @Slot()
    def _on_video(self) -> None:
        self.setWindowTitle(self._title())
        self._videos.fill()
        self.transport.show_video(self.state.frame_count, self.state.fps)
        self._palette = palette_of(self.state)
        self.reviewing.show_video(self._palette)  # its queue is read before the boxes: that takes less
        self.lanes.load(self._palette)
        self.transport.show_frame(self.state.frame)
        self.timeline.set_frame(self.state.frame)
        self.showing.show_video()
        self.tracing.show_video()
        self._show_overlay()

    def _title(self) -> str:
        """The video, its project where that has another name, and whether it can be changed."""
        video, project = self.state.video, self.project.path
        named = [video.name] if video else []
        if not video or video.name != project.stem:
            named.append(project.name)
        only = " (read-only)" if self.project.read_only else ""
        return f"{' - '.join(named)}{only} - Tracking Workbench"

    def _follows_runs(self) -> bool:
        """Whether the view goes where a run is; not away from what somebody drags or reviews."""
        return self.track.follow and not self.canvas.is_dragging and self.reviewing.agenda.current is None

    @Slot()
    def _on_selection(self) -> None:
        self._show_overlay()
        self.tracks.show_selection(self.state.selection)
        self.lanes.show_selection()

    @Slot()
    def _on_scope(self) -> None:
        self.timeline.set_range(*(self.state.scope or (-1, -1)))

    @Slot(object)
    def _on_data(self, scope: Scope) -> None:
        video = self.state.video
        if scope.tables & {"video", "category"}:
            self.class_commands.refresh()
            self._videos.fill()
            self._on_view_changed()
        if video is not None and scope.touches(video=video.id):
            if scope.tables & {"track"}:
                self._palette = palette_of(self.state)
            self.lanes.refresh(scope, self._palette)
        self.reviewing.refresh(scope, self._palette)
        self.tracing.refresh(scope)
        self._show_overlay()

    @Slot(int)
    def _on_provisional(self, frame: int) -> None:
        self.lanes.show_provisional(frame)
        if frame in (self.state.shown, -1):
            self._show_overlay()

    @Slot(object)
    def _on_tracks_listed(self, tracks: set[int] | None) -> None:
        self.lanes.listed = tracks
        self.lanes.show_panel()

    @Slot()
    def _on_queue(self) -> None:
        self.lanes.show_panel()

    @Slot()
    def _show_overlay(self) -> None:
        self.canvas.set_overlay(self._overlay)
        self.detection.draw(self.view.show)
        self.counting.refresh()

    def _overlay(self) -> Overlay:
        palette = previewed_palette(self.state, self._palette)
        return overlay_of(self.state, palette, self.view.show)

    # What the views say

    @Slot(int, bool)
    def _on_box_selected(self, track_id: int, add: bool) -> None:
        self.state.select(() if track_id < 0 else (track_id,), add=add)

    @Slot(int)
    def _on_track_selected(self, track_id: int) -> None:
        self.state.select((track_id,) if track_id >= 0 else ())

    @Slot(int)
    def _on_track_toggled(self, track_id: int) -> None:
        self.state.select((track_id,), add=True)

    @Slot(object)
    def _on_tracks_chosen(self, track_ids: tuple[int, ...]) -> None:
        self.state.select(track_ids)

    @Slot(int)
    def _on_box_activated(self, track_id: int) -> None:
        self.state.select((track_id,))
        self.edits.set_class()

    @Slot(int)
    def _on_track_activated(self, track_id: int) -> None:
        self.state.select((track_id,))
        self.go.track_start()

    @Slot(float, float)
    def _on_cursor(self, x: float, y: float) -> None:
        heat = self.detection.text_at(x, y)
        self._where.setText(f"{heat}  x {x:.1f}  y {y:.1f}".lstrip())

    @Slot(bool)
    def _on_drawing(self, on: bool) -> None:
        self.statusBar().showMessage("Drag a box round the target; Esc leaves it" if on else "")

    @Slot()
    def _on_view_changed(self) -> None:
        self._palette = palette_of(self.state)
        self.lanes.repaint(self._palette)
        self._show_overlay()

    # Jobs, keys and the end

    @Slot(str, str)
    def _on_report(self, title: str, text: str) -> None:
        box = QMessageBox(QMessageBox.Icon.Information, title, text, QMessageBox.StandardButton.Ok, self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    @Slot(object)
    def _on_fault(self, error: BaseException) -> None:
        show_fault(error, self)

    @Slot()
    def _on_keys(self) -> None:
        assign_keys(self.actions_by_id, self._keymap.keys)

    @Slot()
    def _on_quit(self) -> None:
        if self.may_leave():
            self.close()

    def may_leave(self) -> bool:
        """Ask before a correction is dropped that was accepted and that a tracker still works on."""
        if not self.reviewing.proposals.is_agreed_running:
            return True
        question = (
            "A tracker still works on a correction that you accepted. If the project is closed now it is not "
            "made, and the issue stays open. Close it?"
        )
        yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
        return QMessageBox.question(self, "Close", question, yes | no, no) == yes

    def remember_layout(self) -> None:
        """Keep size, place and docks for the next window."""
        save_layout(self, self._settings)

    def event(self, event: QEvent) -> bool:
        """Return ends what is being typed: a field keeps it from the window's shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            typing = isinstance(QApplication.focusWidget(), (QLineEdit, QAbstractSpinBox))
            if typing and event.key() == Qt.Key.Key_Return:
                event.accept()
                return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What stands under the picture leaves room for it."""
        super().resizeEvent(event)
        self.reviewing.stage.fit(self.height())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the file that was dropped."""
        path = event.mimeData().urls()[0].toLocalFile()
        if path:  # "" for what is no file, such as a link to the web
            self.open_requested.emit(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the threads: a running pass stops at its next frame and keeps what it tracked."""
        if event.spontaneous() and not self.may_leave():  # a signal that ends the program asks nobody
            event.ignore()
            return
        self.remember_layout()
        self.go.pause()
        self.writing.close(finish=True)
        self.reviewing.close()
        queues = (self.compute, self.jobs, self.fetching, self.counting_queue, self.reading)
        for thread in (*queues, self.showing.loader):
            thread.close()
        # What the threads posted before they ended is still delivered, and must not be heard any more.
        for source in (*queues, self.writing, self.showing.loader, self.state):
            source.blockSignals(True)
        self.state.close()
        self.project.close()
        super().closeEvent(event)
        self.closed.emit()
