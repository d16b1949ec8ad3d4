"""``workbench run``: detect and track everything in a video, or track what a file or a run detected."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.cli.arguments import frames, names, share
from workbench.cli.console import check_folder, clear_line, open_project, shown, video_id
from workbench.core.errors import UserError
from workbench.core.plurals import counted
from workbench.core.progress import Progress

if TYPE_CHECKING:
    from workbench.core.parameters import Parameter
    from workbench.services.run_detecting import RunFrame
    from workbench.services.run_detectors import RunDetectors
    from workbench.services.run_ending import Outcome
    from workbench.services.run_options import RunOptions
    from workbench.store import Project, Run

NO_DETECTOR = "Name a detector with --detector; 'workbench run --list' shows them."
DESCRIPTION = """\
Find everything in a video and say who is who. What a run finds is kept while it runs: the same command again
goes on with a run that was stopped (Ctrl-C) or killed. In a project a run is a layer: it keeps what a person
made or verified, with the identities, and replaces earlier runs only; one that is done there detects nothing
anew.
"""


def add_run(commands: Any) -> None:
    """``workbench run``: detect and track everything in a video, as a layer of its project."""
    command = commands.add_parser(
        "run", help="detect and track everything in a video", description=DESCRIPTION
    )
    add = command.add_argument
    add("source", type=Path, nargs="?", metavar="VIDEO|PROJECT", help="or a folder of images")
    add("--detector", default="", metavar="NAME|FILE", help="see --list; or a file of weights")
    add("--tracker", default=None, metavar="NAME", help="see --list (default: offline)")
    add("--detections", type=Path, metavar="FILE", help="track what a MOTChallenge file detected")
    add("--detections-of", type=int, metavar="RUN", help="track what a run of the project detected, again")
    add("--out", type=Path, metavar="FILE", help="write the tracks as MOTChallenge results")
    add("--project", type=Path, help="put the tracks into this project; made if it is not there")
    add("--video", help="name of the video; needed where the project has several")
    add("--range", type=frames, default=(None, None), metavar="a:b", help="from frame a up to, not with, b")
    add("--classes", type=names, default=(), metavar="NAME,...", help="only these (default: all)")
    add(
        "--threshold",
        type=share,
        help="least score of detections that take part (default: 0.4 for offline, all for others)",
    )
    add(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the detector or the tracker; write tracker.NAME=VALUE where both have it",
    )
    add("--device", default="auto", help="of a network: auto, cpu, cuda, ... (default auto)")
    add("--seed", type=int, default=0, help="seed of everything random (default 0)")
    add(
        "--resume", action="store_true", help="go on with the project's last run that did not come to its end"
    )
    add("--fresh", action="store_true", help="begin anew where a run could go on, or is done already")
    add("--list", action="store_true", help="list detectors and trackers with their parameters, and leave")
    command.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    from workbench.services.detecting import Detectors
    from workbench.services.run_detectors import RunDetectors

    if arguments.list:
        _list()
        return
    home = _home(arguments)
    detectors = RunDetectors(Detectors(device=arguments.device))
    if arguments.out is not None:
        check_folder(arguments.out)
    elif home is None:
        raise UserError("Say where the tracks are to go: --out FILE, --project PROJECT.wbp, or both.")
    if home is not None and not home.exists():
        _check(arguments, detectors)
    with ExitStack() as opened:
        project = None if home is None else opened.enter_context(_project(home, arguments))
        steps = _steps(arguments, project, detectors)
        try:
            for _ in shown(steps, _line):
                pass
        except KeyboardInterrupt:
            steps.close()  # keeps what was found
            raise


def _check(arguments: argparse.Namespace, detectors: RunDetectors) -> None:
    """Refuse what cannot be run before a project is made for it, so that nothing empty is left."""
    from workbench.video import open_video

    if arguments.source is None or arguments.detections_of is not None:
        raise UserError(
            f"{arguments.project} does not exist; name a project that does, or a video for a new one."
        )
    _unfinished(arguments, None)
    options = _options(arguments, detectors)
    if arguments.detections is None:
        if not options.detector:
            raise UserError(NO_DETECTOR)
        detectors.check(options.detector)
    with open_video(arguments.source):
        pass


def _home(arguments: argparse.Namespace) -> Path | None:
    """The project that gets the tracks, if any."""
    from workbench.services.projects import is_project

    if arguments.source is not None and not arguments.source.exists():
        raise UserError(f"{arguments.source} does not exist; name a video, a folder of images or a project.")
    if arguments.project is None and arguments.source is not None and is_project(arguments.source):
        return Path(arguments.source)
    return arguments.project  # type: ignore[no-any-return]


def _project(home: Path, arguments: argparse.Namespace) -> Project:
    """The project, made if it is not there, with the video in it."""
    from workbench.services.projects import add_media, create_project

    project = open_project(home) if home.exists() else create_project(home)
    if arguments.source is not None and arguments.source != home:
        arguments.video = add_media(project, arguments.source).name
    return project


def _steps(
    arguments: argparse.Namespace, project: Project | None, detectors: RunDetectors
) -> Generator[Any, None, Outcome]:
    """The generator that does what was asked for."""
    from workbench.services.run_again import track_again, track_file, track_file_in
    from workbench.services.run_options import options_of
    from workbench.services.running import run, run_file

    def keep(outcome: Outcome) -> None:
        _keep(outcome, arguments.out)

    earlier = _unfinished(arguments, project)
    options = _options(arguments, detectors) if earlier is None else options_of(earlier)
    if arguments.detections_of is not None:
        if project is None:
            raise UserError("--detections-of names a run of a project; name the project, too.")
        return track_again(project, arguments.detections_of, options, keep=keep)
    if arguments.detections is not None:
        if project is None:
            return track_file(arguments.detections, options, keep=keep)
        video = video_id(project, arguments.video)
        return track_file_in(project, video, arguments.detections, options, keep=keep)
    if not options.detector:
        raise UserError(NO_DETECTOR)
    if project is not None:
        video, on = video_id(project, arguments.video), None if earlier is None else earlier.id
        return run(project, video, options, detectors=detectors, on=on, keep=keep)
    if arguments.source is None:
        raise UserError("Name the video to run on, or a file of detections with --detections.")
    folder = arguments.out.with_name(f"{arguments.out.name}.run")
    return run_file(arguments.source, options, detectors=detectors, folder=folder, keep=keep)


def _unfinished(arguments: argparse.Namespace, project: Project | None) -> Run | None:
    """The run that is to go on, if one is."""
    from workbench.services.running import unfinished

    if not arguments.resume or arguments.detector:
        return None
    runs = [] if project is None else unfinished(project, video_id(project, arguments.video))
    if not runs:
        raise UserError("There is no run that could go on; name a project with one, or a detector.")
    return runs[0]


def _options(arguments: argparse.Namespace, detectors: RunDetectors) -> RunOptions:
    from workbench.services.multi_trackers import DEFAULT, find_multi_tracker
    from workbench.services.run_options import RunOptions

    tracker = arguments.tracker or DEFAULT
    with_detector = arguments.detector and arguments.detections is None and arguments.detections_of is None
    of_detector, of_tracker = _settings(
        arguments.set,
        detectors.parameters(arguments.detector) if with_detector else (),
        find_multi_tracker(tracker).parameters,
    )
    return RunOptions(
        detector=arguments.detector,
        tracker=tracker,
        start=arguments.range[0] or 0,
        stop=arguments.range[1],
        classes=arguments.classes,
        threshold=arguments.threshold,
        detector_settings=of_detector,
        tracker_settings=of_tracker,
        seed=arguments.seed,
        resume=not arguments.fresh,
    )


def _settings(
    given: Sequence[str], detector: Sequence[Parameter], tracker: Sequence[Parameter]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Values of the detector's and of the tracker's parameters, as they were typed."""
    from workbench.core.parameters import parse_settings

    sides: dict[str, list[str]] = {"detector": [], "tracker": []}
    known = {"detector": {p.name for p in detector}, "tracker": {p.name for p in tracker}}
    for setting in given:
        side, dot, rest = setting.partition(".")
        if dot and side in sides:
            sides[side].append(rest)
            continue
        name = setting.partition("=")[0].strip().replace("-", "_")
        having = [side for side, its in known.items() if name in its]
        if len(having) > 1:
            raise UserError(f"Both have a parameter {name}; write detector.{setting} or tracker.{setting}.")
        if not having:
            parse_settings([*detector, *tracker], [setting])
        sides[having[0]].append(setting)
    return parse_settings(detector, sides["detector"]), parse_settings(tracker, sides["tracker"])


