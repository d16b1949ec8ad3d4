"""Opening what a user names: a project folder, or a video that gets a project beside it."""

from __future__ import annotations

import hashlib
import itertools
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from workbench.core.errors import ProjectError, UserError, VideoError
from workbench.core.plurals import counted
from workbench.store import Project, Video
from workbench.video import open_video

SUFFIX = ".wbp"
CLASSES = ("object", "person", "vehicle", "animal")  # what a new project starts with


@dataclass(frozen=True)
class Opened:
    """A project, the video to show first, and what the user should be told."""

    project: Project
    video_id: int | None
    notices: tuple[str, ...] = ()


def is_project(path: Path) -> bool:
    """Whether a path names a project rather than something to look at."""
    return path.suffix == SUFFIX or (path / "project.db").is_file()


def open_path(path: Path, *, read_only: bool = False) -> Opened:
    """Open a project, or a video (a file or an image folder) with the project that belongs to it.

    A project in a place that cannot be written is opened for reading.

    Raises:
        UserError: there is nothing at ``path``.
        VideoError, ProjectError: it cannot be opened.
    """
    if not path.exists():
        raise UserError(f"{path} does not exist; name a video, an image folder or a {SUFFIX} project.")
    if is_project(path):
        project, notices = _open_project(path, read_only=read_only)
        videos = project.videos()
        return Opened(project, videos[0].id if videos else None, notices)
    return open_media(path, read_only=read_only)


def _open_project(path: Path, *, read_only: bool) -> tuple[Project, tuple[str, ...]]:
    """The project, and what there is to say about how it was opened."""
    writable = os.access(path / "project.db", os.W_OK) or not (path / "project.db").exists()
    project = Project.open(path, read_only=read_only or not writable)
    try:  # what every view needs; so a damaged one is refused before there is a window
        for read in (project.videos, project.categories, project.runs, project.skeletons, project.models):
            read()
    except BaseException:
        project.close()
        raise
    if writable or read_only:
        return project, project.notices
    said = f"{path} cannot be written, so it is open for reading only"
    return project, (*project.notices, f"{said}; change its permissions, or work in a copy.")


def _make_project(home: Path, media: Path) -> tuple[Project, tuple[str, ...]]:
    """A video's new project; where it is, is said when it is not beside the video."""
    project = create_project(home)
    if home.parent == media.resolve().parent:
        return project, ()
    return project, (f"The folder of {media.name} cannot be written; its project is kept as {home}.",)


def open_media(path: Path, *, read_only: bool = False) -> Opened:
    """Open a video with its project: made beside it at the first time, found again at the next."""
    with open_video(path) as reader:  # before any project is made: what is no video leaves no trace
        problems = reader.problems
    home = project_path(path)
    opening = home.exists()
    project, notices = _open_project(home, read_only=read_only) if opening else _make_project(home, path)
    try:
        video = add_media(project, path)
    except BaseException:
        project.close()
        raise
    return Opened(project, video.id, notices + problems)


def create_project(path: Path) -> Project:
    """Make an empty project with a few classes to start from."""
    project = Project.create(path)
    for name in CLASSES:
        project.add_category(name)
    return project


def project_path(media: Path) -> Path:
    """Where the project of a video lives: beside it, or among the user's data where that is read-only."""
    media = media.resolve()
    beside = media.parent / (media.name if media.is_dir() else media.stem)
    beside = beside.with_name(beside.name + SUFFIX)
    if beside.exists() or os.access(media.parent, os.W_OK):
        return beside
    place = hashlib.sha256(str(media.parent).encode()).hexdigest()[:8]  # two folders may hold the same name
    return Path(platformdirs.user_data_dir("tracking-workbench")) / place / beside.name


def home_of(path: Path) -> Path:
    """The project that ``open_path`` would open."""
    return path if is_project(path) else project_path(path)


def add_media(project: Project, path: Path) -> Video:
    """The project's record of a video, added if it has none; a moved file is recognised and linked again.

    Raises:
        ProjectError: the video is new and the project is open for reading only.
    """
    with open_video(path) as reader:
        info, fingerprint = reader.info, reader.fingerprint()
    for video in project.videos():
        if video.fingerprint == fingerprint:
            moved = not same_file(project.video_file(video), path)
            if moved and not project.read_only:
                project.relink_video(video.id, path)
            return video
    if project.read_only:
        raise ProjectError(f"{project.path} is open for reading only, so {path.name} cannot be added to it.")
    return project.add_video(
        path,
        name=_free_name(path.stem, {v.name for v in project.videos(archived=True)}),
        kind=info.kind,
        width=info.width,
        height=info.height,
        frame_count=info.frame_count,
        fps=info.fps,
        fingerprint=fingerprint,
    )


def _free_name(name: str, taken: set[str]) -> str:
    numbered = (f"{name} ({i})" for i in itertools.count(2))
    return name if name not in taken else next(n for n in numbered if n not in taken)


def same_file(a: Path, b: Path) -> bool:
    """Whether two paths name one existing file."""
    return a.exists() and b.exists() and a.samefile(b)


def missing_media(project: Project, video_id: int) -> str | None:
    """A sentence when a video's file is not where the project expects it, else None."""
    path = project.video_file(project.video(video_id))
    if path.exists():
        return None
    return f"{path} is not there any more; use File > Locate video to say where it is now."


def locate_media(project: Project, video_id: int, path: Path) -> None:
    """Link a video of the project to where its file is now.

    Raises:
        VideoError: the file is another video.
    """
    video = project.video(video_id)
    with open_video(path) as reader:
        info = reader.info
    frames = counted(info.frame_count, "frame")
    if (info.frame_count, info.width, info.height) != (video.frame_count, video.width, video.height):
        raise VideoError(
            f"{path} has {frames} of {info.width}×{info.height}, but {video.name} has "
            f"{video.frame_count} of {video.width}×{video.height}; choose the file the boxes were drawn on."
        )
    project.relink_video(video_id, path)


def demo_folder() -> Path:
    """Where the demo project is kept: among the user's data."""
    return Path(platformdirs.user_data_dir("tracking-workbench")) / "demo"
