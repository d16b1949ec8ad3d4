"""``workbench train``: a training in a folder of its own, followed until it ends."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import UserError

if TYPE_CHECKING:
    from workbench.training.events import Event


def add_train(commands: Any) -> None:
    """``workbench train``: train a network in a job of its own, or go on with one."""
    command = commands.add_parser("train", help="train a model, or go on with a training that was stopped")
    command.add_argument("kind", help="atom, or module:function of your own")
    command.add_argument(
        "--config", type=Path, required=True, metavar="FILE", help="TOML file with tables [task] and [train]"
    )
    command.add_argument(
        "--out", type=Path, metavar="JOB", help="folder of the training (default: the file's name with .job)"
    )
    command.set_defaults(run=_train)


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
