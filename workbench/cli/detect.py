"""``workbench detect``: what a network finds in an image or a video."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.arguments import frames, names, share
from workbench.cli.console import check_folder, shown
from workbench.core.errors import UserError
from workbench.core.plurals import counted
from workbench.core.progress import Progress

if TYPE_CHECKING:
    from workbench.core.detections import Detections
    from workbench.services.detecting import DetectedFrame, DetectOutcome, Steps


def add_detect(commands: Any) -> None:
    """``workbench detect``: find objects in an image or a video and write them to a file."""
    command = commands.add_parser("detect", help="find objects in an image or a video and write them")
    command.add_argument("source", type=Path, metavar="IMAGE|VIDEO", help="or a folder of images")
    command.add_argument(
        "--model",
        required=True,
        metavar="NAME|FILE",
        help="of the library, a file of weights, or a plugin's detector (see 'workbench plugins')",
    )
    command.add_argument(
        "--frames", type=frames, default=(None, None), metavar="a:b", help="from frame a up to, not with, b"
    )
    command.add_argument("--threshold", type=share, default=0.3, help="least score (default 0.3)")
    command.add_argument(
        "--classes", type=names, default=(), metavar="NAME,...", help="only these (default: all)"
    )
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of a plugin's detector; may be repeated",
    )
    command.add_argument(
        "--format",
        choices=("json", "coco"),
        default="json",
        help="json: all that was found, by frame; coco: what COCO's evaluation reads, where image_id "
        "is the number in an image's name, or else the frame counted from 1",
    )
    command.add_argument("--device", default="auto", help="auto, cpu, cuda, ... (default auto)")
    command.add_argument("--out", type=Path, required=True, help="file to write")
    command.set_defaults(run=_detect)


def _detect(arguments: argparse.Namespace) -> None:
    from workbench.core.parameters import parse_settings
    from workbench.services.detecting import DetectedFrame, DetectOptions, Detectors, detect

    check_folder(arguments.out)
    if not arguments.source.exists():
        raise UserError(f"{arguments.source} does not exist; name an image, a folder of images or a video.")
    detectors = Detectors(device=arguments.device)
    choice = detectors.plugin(arguments.model)
    settings = parse_settings(choice.parameters if choice else (), arguments.set)
    steps = detect(
        arguments.source,
        arguments.model,
        detectors=detectors,
        start=arguments.frames[0] or 0,
        stop=arguments.frames[1],
        options=DetectOptions(arguments.threshold, arguments.classes, settings=settings),
    )
    found: list[DetectedFrame] = []
    outcome: list[DetectOutcome] = []
    try:
        for item in shown(_kept(steps, outcome), _line):
            if isinstance(item, DetectedFrame):
                found.append(item)
    except KeyboardInterrupt:
        _write(arguments, found)
        print(f"workbench: {counted(len(found), 'frame')} so far written to {arguments.out}", file=sys.stderr)
        raise
    _write(arguments, found)
    for problem in outcome[0].problems:
        print(f"workbench: {problem}", file=sys.stderr)
    print(
        f"{counted(outcome[0].found, 'object')} in {counted(len(found), 'frame')} written to {arguments.out}"
    )


def _kept(steps: Steps, outcome: list[DetectOutcome]) -> Any:
    outcome.append((yield from steps))


def _line(item: Progress | DetectedFrame) -> str:
    if isinstance(item, Progress):
        return item.text
    return f"frame {item.frame}  {item.done}/{item.total}  {counted(len(item.detections), 'object')}"


def _write(arguments: argparse.Namespace, found: list[DetectedFrame]) -> None:
    from workbench.formats.coco_results import write_coco_results
    from workbench.formats.detections import write_detections

    classes = found[0].classes if found else ()
    if arguments.format == "coco":
        write_coco_results(arguments.out, _by_image_id(arguments.source, found), classes=classes)
        return
    by_frame = ((f.frame, f.detections) for f in found)
    write_detections(
        arguments.out,
        by_frame,
        classes=classes,
        source=arguments.source.name,
        model=Path(arguments.model).name,
    )


def _by_image_id(source: Path, found: list[DetectedFrame]) -> list[tuple[int, Detections]]:
    """Image ids as COCO has them: the number that is an image's name; else the frame counted from 1."""
    numbered = source.is_file() and source.stem.isdigit()
    return [(int(source.stem) if numbered else f.frame + 1, f.detections) for f in found]
