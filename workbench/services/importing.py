"""Reading an annotation file into a project, as one edit."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.core.annotations import Annotations, VideoFacts
from workbench.core.edits import ChangeSet
from workbench.core.errors import UserError
from workbench.core.plurals import counted
from workbench.core.progress import Progress
from workbench.core.report import Findings, Report
from workbench.core.rows import BoxRow, Origin, TrackRow
from workbench.formats.registry import FORMATS, Format, find_format, recognise
from workbench.services.imported_poses import imported_poses
from workbench.store import Project

LARGE = 5000  # rows; more are written in slices, so that a correction need not wait


def import_file(
    project: Project,
    video_id: int,
    format_name: str | None,
    source: Path,
    *,
    options: Any = None,
    formats: Sequence[Format] = FORMATS,
) -> Generator[Progress, None, Report]:
    """Read boxes and poses into new tracks of a video; one step of the history, taken back if stopped.

    Tracks keep the file's numbers where the video has them free. Categories the project lacks are added;
    for poses see ``imported_poses``.

    Args:
        video_id: the video the boxes belong to.
        format_name: as the registry lists it; None = told by the file itself.
        source: the file, or a sequence folder.
        options: the format's frozen dataclass of options for reading; None = its defaults.
        formats: where formats are looked up.

    Returns:
        What was read, mended and left out.

    Raises:
        UserError: no such format, or one that cannot be read.
        FormatError: the file is not what the format says; nothing of it is kept.
    """
    source = Path(source)
    chosen = recognise(source, formats) if format_name is None else find_format(format_name, formats)
    if chosen.read is None:
        raise UserError(f"{chosen.title} can be written, but not read; choose another format.")
    yield Progress(0, None, f"Reading {source.name}")
    video = project.video(video_id)
    facts = VideoFacts(video.name, video.width, video.height, video.frame_count, video.fps or 0.0)
    annotations, report = chosen.read(source, facts, options=options)
    if not len(annotations.boxes):
        return report
    change, notes = _change(project, video_id, annotations, f"Import {source.name}")
    if sum(len(table.after) for table in change.changes) > LARGE:
        yield from project.apply_large(change)
    else:
        project.apply(change)
    return replace(report, findings=report.findings + notes.all())


def _change(
    project: Project, video_id: int, annotations: Annotations, name: str
) -> tuple[ChangeSet, Findings]:
    """The edit that adds everything, and what is to be said about it."""
    notes = Findings()
    categories = category_ids(project, annotations.categories, notes)
    wanted = [track.number for track in annotations.tracks]
    numbers = free_numbers(wanted, {track.number for track in project.tracks(video_id)})
    moved = sum(a != b for a, b in zip(wanted, numbers, strict=True))
    if moved:
        known = "in use in this video already and got"
        notes.note(counted(moved, f"identity is {known} a new number", f"identities are {known} new numbers"))
    ids = project.new_ids("track", len(wanted))
    tracks = [
        TrackRow(track_id, video_id, categories[track.category], number, track.name, None)
        for track_id, number, track in zip(ids, numbers, annotations.tracks, strict=True)
    ]
    boxes = list(_rows(video_id, ids, annotations))
    poses = imported_poses(project, video_id, ids, annotations, categories, notes)
    return ChangeSet.of(name, track=((), tracks), box=((), boxes), pose=((), poses)), notes


def free_numbers(wanted: Sequence[int], taken: Iterable[int]) -> list[int]:
    """The wanted identity numbers, those that are taken replaced by numbers above all others."""
    taken = set(taken)
    following = max([*taken, *wanted], default=0) + 1
    numbers = []
    for number in wanted:
        if number in taken:
            number, following = following, following + 1
        numbers.append(number)
    return numbers


def category_ids(project: Project, names: Iterable[str], notes: Findings) -> dict[str, int]:
    """Id of each category, found without regard to case, brought back from the archive, or added."""
    known = {category.name.casefold(): category for category in project.categories(archived=True)}
    ids = {}
    for name in names:
        category = known.get(name.casefold())
        if category is None:
            category = known[name.casefold()] = project.add_category(name)
            notes.note(f"the category {name!r} was added")
        elif category.archived:
            category = known[name.casefold()] = project.update_category(category.id, archived=False)
        ids[name] = category.id
    return ids


def _rows(video_id: int, ids: Sequence[int], annotations: Annotations) -> Iterable[BoxRow]:
    """Each box as a keyframe: interpolation must not move what the file says."""
    for frame, track, x, y, w, h, score, occluded, outside, verified in annotations.boxes.tolist():
        yield BoxRow(
            video_id=video_id,
            frame=frame,
            track_id=ids[track],
            x=x,
            y=y,
            w=w,
            h=h,
            score=None if score != score else score,  # NaN = not measured
            origin=Origin.IMPORTED,
            run_id=None,
            verified=int(verified),
            keyframe=1,
            occluded=int(occluded),
            outside=int(outside),
        )
