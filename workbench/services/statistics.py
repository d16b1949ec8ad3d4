"""What happened in a video: how many targets there were, who crossed a line, who was in a zone and how long.

Rows that say that a target is outside the picture do not count.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.core.boxes import Array
from workbench.core.errors import UserError, VideoError
from workbench.core.progress import Progress
from workbench.core.regions import Kind, Region
from workbench.core.track_boxes import TrackBoxes
from workbench.formats.mot_challenge_rows import read_rows
from workbench.services.crossings import MARGIN, Crossings, Ints, Visits, crossings, visits
from workbench.services.regions import check_names, regions_of
from workbench.store import Project, Video
from workbench.video import open_video

INTERVAL = 25  # frames

Steps = Generator[Progress, None, "Statistics"]


@dataclass(frozen=True)
class Interval:
    """One class in the frames [start, stop).

    Args:
        mean, most: boxes a frame, on the average and at most.
        tracks: how many different ones.
    """

    start: int
    stop: int
    class_id: int
    mean: float
    most: int
    tracks: int


@dataclass(frozen=True, eq=False)
class Statistics:
    """Counts of one video.

    Args:
        times: (frames + 1,) second at which each frame begins, and the last one ends; NaN = not known.
        boxes: what was counted.
        classes: names of the classes that have a box, by their ids.
        numbers: what the user calls a track, by its id.
        counts: (classes, frames) boxes of each class in each frame.
        regions: the lines and zones.
        lines, zones: what happened there, by name.
    """

    times: Array
    boxes: TrackBoxes
    classes: Mapping[int, str]
    numbers: Mapping[int, int]
    counts: Ints
    regions: tuple[Region, ...]
    lines: Mapping[str, Crossings]
    zones: Mapping[str, Visits]

    @property
    def frame_count(self) -> int:
        """Frames of the video."""
        return len(self.times) - 1

    def seconds(self, start: int, stop: int) -> float:
        """How long the frames [start, stop) last; NaN = not known."""
        return float(self.times[stop] - self.times[start])

    @property
    def usual_interval(self) -> int:
        """Frames of about one second; ``INTERVAL`` where seconds are not known."""
        whole = self.seconds(0, self.frame_count)
        return max(1, round(self.frame_count / whole)) if whole > 0 else INTERVAL

    def intervals(self, every: int) -> list[Interval]:
        """Counts over stretches of ``every`` frames, the last one maybe shorter, by start and class."""
        result = []
        rows = list(self.classes)
        for start in range(0, self.frame_count, every):
            stop = min(start + every, self.frame_count)
            mine = self.boxes[(self.boxes.frames >= start) & (self.boxes.frames < stop)]
            for row, class_id in enumerate(rows):
                part = self.counts[row, start:stop]
                tracks = len(np.unique(mine.tracks[mine.classes == class_id]))
                result.append(Interval(start, stop, class_id, float(part.mean()), int(part.max()), tracks))
        return result


def measure(
    boxes: TrackBoxes,
    regions: Sequence[Region],
    *,
    times: Array,
    classes: Mapping[int, str],
    numbers: Mapping[int, int],
    margin: float = MARGIN,
) -> Steps:
    """Count.

    Args:
        boxes: no rows outside the picture.
        regions: lines and zones with different names.
        times: (frames + 1,), see ``Statistics``; boxes behind the last frame are left out.
        classes, numbers: names of all classes and numbers of all tracks.
        margin: how far a box must be on the other side, see ``services.crossings``.

    Raises:
        UserError: two regions have the same name.
    """
    check_names(regions)
    boxes = boxes[boxes.frames < len(times) - 1]
    present = {c: name for c, name in classes.items() if (boxes.classes == c).any()}
    counts = [np.bincount(boxes.frames[boxes.classes == c], minlength=len(times) - 1) for c in present]
    lines, zones = {}, {}
    for done, region in enumerate(regions):
        yield Progress(done, len(regions), region.name)
        if region.kind is Kind.LINE:
            lines[region.name] = crossings(boxes, region, margin=margin)
        else:
            zones[region.name] = visits(boxes, region, margin=margin)
    stacked = np.array(counts, np.int64).reshape(len(present), len(times) - 1)
    return Statistics(times, boxes, present, dict(numbers), stacked, tuple(regions), lines, zones)


def measure_video(
    project: Project,
    video_id: int,
    *,
    regions: Sequence[Region] | None = None,
    times: Array | None = None,
    margin: float = MARGIN,
) -> Steps:
    """Count in a video of a project.

    Args:
        regions: lines and zones; None = those the project remembers.
        times: when each frame begins, if that is known already; it is read from the video otherwise.
    """
    video = project.video(video_id)
    yield Progress(0, None, "Reading tracks")
    boxes = project.track_boxes(video_id)
    if times is None:
        times = frame_times(project, video)
    return (
        yield from measure(
            boxes,
            regions_of(project, video_id) if regions is None else regions,
            times=times,
            classes={c.id: c.name for c in project.categories(archived=True)},
            numbers={track.id: track.number for track in project.tracks(video_id)},
            margin=margin,
        )
    )


def measure_file(
    path: Path, regions: Sequence[Region], *, fps: float | None = None, margin: float = MARGIN
) -> Steps:
    """Count in a MOTChallenge file of tracks; what its rows are of is not looked at.

    Args:
        fps: frames a second; None = seconds are not known.

    Raises:
        FormatError: it is no such file.
        UserError: its rows have no identities.
    """
    yield Progress(0, None, f"Reading {path.name}")
    rows = read_rows(path)
    if not rows.has_identities:
        raise UserError(f"{path} has no identities (all are -1); counting needs tracks, not detections.")
    frame_count = int(rows.frames.max(initial=-1)) + 1
    return (
        yield from measure(
            TrackBoxes.of(rows.ids, rows.frames, rows.boxes),
            regions,
            times=_even(frame_count, fps),
            classes={0: "any"},
            numbers={track: track for track in np.unique(rows.ids).tolist()},
            margin=margin,
        )
    )


def frame_times(project: Project, video: Video) -> Array:
    """(frames + 1,) second at which each frame begins, and the last one ends; NaN = not known.

    They are the video's own stamps where its file can be opened, else those of its frame rate.
    """
    path = project.video_file(video)
    try:
        with open_video(path) as reader:
            starts = [reader.seconds(frame) for frame in range(reader.info.frame_count)]
    except VideoError:
        starts = []
    times = _even(video.frame_count, video.fps)
    if 0 < len(starts) == video.frame_count:
        last = 1 / video.fps if video.fps else float(np.median(np.diff(starts))) if len(starts) > 1 else 0.0
        times = np.append(starts, starts[-1] + last)
    return times


def _even(frame_count: int, fps: float | None) -> Array:
    return np.arange(frame_count + 1) / fps if fps else np.full(frame_count + 1, np.nan)
