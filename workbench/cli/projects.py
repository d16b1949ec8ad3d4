"""``workbench export | import | info | demo``: projects without a window."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from workbench.cli.console import finish, open_project, video_id
from workbench.core.errors import UserError


def add_export(commands: Any) -> None:
    """``workbench export``: write a project's boxes in another format."""
    command = commands.add_parser("export", help="write a project's boxes in another format")
    command.add_argument("project", type=Path)
    command.add_argument(
        "--format", required=True, help="mot-challenge, coco, lasot, got-10k, otb, boxes or a plugin's"
    )
    command.add_argument("--out", type=Path, required=True, help="folder to write")
    command.add_argument("--video", help="name of the video; needed where the project has several")
    command.add_argument("--start", type=int, help="first frame, from 0")
    command.add_argument("--stop", type=int, help="the frame after the last one")
    command.add_argument("--images", action="store_true", help="write the pictures too")
    command.add_argument("--replace", action="store_true", help="replace what an earlier export left there")
    command.set_defaults(run=_export)


def add_import(commands: Any) -> None:
    """``workbench import``: read boxes from another format into a project, as one edit."""
    command = commands.add_parser("import", help="read boxes from another format into a project")
    command.add_argument("project", type=Path)
    command.add_argument("file", type=Path)
    command.add_argument(
        "--format", help="mot-challenge, coco, boxes or a plugin's; recognised by itself if left out"
    )
    command.add_argument("--video", help="name of the video; needed where the project has several")
    command.set_defaults(run=_import)


def add_info(commands: Any) -> None:
    """``workbench info``: print what a project or a video holds."""
    command = commands.add_parser("info", help="say what a project or a video holds")
    command.add_argument("path", type=Path)
    command.set_defaults(run=_info)


def add_demo(commands: Any) -> None:
    """``workbench demo``: make the demo project and print where it is."""
    command = commands.add_parser("demo", help="make the demo project and say where it is")
    command.add_argument(
        "folder", type=Path, nargs="?", help="where to make it (default: among the user's data)"
    )
    command.set_defaults(run=_demo)


def _export(arguments: argparse.Namespace) -> None:
    from workbench.formats.folder import earlier_export
    from workbench.services.exporting import export
    from workbench.services.plugin_formats import all_formats

    earlier = "" if arguments.replace else earlier_export(arguments.out)
    if earlier:
        raise UserError(
            f"{arguments.out} holds an export already ({earlier}); choose another folder, or add --replace."
        )
    with open_project(arguments.project, read_only=True) as project:
        steps = export(
            project,
            video_id(project, arguments.video),
            arguments.format,
            arguments.out,
            start=arguments.start,
            stop=arguments.stop,
            images=arguments.images,
            formats=all_formats(),
        )
        print(finish(steps))


def _import(arguments: argparse.Namespace) -> None:
    from workbench.services.importing import import_file
    from workbench.services.plugin_formats import all_formats

    with open_project(arguments.project) as project:
        video = video_id(project, arguments.video)
        steps = import_file(project, video, arguments.format, arguments.file, formats=all_formats())
        print(finish(steps))


def _info(arguments: argparse.Namespace) -> None:
    from workbench.services.info import describe

    print(describe(arguments.path))


def _demo(arguments: argparse.Namespace) -> None:
    from workbench.services.demo import make_demo
    from workbench.services.projects import demo_folder

    print(finish(make_demo(arguments.folder or demo_folder())))