def _keep(outcome: Outcome, out: Path | None) -> None:
    """Write the file, and say what came of the run."""
    from workbench.services.run_files import clear
    from workbench.services.track_files import write_tracks

    for problem in outcome.problems:
        print(f"workbench: {problem}", file=sys.stderr)
    count, boxes = len(set(outcome.tracks.ids.tolist())), counted(len(outcome.tracks), "box")
    said = f"{counted(count, 'track')}, {boxes} in the frames {outcome.start}:{outcome.stop}"
    if outcome.repeated:
        said += ", all of which had been looked at before (--fresh looks again)"
    elif outcome.resumed:
        said += f", of which {outcome.resumed} were looked at before"
    if out is not None:
        write_tracks(out, outcome.tracks)
        said += f", written to {out}"
        if outcome.run_id is None and outcome.state == "done":
            clear(out.with_name(f"{out.name}.run"))
    if outcome.stored is not None:
        stored = outcome.stored
        came = counted(stored.boxes, "box") + (
            f" and {counted(stored.poses, 'pose')}" if stored.poses else ""
        )
        said += f"; run {outcome.run_id}: {came} stored"
        said += f" in {counted(stored.tracks, 'track')} ({stored.inherited} of them there before), "
        said += counted(stored.kept, "box kept as it was", "boxes kept as they were")
        if stored.replaced:
            said += f", {stored.replaced} of earlier runs replaced"
    clear_line()
    print(said)


def _line(item: Progress | RunFrame) -> str:
    if isinstance(item, Progress):
        return item.text if item.total is None else f"{item.text} {item.done}/{item.total}"
    left = f"{item.seconds_left // 60:.0f}:{item.seconds_left % 60:02.0f}"
    pace = f"{item.rate:.1f} a second, {left} left"
    return f"frame {item.frame}  {item.done}/{item.total}  {pace}  {counted(len(item.ids), 'track')}"


def _list() -> None:
    from workbench.services.multi_trackers import DEFAULT, multi_trackers
    from workbench.services.run_detectors import RunDetectors

    print("Detectors (--detector):")
    for info in RunDetectors().list():
        _show(f"{info.name}: {info.title}. {info.description}", info.parameters)
        if info.fault:
            print(f"      cannot be used: {info.fault}")
    print("\nTrackers (--tracker):")
    for tracker in multi_trackers():
        mark = " (default)" if tracker.name == DEFAULT else ""
        _show(f"{tracker.name}{mark}: {tracker.title}. {tracker.description}", tracker.parameters)


def _show(head: str, parameters: Sequence[Parameter]) -> None:
    print(f"  {head}")
    for parameter in parameters:
        default = "has to be set" if parameter.required else parameter.default
        print(f"      {parameter.name} [{default}]: {parameter.text} ({parameter.wanted})")
