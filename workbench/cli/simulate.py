"""``workbench simulate``: measure what correcting the identities of tracks costs simulated annotators."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.console import check_folder, finish

if TYPE_CHECKING:
    from workbench.services.identity_cost import IdentityCost

LEGEND = (
    "Actions until IDF1 is within a hundredth of what the boxes allow. Events are what CLEAR counts: identity"
    " switches and fragmentations; those that the queue shows, and of its first 20 items those that are true."
)


def add_simulate(commands: Any) -> None:
    """``workbench simulate``: measure what correcting the identities of tracks costs simulated annotators."""
    command = commands.add_parser(
        "simulate",
        help="what it costs to correct the identities of tracks",
        description="Let simulated annotators, who have the ground truth, correct the identities of tracks:"
        " one works the queue of issues, one the same by sheets, others repair what they meet in time order"
        " with the operations of other tools. Reads files of MOTChallenge.",
    )
    command.add_argument(
        "--gt",
        type=Path,
        required=True,
        metavar="PATH",
        help="ground truth: a file, a sequence, or a folder of sequences (NAME/gt/gt.txt)",
    )
    command.add_argument(
        "--pred", type=Path, required=True, metavar="PATH", help="tracks: a file, or a folder with NAME.txt"
    )
    command.add_argument("--sequences", default="", metavar="A,B", help="only these; default: all")
    command.add_argument("--plot", type=Path, metavar="SVG", help="draw IDF1 and HOTA against actions")
    command.add_argument("--json", action="store_true", help="print everything as JSON")
    command.set_defaults(run=_simulate)


def _simulate(arguments: argparse.Namespace) -> None:
    from workbench.services.identity_cost import identity_costs
    from workbench.services.plots import write_plot

    if arguments.plot:
        check_folder(arguments.plot)
    only = [name for name in arguments.sequences.split(",") if name]
    costs = finish(identity_costs(arguments.gt, arguments.pred, only=only))
    if arguments.plot:
        write_plot(arguments.plot, [cost.panel(name) for name, cost in costs.items()])
    if arguments.json:
        print(json.dumps({name: cost.figures() for name, cost in costs.items()}, indent=2))
    else:
        _show(costs)


def _show(costs: Mapping[str, IdentityCost]) -> None:
    rows: list[list[str]] = []
    for name, cost in costs.items():
        needed = cost.actions()
        if not rows:
            rows.append(["", "items", "switches", "fragments", "true", *needed])
        counts = ["{}/{}".format(*pair) for pair in (cost.switches, cost.fragments, cost.first)]
        actions = ["never" if n is None else str(n) for n in needed.values()]
        rows.append([name, str(cost.items), *counts, *actions])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join([row[0].ljust(widths[0]), *cells]))
    print(LEGEND)
