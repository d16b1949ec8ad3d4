"""Statistics as files: one table a kind, a row a thing that happened, and a plot.

Frames count from 0, a ``stop`` is the frame after the last one, seconds are the video's own (empty where they
are not known), and a class has its name.

- counts.csv: frame, seconds, class, count - boxes of each class in each frame
- intervals.csv: start, stop, seconds, class, mean, most, tracks - the same over stretches of frames: boxes a
  frame on the average and at most, and how many different tracks
- crossings.csv: line, frame, seconds, track, class, direction, x, y - each crossing, "in" or "out", and the
  place
- visits.csv: zone, track, class, start, stop, frames, seconds, entered, left - each stay in a zone and how
  long it was; entered or left = 0 where the track begins or ends inside
- occupancy.csv: zone, frame, seconds, inside, entries, exits - how many are inside in each frame, and how
  many came and went up to then
"""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from workbench.core.boxes import Array
from workbench.core.errors import UserError
from workbench.core.progress import Progress
from workbench.services.crossings import Ints
from workbench.services.plots import Curves, write_plot
from workbench.services.statistics import Statistics, measure_video
from workbench.store import Project

Cells = Sequence[object]

COUNTS = ("frame", "seconds", "class", "count")
INTERVALS = ("start", "stop", "seconds", "class", "mean", "most", "tracks")
CROSSINGS = ("line", "frame", "seconds", "track", "class", "direction", "x", "y")
VISITS = ("zone", "track", "class", "start", "stop", "frames", "seconds", "entered", "left")
OCCUPANCY = ("zone", "frame", "seconds", "inside", "entries", "exits")


def export_statistics(project: Project, video_id: int, folder: Path) -> Generator[Progress, None, str]:
    """Count in a video with the lines and zones that the project remembers, and write the files.

    Returns:
        What was written, for a person.
    """
    found = yield from measure_video(project, video_id)
    files = write_statistics(found, folder)
    return f"{folder}: {', '.join(path.name for path in files)}"


def write_statistics(found: Statistics, folder: Path, *, every: int | None = None) -> list[Path]:
    """Write the tables and ``statistics.svg`` into a folder, which is made if need be.

    Args:
        every: frames of an interval; None = about a second.

    Returns:
        The files. Tables of lines and zones are written only where there are any.

    Raises:
        UserError: they cannot be written there.
    """
    tables: list[tuple[str, Cells, Iterable[Cells]]] = [
        ("counts.csv", COUNTS, _counts(found)),
        ("intervals.csv", INTERVALS, _intervals(found, every or found.usual_interval)),
    ]
    if found.lines:
        tables.append(("crossings.csv", CROSSINGS, _crossings(found)))
    if found.zones:
        tables.append(("visits.csv", VISITS, _visits(found)))
        tables.append(("occupancy.csv", OCCUPANCY, _occupancy(found)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, head, rows in tables:
            _write(folder / name, head, rows)
    except OSError as error:
        raise UserError(f"{folder} cannot be written ({error.strerror or error}); choose another.") from error
    write_plot(folder / "statistics.svg", panels(found))
    return [folder / name for name, _, _ in tables] + [folder / "statistics.svg"]


def panels(found: Statistics) -> list[Curves]:
    """The plot: targets over time, then what came in and out over each line, then who is in each zone."""
    return [panel_of(found, name) for name in ("", *found.lines, *found.zones)]


def panel_of(found: Statistics, name: str) -> Curves:
    """What happened over time at a line or zone, or ("") in the whole picture."""
    count = found.frame_count
    if name in found.zones:
        return _over_time(f"{name}: targets inside", count, {"inside": found.zones[name].occupancy(count)})
    if name in found.lines:
        line = found.lines[name]
        both = {"in": line.frames[line.inwards], "out": line.frames[~line.inwards]}
        sums = {f"{way} ({len(at)})": np.cumsum(np.bincount(at, minlength=count)) for way, at in both.items()}
        return _over_time(f"{name}: crossed so far", count, sums)
    by_class = dict(zip(found.classes.values(), found.counts, strict=True))
    return _over_time("Targets in the picture", count, by_class)


def _over_time(title: str, frame_count: int, counted: Mapping[str, Ints]) -> Curves:
    frames = np.arange(frame_count, dtype=np.float64)
    curves = {name: _corners(frames, counts.astype(np.float64)) for name, counts in counted.items()}
    most = max((float(counts.max(initial=0)) for counts in counted.values()), default=0.0)
    top = 5.0 * max(1, math.ceil(most / 5))  # the grid has five rows, and there is no half target
    return Curves(title, "frame", curves, height=220, last=max(1.0, frame_count), top=top)


def _corners(x: Array, y: Array) -> tuple[Array, Array]:
    """The same curve without points that lie between two of the same height."""
    moved = np.append(True, np.diff(y) != 0)
    kept = moved | np.append(moved[1:], True)
    return x[kept], y[kept]


def _write(path: Path, head: Cells, rows: Iterable[Cells]) -> None:
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(head)
            writer.writerows(rows)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def _counts(found: Statistics) -> Iterator[Cells]:
    for frame, column in enumerate(found.counts.T.tolist()):
        at = _seconds(found.times[frame])
        for name, count in zip(found.classes.values(), column, strict=True):
            yield frame, at, name, count


def _intervals(found: Statistics, every: int) -> Iterator[Cells]:
    for i in found.intervals(every):
        at, mean = _seconds(found.times[i.start]), f"{i.mean:.6g}"
        yield i.start, i.stop, at, found.classes[i.class_id], mean, i.most, i.tracks


def _crossings(found: Statistics) -> Iterator[Cells]:
    for name, line in found.lines.items():
        columns = (line.frames, line.tracks, line.classes, line.inwards, line.places)
        for frame, track, kind, inwards, (x, y) in zip(*(c.tolist() for c in columns), strict=True):
            at, way = _seconds(found.times[frame]), "in" if inwards else "out"
            yield (
                name, frame, at, found.numbers[track], found.classes[kind], way, f"{x:.2f}", f"{y:.2f}"
            )  # fmt: skip


def _visits(found: Statistics) -> Iterator[Cells]:
    for name, zone in found.zones.items():
        columns = (zone.tracks, zone.classes, zone.starts, zone.stops, zone.entered, zone.left)
        for track, kind, start, stop, entered, left in zip(*(c.tolist() for c in columns), strict=True):
            long = _seconds(found.seconds(start, stop))
            yield (
                name, found.numbers[track], found.classes[kind], start, stop, stop - start, long,
                int(entered), int(left),
            )  # fmt: skip


def _occupancy(found: Statistics) -> Iterator[Cells]:
    count = found.frame_count
    for name, zone in found.zones.items():
        inside = zone.occupancy(count).tolist()
        entries = np.cumsum(np.bincount(zone.starts[zone.entered], minlength=count)).tolist()
        exits = np.cumsum(np.bincount(zone.stops[zone.left], minlength=count)).tolist()
        for frame in range(count):
            yield name, frame, _seconds(found.times[frame]), inside[frame], entries[frame], exits[frame]


def _seconds(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.3f}"
