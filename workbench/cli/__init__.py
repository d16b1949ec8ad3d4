"""The program without a window: the same services, driven by a plain loop.

One file a group of commands. Nothing heavy is imported until a command needs it, so that ``--help`` answers
at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench import __version__
from workbench.cli import (
    detect,
    evaluate,
    models,
    plugins,
    projects,
    review,
    runs,
    simulate,
    stats,
    track,
    train,
)
from workbench.core.errors import WorkbenchError

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
        track.add_track,
        runs.add_run,
        detect.add_detect,
        projects.add_export,
        projects.add_import,
        projects.add_info,
        projects.add_demo,
        review.add_review,
        evaluate.add_evaluate,
        stats.add_stats,
        simulate.add_simulate,
        track.add_trackers,
        plugins.add_plugins,
        models.add_models,
        train.add_train,
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
