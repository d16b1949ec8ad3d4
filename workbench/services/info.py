"""What a project or a video holds, in a few lines."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from workbench.core.plurals import counted
from workbench.core.rows import Origin
from workbench.services.projects import is_project
from workbench.store import Project, Video
from workbench.video import open_video


def describe(path: Path) -> str:
    """Describe a project (its videos, tracks and boxes by origin) or a video (size, length, faults)."""
    if not is_project(path):
        return _describe_media(path)
    with Project.open(path, read_only=True) as project:
        classes = ", ".join(c.name for c in project.categories()) or "none"
        head = f"{path}: {counted(len(project.videos()), 'video')}; classes: {classes}"
        steps = project.history(limit=1)
        last = (
            f"last edit: {steps[0].name}, {steps[0].created_at:%Y-%m-%d %H:%M}" if steps else "no edits yet"
        )
        return "\n".join([head, *(_describe_video(project, v) for v in project.videos()), last])


def _describe_video(project: Project, video: Video) -> str:
    tracks = project.tracks(video.id)
    columns = project.box_columns(video.id)
    origins = Counter(Origin(int(o)).name.lower() for o in columns.origin)
    boxes = ", ".join(f"{count} {name}" for name, count in sorted(origins.items())) or "none"
    missing = "" if project.video_file(video).exists() else " (file not found)"
    size = f"{counted(video.frame_count, 'frame')} of {video.width}×{video.height} at {video.fps or 0:g} fps"
    return f"  {video.name}{missing}: {size}; {counted(len(tracks), 'track')}; boxes: {boxes}"


def _describe_media(path: Path) -> str:
    with open_video(path) as reader:
        info = reader.info
        traits = [t for t, on in (("long GOP", info.long_gop), ("variable rate", info.variable_rate)) if on]
        size = f"{counted(info.frame_count, 'frame')} of {info.width}×{info.height} at {info.fps:g} fps"
        head = f"{path}: {size}, {', '.join([info.codec, *traits])}"
        return "\n".join([head, *(f"  {problem}" for problem in reader.problems)])
