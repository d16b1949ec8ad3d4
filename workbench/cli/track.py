"""``workbench track``: follow one target; ``workbench trackers``: with what."""

from __future__ import annotations

import argparse
import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from workbench.cli.console import check_folder, shown
from workbench.core.boxes import Box
from workbench.core.errors import UserError
from workbench.core.plurals import counted

if TYPE_CHECKING:
    from workbench.services.tracking import TrackedFrame

LOST: Box = (math.nan, math.nan, math.nan, math.nan)


def add_track(commands: Any) -> None:
    """``workbench track``: follow one target through a video and write its boxes."""
    command = commands.add_parser("track", help="follow one target through a video and write its boxes")
    command.add_argument("video", type=Path, help="a video file or an image folder")
    command.add_argument(
        "--box",
        type=_box,
        required=True,
        metavar="x,y,w,h",
        help="where the target is, in pixels; write --box=-5,... when it begins with a minus",
    )
    command.add_argument("--frame", type=int, default=0, help="the frame of the box, from 0 (default 0)")
    command.add_argument("--backward", action="store_true", help="track towards the first frame")
    command.add_argument(
        "--tracker", default=None, metavar="NAME", help="see 'workbench trackers', or a checkpoint"
    )
    command.add_argument("--seed", type=_seed, default=0, help="seed of everything random (default 0)")
    command.add_argument(
        "--out", type=Path, required=True, help="file to write: x,y,w,h a line, nan where lost"
    )
    command.set_defaults(run=_track)


def add_trackers(commands: Any) -> None:
    """``workbench trackers``: list the trackers that can follow a box."""
    command = commands.add_parser("trackers", help="list the trackers that can follow a box")
    command.set_defaults(run=_trackers)


def _track(arguments: argparse.Namespace) -> None:
    from workbench.formats.boxes import write_boxes
    from workbench.services.plugins import find_tracker
    from workbench.services.tracking import PassOptions, Target, follow
    from workbench.video import open_video

    check_folder(arguments.out)
    threads = max((os.cpu_count() or 2) - 1, 1)  # one is left to the decoding
    make = find_tracker(arguments.tracker, seed=arguments.seed, threads=threads)
    boxes = [arguments.box]
    with open_video(arguments.video) as reader:
        count, first = reader.info.frame_count, arguments.frame
        if not 0 <= first < count:
            raise UserError(f"Frame {first} is not in {arguments.video}, which has frames 0 to {count - 1}.")
        step: Literal[1, -1] = -1 if arguments.backward else 1
        steps = follow(
            reader.frames(first, step=step),
            [Target(0, first, arguments.box)],
            make,
            total=first if arguments.backward else count - 1 - first,
            options=PassOptions(direction=step, give_up_after=None),
        )
        try:
            for frame in shown(steps, _tracking_line):
                # a line for every frame, also for a damaged one that the reader left out
                missing = abs(frame.frame - first) - len(boxes)
                boxes += [LOST] * missing if frame.boxes else []
                boxes += [b.box if b.found else LOST for b in frame.boxes]
        except KeyboardInterrupt:
            write_boxes(arguments.out, boxes)
            lines = counted(len(boxes), "line")
            print(f"workbench: {lines} so far written to {arguments.out}", file=sys.stderr)
            raise
        finally:
            steps.close()  # before the reader, from which a thread of its own reads ahead
        for problem in reader.problems:
            print(f"workbench: {problem}", file=sys.stderr)
        boxes += [LOST] * ((first + 1 if arguments.backward else count - first) - len(boxes))
    write_boxes(arguments.out, boxes)
    lost = sum(box is LOST for box in boxes)
    print(f"{counted(len(boxes), 'line')} written to {arguments.out}, {lost} of them lost")


def _trackers(_: argparse.Namespace) -> None:
    from workbench.services.plugins import trackers

    for info in trackers():
        mark = " (default)" if info.default else ""
        print(f"{info.name}{mark}: {info.title}. {info.description}")


def _tracking_line(item: TrackedFrame) -> str:
    scores = " ".join(f"{b.score:.2f}{'' if b.found else ' lost'}" for b in item.boxes)
    return f"frame {item.frame}  {item.done}/{item.total}  {scores}"


def _seed(text: str) -> int:
    if not text.isdigit() or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {2**63 - 1}")
    return int(text)


def _box(text: str) -> Box:
    try:
        x, y, w, h = (float(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not x,y,w,h in pixels, such as 120,80,64,48"
        ) from error
    if not all(map(math.isfinite, (x, y, w, h))) or w <= 0 or h <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} needs four finite numbers, width and height above 0")
    return (x, y, w, h)
