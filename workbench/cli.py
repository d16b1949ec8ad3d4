"""The program without a window: the same services, driven by a plain loop.

Nothing heavy is imported until a command needs it, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from workbench import __version__
from workbench.core.boxes import Box
from workbench.core.errors import UserError, WorkbenchError
from workbench.core.progress import Progress

if TYPE_CHECKING:
    from workbench.services.tracking import TrackedFrame
    from workbench.store import Project
    from workbench.training.events import Event

Result = TypeVar("Result")
LOST: Box = (math.nan, math.nan, math.nan, math.nan)

EPILOG = """\
With no command the window opens: workbench [VIDEO | IMAGE FOLDER | PROJECT.wbp]; with nothing named it
opens the demo project. Every command has its own --help.
"""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line; the first word is a command, or else what the window shall open."""
    parser = _parser()
    words = list(argv)
    names = set(parser.get_default("names"))
    asks_for_help = bool({"-h", "--help", "--version"} & set(words[:1]))
    if not asks_for_help and (not words or words[0] not in names):
        words.insert(0, "window")
    return parser.parse_args(words)


def run(arguments: argparse.Namespace) -> int:
    """Carry out a command.

    Returns:
        0 when done, 1 when it failed with a sentence on standard error, 130 when interrupted.
    """
    try:
        arguments.run(arguments)
    except WorkbenchError as error:
        print(f"workbench: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read our output has gone
        return 1
    except KeyboardInterrupt:
        print("workbench: stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="workbench",
        description="Make tracking data sets: draw a box, track it, fix it, export it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"Tracking Workbench {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for add in (
        _add_window,
        _add_track,
        _add_export,
        _add_import,
        _add_info,
        _add_demo,
        _add_trackers,
        _add_models,
        _add_train,
    ):
        add(commands)
    parser.set_defaults(names=tuple(commands.choices))
    return parser


def _add_window(commands: Any) -> None:
    command = commands.add_parser("window", help="open the window (what happens without a command)")
    command.add_argument("path", type=Path, nargs="?", help="a video, an image folder or a .wbp project")
    command.add_argument("--read-only", action="store_true", help="change nothing")
    command.add_argument(
        "--screenshot", type=Path, metavar="PNG", help="write a picture of the window and leave"
    )


def _add_track(commands: Any) -> None:
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


def _add_export(commands: Any) -> None:
    command = commands.add_parser("export", help="write a project's boxes in another format")
    command.add_argument("project", type=Path)
    command.add_argument("--format", required=True, help="mot-challenge, coco, lasot, got-10k, otb or boxes")
    command.add_argument("--out", type=Path, required=True, help="folder to write")
    command.add_argument("--video", help="name of the video; needed where the project has several")
    command.add_argument("--start", type=int, help="first frame, from 0")
    command.add_argument("--stop", type=int, help="the frame after the last one")
    command.add_argument("--images", action="store_true", help="write the pictures too")
    command.set_defaults(run=_export)


def _add_import(commands: Any) -> None:
    command = commands.add_parser("import", help="read boxes from another format into a project")
    command.add_argument("project", type=Path)
    command.add_argument("file", type=Path)
    command.add_argument("--format", help="mot-challenge or coco; recognised by itself if left out")
    command.add_argument("--video", help="name of the video; needed where the project has several")
    command.set_defaults(run=_import)


def _add_info(commands: Any) -> None:
    command = commands.add_parser("info", help="say what a project or a video holds")
    command.add_argument("path", type=Path)
    command.set_defaults(run=_info)


def _add_demo(commands: Any) -> None:
    command = commands.add_parser("demo", help="make the demo project and say where it is")
    command.add_argument(
        "folder", type=Path, nargs="?", help="where to make it (default: among the user's data)"
    )
    command.set_defaults(run=_demo)


def _add_trackers(commands: Any) -> None:
    command = commands.add_parser("trackers", help="list the trackers that can follow a box")
    command.set_defaults(run=_trackers)


def _add_models(commands: Any) -> None:
    command = commands.add_parser("models", help="weights of networks: what there is, add, check, fetch")
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    for action, argument, says in (
        ("list", None, "all models, and what they need"),
        ("add", "file", "copy a file of weights into the library"),
        ("info", "name", "all that is known of a model"),
        ("verify", "name", "compare a model's file with its checksum"),
        ("remove", "name", "delete the library's copy of a model"),
        ("download", "name", "fetch a published model; a stopped one is continued"),
    ):
        parser = actions.add_parser(action, help=says)
        if argument:
            parser.add_argument(argument, metavar=argument.upper(), type=Path if argument == "file" else str)
        if action == "add":
            parser.add_argument(
                "--name", help="what to call it (default: its name in the catalogue, or the file's)"
            )
    command.set_defaults(run=_models)


def _add_train(commands: Any) -> None:
    command = commands.add_parser("train", help="train a model, or go on with a training that was stopped")
    command.add_argument("kind", help="atom, or module:function of your own")
    command.add_argument(
        "--config", type=Path, required=True, metavar="FILE", help="TOML file with tables [task] and [train]"
    )
    command.add_argument(
        "--out", type=Path, metavar="JOB", help="folder of the training (default: the file's name with .job)"
    )
    command.set_defaults(run=_train)


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


def _track(arguments: argparse.Namespace) -> None:
    from workbench.formats.boxes import write_boxes
    from workbench.services.plugins import find_tracker
    from workbench.services.tracking import PassOptions, Target, follow
    from workbench.video import open_video

    _check_folder(arguments.out)
    make = find_tracker(arguments.tracker, seed=arguments.seed)
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
            for frame in _shown(steps, _tracking_line):
                # a line for every frame, also for a damaged one that the reader left out
                missing = abs(frame.frame - first) - len(boxes)
                boxes += [LOST] * missing if frame.boxes else []
                boxes += [b.box if b.found else LOST for b in frame.boxes]
        except KeyboardInterrupt:
            write_boxes(arguments.out, boxes)
            print(f"workbench: {len(boxes)} boxes so far were written to {arguments.out}", file=sys.stderr)
            raise
        for problem in reader.problems:
            print(f"workbench: {problem}", file=sys.stderr)
        boxes += [LOST] * ((first + 1 if arguments.backward else count - first) - len(boxes))
    write_boxes(arguments.out, boxes)
    lost = sum(box is LOST for box in boxes)
    print(f"{len(boxes)} lines written to {arguments.out}, {lost} of them lost")


def _check_folder(out: Path) -> None:
    """Say at once, not after a long job, that its result could not be written."""
    folder = out.absolute().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK) or out.is_dir():
        raise UserError(f"{out} cannot be written; name a file in a folder that exists and may be written.")


def _export(arguments: argparse.Namespace) -> None:
    from workbench.services.exporting import export

    with _open(arguments.project, read_only=True) as project:
        steps = export(
            project,
            _video_id(project, arguments.video),
            arguments.format,
            arguments.out,
            start=arguments.start,
            stop=arguments.stop,
            images=arguments.images,
        )
        print(_finish(steps))


def _import(arguments: argparse.Namespace) -> None:
    from workbench.services.importing import import_file

    with _open(arguments.project) as project:
        video_id = _video_id(project, arguments.video)
        print(_finish(import_file(project, video_id, arguments.format, arguments.file)))


def _info(arguments: argparse.Namespace) -> None:
    from workbench.services.info import describe

    print(describe(arguments.path))


def _demo(arguments: argparse.Namespace) -> None:
    from workbench.services.demo import make_demo
    from workbench.services.projects import demo_folder

    print(_finish(make_demo(arguments.folder or demo_folder())))


def _trackers(_: argparse.Namespace) -> None:
    from workbench.services.plugins import trackers

    for info in trackers():
        mark = " (default)" if info.default else ""
        print(f"{info.name}{mark}: {info.title}. {info.description}")


def _models(arguments: argparse.Namespace) -> None:
    from workbench.services.model_listing import describe_model, list_models
    from workbench.services.models import user_library

    library = user_library()
    if arguments.action == "list":
        print(list_models(library.entries()))
    elif arguments.action == "info":
        print(describe_model(library.find(arguments.name)))
    elif arguments.action == "verify":
        print(f"{arguments.name} is as it was added: {_finish(library.verify(arguments.name))}")
    elif arguments.action == "remove":
        library.remove(arguments.name)
        print(f"{arguments.name} was removed from the library")
    else:
        adds = arguments.action == "add"
        steps = library.add(arguments.file, name=arguments.name) if adds else library.download(arguments.name)
        print(describe_model(_finish(steps)))


def _train(arguments: argparse.Namespace) -> None:
    from workbench.services import training

    folder = arguments.out or Path(f"{arguments.config.stem}.job")
    job = training.start(arguments.config, folder, kind=arguments.kind)
    print(f"workbench: training in {folder}; Ctrl-C stops it and keeps what it has", file=sys.stderr)
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        if stopping:
            training.kill(job)
            return
        print("\nworkbench: stopping after this step; Ctrl-C again ends it at once", file=sys.stderr)
        training.cancel(job)
        stopping = True

    before = signal.signal(signal.SIGINT, stop)  # the training is in a group of its own and does not hear it
    try:
        for news in training.follow(job):
            _show_training(news.events)
    finally:
        signal.signal(signal.SIGINT, before)
    if news.state == "done":
        print(job.folder.weights)
    elif stopping:
        print(f"workbench: the same command goes on with the training in {folder}", file=sys.stderr)
        raise KeyboardInterrupt
    else:
        raise UserError(f"The training in {folder} ended early; output.txt there may say more.")


def _show_training(events: Iterable[Event]) -> None:
    """What happened as lines; on a terminal the last report is renewed in its place."""
    from workbench.training.events import Report, sentence

    watched = sys.stderr.isatty()
    for event in events:
        if isinstance(event, Report):
            if watched:
                print(f"\r\x1b[K{sentence(event)}", end="", file=sys.stderr, flush=True)
        else:
            print("\r\x1b[K" * watched + sentence(event), file=sys.stderr)


def _open(path: Path, *, read_only: bool = False) -> Project:
    from workbench.services.projects import open_path

    opened = open_path(path, read_only=read_only)
    for notice in opened.notices:
        print(f"workbench: {notice}", file=sys.stderr)
    return opened.project


def _video_id(project: Project, name: str | None) -> int:
    videos = project.videos()
    if name is not None:
        videos = [v for v in videos if v.name == name]
    if len(videos) != 1:
        known = ", ".join(v.name for v in project.videos()) or "none"
        raise UserError(f"{project.path} holds these videos: {known}; name one of them with --video.")
    return videos[0].id


def _finish(steps: Generator[Progress, None, Result]) -> Result:
    """Drive a long job to its end, showing progress where somebody watches."""
    result: list[Result] = []

    def keep() -> Generator[Progress, None, None]:
        result.append((yield from steps))

    for _ in _shown(keep(), lambda p: f"{p.text} {p.done}/{p.total or '?'}"):
        pass
    return result[0]


Item = TypeVar("Item")


def _shown(items: Iterable[Item], line: Callable[[Item], str]) -> Iterable[Item]:
    """Pass items on, with one line of progress on a terminal, renewed a few times a second."""
    watched = sys.stderr.isatty()
    last = 0.0
    for item in items:
        now = time.monotonic()
        if watched and now - last > 0.2:
            print(f"\r\x1b[K{line(item)}", end="", file=sys.stderr, flush=True)
            last = now
        yield item
    if watched:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _tracking_line(item: TrackedFrame) -> str:
    scores = " ".join(f"{b.score:.2f}{'' if b.found else ' lost'}" for b in item.boxes)
    return f"frame {item.frame}  {item.done}/{item.total}  {scores}"
