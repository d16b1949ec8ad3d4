"""``workbench models``: the library of weights."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from workbench.cli.console import finish


def add_models(commands: Any) -> None:
    """``workbench models``: list, add, check or fetch weights of networks."""
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


def _models(arguments: argparse.Namespace) -> None:
    from workbench.services.model_listing import describe_model, list_models
    from workbench.services.models import user_library

    library = user_library()
    if arguments.action == "list":
        print(list_models(library.entries()))
    elif arguments.action == "info":
        print(describe_model(library.find(arguments.name)))
    elif arguments.action == "verify":
        print(f"{arguments.name} is as it was added: {finish(library.verify(arguments.name))}")
    elif arguments.action == "remove":
        library.remove(arguments.name)
        print(f"{arguments.name} was removed from the library")
    else:
        adds = arguments.action == "add"
        steps = library.add(arguments.file, name=arguments.name) if adds else library.download(arguments.name)
        print(describe_model(finish(steps)))
