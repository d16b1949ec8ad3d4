"""``workbench review``: find errors of identity, list them, hand them out, and apply what comes back."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.arguments import count, share
from workbench.cli.console import check_folder, finish, open_project, video_id
from workbench.core.errors import UserError
from workbench.core.plurals import counted

if TYPE_CHECKING:
    from workbench.services.identities import Follower
    from workbench.store import Project


def add_review(commands: Any) -> None:
    """``workbench review``: find errors of identity, list them, and correct them from a file."""
    command = commands.add_parser("review", help="find errors of identity, and correct them from a file")
    command.add_argument("project", type=Path)
    command.add_argument("--video", help="name of the video; needed where the project has several")
    action = command.add_mutually_exclusive_group(required=True)
    action.add_argument("--find", action="store_true", help="look for errors and bring the queue up to date")
    action.add_argument("--list", action="store_true", help="list what is open, worth most first")
    action.add_argument(
        "--join", type=share, metavar="P", help="join all fragments whose links are at least so probable"
    )
    action.add_argument("--export", type=Path, metavar="FILE.json", help="write all items and their fixes")
    action.add_argument(
        "--apply",
        type=Path,
        metavar="FILE.json",
        help="carry out what a file decides (its items with a verdict: accepted, rejected or skipped)",
    )
    command.add_argument("--boxes-only", action="store_true", help="with --find: do not look at the pictures")
    command.add_argument("--limit", type=count, default=50, help="with --list: how many (default 50)")
    command.add_argument(
        "--seen",
        action="store_true",
        help="with --apply: a person has looked, so later runs keep the corrections",
    )
    command.add_argument(
        "--tracker", metavar="NAME", help="with --apply: extend tracks and fill gaps with it, see 'trackers'"
    )
    command.set_defaults(run=_review)


def _review(arguments: argparse.Namespace) -> None:
    if arguments.export is not None:
        check_folder(arguments.export)
    changes = arguments.find or arguments.apply is not None or arguments.join is not None
    with open_project(arguments.project, read_only=not changes) as project:
        video = video_id(project, arguments.video)
        if arguments.find:
            _find(project, video, look=not arguments.boxes_only)
        elif arguments.join is not None:
            _join(project, video, arguments.join)
        elif arguments.list:
            _list(project, video, arguments.limit)
        elif arguments.export is not None:
            _export(project, video, arguments.export)
        else:
            _apply(project, video, arguments)


def _find(project: Project, video: int, *, look: bool) -> None:
    from workbench.services.finding import find

    found = finish(find(project, video, look=look))
    for problem in found.problems:
        print(problem)
    print(found)


def _join(project: Project, video: int, least: float) -> None:
    from workbench.services import reviewing
    from workbench.services.joining import join_all, joins

    items = reviewing.queue(project, video)
    if not items:
        raise UserError("No issue is known; look for errors first, with --find.")
    wanted = joins(items, least)
    print(wanted)
    joined = finish(join_all(project, wanted))
    if joined.change:
        finish(project.apply_large(joined.change))
    if wanted.chains:
        print(f"{joined} Look for errors again to see what is left.")


def _list(project: Project, video: int, limit: int) -> None:
    from workbench.services import reviewing

    numbers = {track.id: f"#{track.number}" for track in project.tracks(video)}
    items = reviewing.queue(project, video)
    for item in items[:limit]:
        tracks = " ".join(numbers.get(t, "gone") for t in item.tracks)
        fix = "" if item.fix is None else f"  {item.fix.operation}"
        print(
            f"{item.id:6}  {item.kind:20} frame {item.frame:6}  {tracks:12} "
            f"{item.probability:4.0%} of {item.row.gain:6.0f} boxes{fix}"
        )
    told = reviewing.progress(project, video)
    print(
        f"{told.reviewed} reviewed, {told.remaining} remaining, "
        f"{told.expected_errors:.1f} errors expected among them"
    )


def _export(project: Project, video: int, path: Path) -> None:
    from workbench.services.proposals import exported, write_items

    data = exported(project, video)
    write_items(path, data)
    print(f"{counted(len(data['items']), 'item')} written to {path}")


def _apply(project: Project, video: int, arguments: argparse.Namespace) -> None:
    from workbench.services.applying import apply_file
    from workbench.services.identities import Manner
    from workbench.services.proposals import read_items

    follower = _follower(arguments.tracker)
    manner = Manner(seen=arguments.seen)
    done = finish(apply_file(project, video, arguments.apply, follower=follower, manner=manner))
    for one in done:
        print(f"item {one.place}: {'' if one.done else 'refused: '}{one.text}")
    refused = sum(not one.done for one in done)
    left = len(read_items(arguments.apply)["items"]) - len(done)
    print(f"{len(done) - refused} applied, {refused} refused, {left} left alone")
    if left and not done:
        print("Items without a verdict, or with the one they have, are left alone; to decide one, write")
        print("accepted, rejected or skipped as its verdict.")
    if done and refused == len(done):
        raise UserError(f"Nothing of {arguments.apply} could be applied.")


def _follower(name: str | None) -> Follower | None:
    if name is None:
        return None
    from workbench.services.identities import Follower
    from workbench.services.plugins import find_tracker

    return Follower(name, find_tracker(name))
