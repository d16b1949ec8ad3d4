"""``workbench plugins``: which there are, what they bring, and what is wrong with them."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.services.plugin_code import Plugin


def add_plugins(commands: Any) -> None:
    """``workbench plugins``: list the plugins, what they bring, and what is wrong with them."""
    command = commands.add_parser(
        "plugins", help="list plugins, what they bring, and what is wrong with them"
    )
    command.add_argument(
        "--quick", action="store_true", help="run none of their code; says less of what is wrong"
    )
    command.add_argument("--parameters", metavar="NAME", help="list what can be set of one thing they bring")
    command.set_defaults(run=_plugins)


def _plugins(arguments: argparse.Namespace) -> None:
    from workbench.services.plugin_finding import user_plugins
    from workbench.services.plugins import find_plugins

    plugins = find_plugins()
    if arguments.parameters:
        _list_parameters(arguments.parameters)
        return
    if not arguments.quick:
        plugins.check()
    for plugin in plugins.all:
        print(_line(plugin))
        for brought in plugin.contributions:
            print(f"    {brought.point} {brought.name}: {brought.description}")
        if plugin.reason:
            print(f"    {plugin.reason}")
    print(f"Your own plugins belong into {user_plugins()}")


def _line(plugin: Plugin) -> str:
    version = f" {plugin.manifest.version}" if plugin.manifest else ""
    return f"{plugin.name}{version} ({plugin.state}, {plugin.origin}): {plugin.folder}"


def _list_parameters(name: str) -> None:
    from workbench.core.errors import UserError
    from workbench.services.plugins import choices_named

    found = choices_named(name)
    if not found:
        raise UserError(f"No plugin brings a detector, tracker or rule {name!r}; see 'workbench plugins'.")
    for parameter in (p for choice in found for p in choice.parameters):
        default = "has to be set" if parameter.required else f"default {parameter.default}"
        print(f"{parameter.name} ({parameter.wanted}; {default}): {parameter.text}")
