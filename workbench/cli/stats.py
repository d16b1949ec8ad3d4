"""``workbench stats``: counts over time, over lines and in zones."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.console import finish, open_project, video_id
from workbench.core.errors import UserError
from workbench.core.plurals import counted

if TYPE_CHECKING:
    from workbench.core.regions import Region
    from workbench.services.statistics import Statistics


def add_stats(commands: Any) -> None:
    """``workbench stats``: count who crosses lines and stays in zones, as tables and plots."""
    command = commands.add_parser(
        "stats",
        help="count targets over time, over lines and in zones",
        description="Count targets in each frame, who crosses a line (in = from its left to its right, seen"
        " from its first point to its second) and who is in a zone for how long. Without --line and --zone"
        " those count that were drawn in the window. Writes CSV tables and a plot.",
    )
    command.add_argument("project", type=Path, nargs="?", help="a project, or a video that has one")
    command.add_argument(
        "--tracks", type=Path, metavar="TXT", help="a MOTChallenge file of tracks, in place of a project"
    )
    command.add_argument("--video", help="name of the video; needed where the project has several")
    command.add_argument(
        "--line", action="append", default=[], metavar="[NAME=]x1,y1,x2,y2", help="may be given several times"
    )
    command.add_argument(
        "--zone", action="append", default=[], metavar="[NAME=]x,y,x,y,…", help="may be given several times"
    )
    command.add_argument(
        "--anchor", choices=("foot", "centre"), default="foot",
        help="the point of a box that counts: middle of its bottom edge (default), or its centre",
    )  # fmt: skip
    command.add_argument(
        "--margin", type=float, default=0.1, metavar="SHARE",
        help="how far beyond a border a target must be to have crossed it, in square roots of its box's area"
        " (default .1); more if trembling boxes are counted twice",
    )  # fmt: skip
    command.add_argument("--every", type=int, metavar="FRAMES", help="length of an interval; default: 1 s")
    command.add_argument("--fps", type=float, help="frames a second, with --tracks; without it, no seconds")
    command.add_argument("--remember", action="store_true", help="keep the lines and zones in the project")
    command.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder to write")
    command.set_defaults(run=_stats)


def _stats(arguments: argparse.Namespace) -> None:
    from workbench.services.statistics_files import write_statistics

    if (arguments.project is None) == (arguments.tracks is None):
        raise UserError("Name either a project or a file with --tracks.")
    for name in ("every", "fps", "margin"):
        value = getattr(arguments, name)
        if value is not None and not (value > 0 or (value == 0 and name == "margin")):
            raise UserError(f"--{name} must be above 0, not {value:g}.")
    regions = _regions(arguments)
    found = _of_tracks(arguments, regions) if arguments.tracks else _of_project(arguments, regions)
    files = write_statistics(found, arguments.out, every=arguments.every)
    print(_summary(found))
    print(f"{arguments.out}: {', '.join(path.name for path in files)}")


def _of_tracks(arguments: argparse.Namespace, regions: Sequence[Region]) -> Statistics:
    from workbench.services.statistics import measure_file

    if arguments.remember:
        raise UserError("--remember keeps lines and zones in a project; --tracks has none.")
    return finish(measure_file(arguments.tracks, regions, fps=arguments.fps, margin=arguments.margin))


def _of_project(arguments: argparse.Namespace, regions: Sequence[Region]) -> Statistics:
    from workbench.services.regions import remember_regions
    from workbench.services.statistics import measure_video

    with open_project(arguments.project, read_only=not arguments.remember) as project:
        video = video_id(project, arguments.video)
        found = finish(measure_video(project, video, regions=regions or None, margin=arguments.margin))
        if arguments.remember:
            remember_regions(project, video, found.regions)
    return found


def _regions(arguments: argparse.Namespace) -> list[Region]:
    from workbench.core.regions import Anchor, Kind, Region
    from workbench.services.regions import free_name

    regions: list[Region] = []
    for kind, texts in ((Kind.LINE, arguments.line), (Kind.ZONE, arguments.zone)):
        for text in texts:
            name, given, numbers = text.rpartition("=")
            name = name if given else free_name(kind, regions)
            regions.append(Region(name, kind, _points(numbers, text, kind), Anchor(arguments.anchor)))
    return regions


def _points(numbers: str, text: str, kind: str) -> tuple[tuple[float, float], ...]:
    try:
        values = [float(number) for number in numbers.split(",")]
        return tuple(zip(values[::2], values[1::2], strict=True))
    except ValueError:
        raise UserError(
            f"--{kind} {text}: give points as x,y,x,y in pixels, with a dot in fractions."
        ) from None


def _summary(found: Statistics) -> str:
    tracks = len(set(found.boxes.tracks.tolist()))
    things = ((found.frame_count, "frame"), (tracks, "track"), (len(found.boxes), "box"))
    lines = [", ".join(counted(count, thing) for count, thing in things)]
    for name, line in found.lines.items():
        came, went = line.so_far()
        lines.append(f"{name}: {came} in, {went} out")
    for name, zone in found.zones.items():
        frames = zone.stops - zone.starts
        mean = f", {frames.mean():.1f} frames each" if len(frames) else ""
        lines.append(
            f"{name}: {zone.entries()} came in, {zone.exits()} went out, {counted(len(frames), 'stay')}{mean}"
        )
    return "\n".join(lines)
