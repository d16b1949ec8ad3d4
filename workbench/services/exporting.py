"""Writing a project's boxes in a file format, with or without the pictures."""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from workbench.core.annotations import (
    AnnotatedTrack,
    Annotations,
    Boxes,
    Poses,
    Skeleton,
    VideoFacts,
    new_boxes,
)
from workbench.core.errors import UserError
from workbench.core.progress import Progress
from workbench.core.report import Report
from workbench.core.rows import BoxRow, PoseRow, TrackRow
from workbench.formats.clips import Clip
from workbench.formats.registry import FORMATS, Format, find_format
from workbench.store import Project, Video
from workbench.video import open_video

Image = NDArray[np.uint8]


def export(
    project: Project,
    video_id: int | Sequence[int],
    format_name: str,
    target: Path,
    *,
    options: Any = None,
    start: int | None = None,
    stop: int | None = None,
    tracks: Collection[int] | None = None,
    images: bool = False,
    formats: Sequence[Format] = FORMATS,
) -> Generator[Progress, None, Report]:
    """Write boxes into a folder; it is complete when this ends, and as it was if this is stopped.

    Args:
        video_id: one video, or several that become one data set.
        format_name: as the registry lists it.
        target: the folder.
        options: the format's frozen dataclass of options; None = its defaults.
        start, stop: only the frames [start, stop) of one video; they count from 0 in the files.
        tracks: ids of the tracks to write; None = all.
        images: write the pictures of the frames too.
        formats: where ``format_name`` is looked up.

    Returns:
        What was written, clipped and left out; it is in the folder as well.

    Raises:
        UserError: no such format or frames, or the folder cannot be written.
        VideoError: a picture cannot be read.
    """
    chosen = find_format(format_name, formats)
    if chosen.write is None:
        raise UserError(f"{chosen.title} can be read, but not written; choose another format.")
    if images and not chosen.pictures:
        raise UserError(f"{chosen.title} has no place for pictures; export without them.")
    ids = [video_id] if isinstance(video_id, int) else list(video_id)
    if len(ids) != 1 and (start, stop) != (None, None):
        raise UserError("Frames can be chosen for one video at a time; export this video alone.")
    with ExitStack() as readers:
        clips = []
        for video in map(project.video, ids):
            span = _span(video, start, stop)
            annotations = annotations_of(project, video.id, start=span.start, stop=span.stop, tracks=tracks)
            pictures = None
            if images:
                pictures = _pictures(project.video_file(video), span)
                readers.callback(pictures.close)
            clips.append(Clip(annotations, pictures))
        clips = _with_common_categories(clips, project)
        return (yield from chosen.write(target, clips, options=options))


def annotations_of(
    project: Project,
    video_id: int,
    *,
    start: int = 0,
    stop: int | None = None,
    tracks: Collection[int] | None = None,
) -> Annotations:
    """The boxes and poses of a video as arrays, frame 0 being ``start``.

    Args:
        start, stop: the frames [start, stop); None = to the end.
        tracks: ids of the tracks; None = all that the video has.
    """
    video = project.video(video_id)
    stop = video.frame_count if stop is None else stop
    rows = project.boxes_between(video_id, start, stop)
    kept = [t for t in project.tracks(video_id) if tracks is None or t.id in tracks]
    names = {category.id: category.name for category in project.categories(archived=True)}
    present = {row.track_id for row in rows}
    kept = [t for t in kept if t.id in present]
    used = {track.category_id for track in kept}
    return Annotations(
        video=VideoFacts(video.name, video.width, video.height, stop - start, video.fps or 0.0),
        categories=tuple(name for key, name in names.items() if key in used),
        tracks=tuple(AnnotatedTrack(t.number, names[t.category_id], t.name) for t in kept),
        boxes=_columns(rows, kept, start),
        start=start,
        poses=_poses(project, video_id, kept, start, stop),
    )


def _columns(rows: Sequence[BoxRow], tracks: Sequence[TrackRow], start: int) -> Boxes:
    index = {track.id: i for i, track in enumerate(tracks)}
    rows = [row for row in rows if row.track_id in index]
    boxes = new_boxes(len(rows))
    if not rows:
        return boxes
    columns = dict(zip(BoxRow._fields, zip(*rows, strict=True), strict=True))
    for name in ("x", "y", "w", "h", "occluded", "outside", "verified"):
        boxes[name] = columns[name]
    boxes["frame"] = np.array(columns["frame"]) - start
    boxes["track"] = [index[track_id] for track_id in columns["track_id"]]
    boxes["score"] = np.array(columns["score"], np.float64)  # None becomes NaN
    return boxes


def _poses(
    project: Project, video_id: int, tracks: Sequence[TrackRow], start: int, stop: int
) -> tuple[Poses, ...]:
    index = {track.id: i for i, track in enumerate(tracks)}
    rows = cast(list[PoseRow], project.rows("pose", video_id=video_id, start=start, stop=stop))
    tables = []
    for skeleton in project.skeletons():
        own = [row for row in rows if row.skeleton_id == skeleton.id and row.track_id in index]
        if own:
            shape = Skeleton(tuple(skeleton.joints), tuple((a, b) for a, b in skeleton.edges))
            frame = np.array([row.frame - start for row in own])
            track = np.array([index[row.track_id] for row in own])
            points = np.frombuffer(b"".join(row.points for row in own), "<f4")
            tables.append(Poses(shape, frame, track, points.reshape(len(own), -1, 3)))
    return tuple(tables)


def _span(video: Video, start: int | None, stop: int | None) -> range:
    first = 0 if start is None else start
    end = video.frame_count if stop is None else min(stop, video.frame_count)
    if not 0 <= first < end and (start, stop) != (None, None):
        raise UserError(
            f"{video.name} has frames 0 to {video.frame_count - 1}; {first} to {end} is no stretch of it."
        )
    return range(first, end)


def _pictures(path: Path, span: range) -> Generator[tuple[int, Image], None, None]:
    with open_video(path) as reader:
        for frame, image in reader.frames(span.start, span.stop):
            yield frame - span.start, image


def _with_common_categories(clips: Sequence[Clip], project: Project) -> list[Clip]:
    """Number the categories alike in all clips: those in use, in the project's order."""
    used = {name for clip in clips for name in clip.annotations.categories}
    order = tuple(c.name for c in project.categories(archived=True) if c.name in used)
    return [replace(clip, annotations=replace(clip.annotations, categories=order)) for clip in clips]
