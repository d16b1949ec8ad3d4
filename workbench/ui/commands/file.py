"""Opening, importing, exporting and recording."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from workbench.core.progress import Progress
from workbench.formats.folder import earlier_export
from workbench.services.exporting import export
from workbench.services.importing import import_file
from workbench.services.plugin_finding import Plugins
from workbench.services.plugin_formats import all_formats
from workbench.services.projects import add_media, is_project, locate_media
from workbench.store import Video
from workbench.ui.camera_dialog import CameraDialog
from workbench.ui.export_dialog import ExportDialog
from workbench.ui.state import UiState
from workbench.ui.worker import Task, TaskQueue, once
from workbench.video.proxy import build_proxy

Steps = Generator[Progress, None, object]
Handler = Callable[[str, object], None]

VIDEOS = "Videos (*.mp4 *.mkv *.avi *.mov *.ts *.m4v *.webm *.mpg *.wmv);;All files (*)"


class FileCommands(QObject):
    """Commands of the File menu.

    Signals:
        open_requested(path): the window shall show this video, folder or project.
        quit_requested: the window shall be closed.
        told(sentence), refused(sentence): what was done, or why it was not.
        reported(title, text): a job ended with a report.
        relinked: the video's file was found elsewhere.
        proxy_built: scrubbing can be faster now.
    """

    open_requested = Signal(str)
    quit_requested = Signal()
    told = Signal(str)
    refused = Signal(str)
    reported = Signal(str, str)
    relinked = Signal()
    proxy_built = Signal()

    def __init__(self, state: UiState, jobs: TaskQueue, parent: QWidget, *, plugins: Plugins) -> None:
        super().__init__(parent)
        self._state, self._jobs, self._window = state, jobs, parent
        self._formats = all_formats(plugins)
        self._running: dict[int, tuple[str, Handler]] = {}
        jobs.done.connect(self._on_done)
        jobs.cancelled.connect(self._on_cancelled)

    @Slot()
    def open_video(self) -> None:
        """Ask for a video file."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Open video", "", VIDEOS)
        if path:
            self.open_requested.emit(path)

    @Slot()
    def open_folder(self) -> None:
        """Ask for a folder of images."""
        path = QFileDialog.getExistingDirectory(self._window, "Open image folder")
        if path:
            self.open_requested.emit(path)

    @Slot()
    def open_project(self) -> None:
        """Ask for a project folder."""
        path = QFileDialog.getExistingDirectory(
            self._window, "Open project (a folder whose name ends in .wbp)"
        )
        if path:
            self.open_requested.emit(path)

    @Slot()
    def add_video(self) -> None:
        """Ask for a video and keep it in this project."""
        path, _ = QFileDialog.getOpenFileName(self._window, "Add video to this project", "", VIDEOS)
        if path:
            self.show_media(Path(path))

    def show_media(self, path: Path) -> None:
        """Show a video of this project, added to it if it is new; of the project itself, nothing is new."""
        project = self._state.project
        if not is_project(path):
            self._submit(f"Adding {path.name}", once(lambda: add_media(project, path)), self._show_added)

    @Slot()
    def record_camera(self) -> None:
        """Watch a camera, record it, and open the recording."""
        dialog = CameraDialog(self._window)
        if dialog.exec() and dialog.recording is not None:
            self.open_requested.emit(str(dialog.recording))

    @Slot()
    def locate_video(self) -> None:
        """Ask where the video's file is now."""
        if self._state.video is None:
            return
        path, _ = QFileDialog.getOpenFileName(
            self._window, f"Where is {self._state.video.name} now?", "", VIDEOS
        )
        if path:
            project, video = self._state.project, self._state.video.id
            self._submit(
                f"Looking at {path}",
                once(lambda: locate_media(project, video, Path(path))),
                self._show_located,
            )

    @Slot()
    def import_file(self) -> None:
        """Ask for a file of boxes and read it."""
        path, _ = QFileDialog.getOpenFileName(
            self._window, "Import boxes", "", "MOTChallenge or COCO (*.txt *.json);;All files (*)"
        )
        if path:
            self.import_from(Path(path))

    def import_from(self, path: Path) -> None:
        """Read a file of boxes into the video shown, as one edit."""
        video = self._state.video
        if video is None:
            self.refused.emit("Open the video first that the boxes belong to.")
            return
        project = self._state.project
        label = f"Importing {path.name}"
        self._submit(
            label,
            lambda: import_file(project, video.id, None, path, formats=self._formats),
            self._show_report,
        )

    @Slot()
    def export_files(self) -> None:
        """Ask for a format and a place, and write the boxes."""
        if self._state.video is None:
            self.refused.emit("Open a video first; there is nothing to export yet.")
            return
        dialog = ExportDialog(self._state.scope, self._window, formats=self._formats)
        if dialog.exec() and self._may_replace(dialog.target):
            self.export_to(dialog.format, dialog.target, images=dialog.images, scope=dialog.scope)

    def _may_replace(self, target: Path) -> bool:
        """Ask before the files of an earlier export go."""
        earlier = earlier_export(target)
        if not earlier:
            return True
        question = f"{target} holds an export already ({earlier}). Replace it?"
        yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
        return QMessageBox.question(self._window, "Export", question, yes | no, no) == yes

    def export_to(
        self, format_name: str, target: Path, *, images: bool = False, scope: tuple[int, int] | None = None
    ) -> None:
        """Write the boxes of the video shown."""
        video, project = self._state.video, self._state.project
        if video is None:
            return
        start, stop = scope or (None, None)
        self._submit(
            f"Exporting to {target}",
            lambda: export(
                project,
                video.id,
                format_name,
                target,
                start=start,
                stop=stop,
                images=images,
                formats=self._formats,
            ),
            self._show_report,
        )

    @Slot(object)
    def build_proxy(self, target: Path) -> None:
        """Make half-size pictures of a video whose frames are slow to reach, in the background."""
        video = self._state.video
        if video is not None and not self._state.project.read_only:
            path = self._state.project.video_file(video)
            self._submit("Preparing fast scrubbing", lambda: build_proxy(path, target), self._show_proxy)

    @Slot()
    def save(self) -> None:
        """Say that everything is saved."""
        self.told.emit(f"Every edit is saved as it is made, in {self._state.project.path}")

    @Slot()
    def quit(self) -> None:
        """Close the window."""
        self.quit_requested.emit()

    def _submit(self, label: str, make: Callable[[], Steps], handle: Handler) -> None:
        self._running[self._jobs.submit(Task(label, make))] = (label, handle)

    def _show_report(self, label: str, report: object) -> None:
        self.reported.emit(label, str(report))

    def _show_proxy(self, _label: str, _path: object) -> None:
        self.proxy_built.emit()

    def _show_added(self, _label: str, video: object) -> None:
        assert isinstance(video, Video)
        self._state.show_video(video.id)

    def _show_located(self, _label: str, _nothing: object) -> None:
        self.relinked.emit()

    @Slot(int, object)
    def _on_done(self, task: int, result: object) -> None:
        if task in self._running:
            label, handle = self._running.pop(task)
            handle(label, result)

    @Slot(int)
    def _on_cancelled(self, task: int) -> None:
        if task in self._running:
            label, _ = self._running.pop(task)
            self.told.emit(f"{label}: stopped, nothing was changed")
