"""``workbench evaluate``: score tracks against ground truth."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.cli.console import check_folder, finish
from workbench.core.errors import UserError

COUNTS = ("IDSW", "Frag", "MT", "PT", "ML", "CLR_FP", "CLR_FN", "frames")
TRACK_COLUMNS = (
    *("HOTA", "DetA", "AssA", "LocA", "MOTA", "MOTP", "IDF1", "IDP", "IDR"),
    *("IDSW", "Frag", "MT", "ML", "CLR_FP", "CLR_FN", "AP50", "AP"),
)
TARGET_COLUMNS = ("AUC", "SR50", "P20", "NP", "frames")
LEGEND = "Shares in per cent; CLR_FP and CLR_FN are false positives and misses, IDSW identity switches."
TARGET_LEGEND = "In per cent: success AUC, success at .5, precision at 20 pixels, normalised precision AUC."


def add_evaluate(commands: Any) -> None:
    """``workbench evaluate``: score tracks against ground truth and print the figures."""
    command = commands.add_parser(
        "evaluate",
        help="score tracks against ground truth",
        description="Score tracks: HOTA, CLEAR, identity, average precision; with --sot success and"
        " precision. MOTChallenge files are taken by the rules of MOT15: ground truth whose seventh column is"
        " 0 is left out, classes are ignored. Detections without identities get average precision only.",
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
    command.add_argument(
        "--sot", action="store_true", help="the files are boxes of one target, x,y,w,h a frame"
    )
    command.add_argument("--format", default="mot-challenge", help="mot-challenge (default) or coco")
    command.add_argument("--sequences", default="", metavar="A,B", help="only these; default: all")
    command.add_argument("--json", action="store_true", help="print JSON, shares from 0 to 1")
    command.add_argument("--plot", type=Path, metavar="SVG", help="draw HOTA and the errors over time")
    command.set_defaults(run=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> None:
    from workbench.services.evaluating import evaluate, evaluate_single_target
    from workbench.services.plots import write_plot
    from workbench.services.projects import is_project

    for path in (arguments.gt, arguments.pred):
        if is_project(path):
            raise UserError(
                f"{path} is a project; export its tracks first: "
                f"workbench export {path} --format mot-challenge --out FOLDER"
            )
    only = [name for name in arguments.sequences.split(",") if name]
    if arguments.plot and arguments.sot:
        raise UserError("--plot draws the scores of many targets; leave out --sot or --plot.")
    if arguments.plot:
        check_folder(arguments.plot)
    if arguments.sot:
        single = finish(evaluate_single_target(arguments.gt, arguments.pred, only=only))
        _show(single.figures(), single.as_dict(), TARGET_COLUMNS, TARGET_LEGEND, as_json=arguments.json)
        return
    scores = finish(evaluate(arguments.gt, arguments.pred, file_format=arguments.format, only=only))
    if arguments.plot:
        write_plot(arguments.plot, scores.panels())
    _show(scores.figures(), scores.as_dict(), TRACK_COLUMNS, LEGEND, as_json=arguments.json)


def _show(
    figures: Mapping[str, Mapping[str, float]],
    whole: Mapping[str, Any],
    columns: Sequence[str],
    legend: str,
    *,
    as_json: bool,
) -> None:
    if as_json:
        print(json.dumps(whole, indent=2))
        return
    shown = [column for column in columns if column in figures["all"]]
    rows = [["", *shown]]
    for name, values in figures.items():
        if name != "all" or len(figures) > 2:
            rows.append([name, *(_cell(column, values[column]) for column in shown)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join([row[0].ljust(widths[0]), *cells]))
    print(legend)


def _cell(column: str, value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.0f}" if column in COUNTS else f"{100 * value:.2f}"
