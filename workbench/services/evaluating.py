"""Scoring tracks against ground truth: files or whole data sets, many targets or one.

Figures over several sequences are those of all their boxes and tracks together, as the reference evaluator
has them; for single targets they are the mean over sequences, as the benchmarks do it.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from workbench.core.annotations import Annotations, xywh
from workbench.core.errors import FormatError, UserError
from workbench.core.progress import Progress
from workbench.formats import boxes as box_files
from workbench.formats.mot_challenge_rows import MotRows, read_rows, read_sequence_length
from workbench.formats.registry import find_format
from workbench.metrics import sequence as prepared
from workbench.metrics.average_precision import Found, average_precision, found_as_coco, found_as_voc
from workbench.metrics.clear import Clear, Events, clear, events
from workbench.metrics.hota import THRESHOLDS, Hota, hota
from workbench.metrics.identity import Identity, identity
from workbench.metrics.sequence import TrackRows, prepare
from workbench.metrics.single_target import SingleTargetScores, score
from workbench.services.plots import COLOURS, Bars, Curves

MOT_CHALLENGE = "mot-challenge"
Places: TypeAlias = Mapping[str, tuple[Path, Path]]


@dataclass(frozen=True, eq=False)
class TrackScores:
    """The scores of one sequence, or of several together.

    Args:
        hota, clear, identity: None for detections, which have no identities.
        coco, voc: of boxes whatever their identity.
        events: what went wrong in each frame; of one sequence only.
    """

    coco: Found
    voc: Found
    hota: Hota | None = None
    clear: Clear | None = None
    identity: Identity | None = None
    events: Events | None = None

    def __add__(self, other: TrackScores) -> TrackScores:
        return TrackScores(
            self.coco + other.coco,
            self.voc + other.voc,
            self.hota + other.hota if self.hota and other.hota else None,
            self.clear + other.clear if self.clear and other.clear else None,
            self.identity + other.identity if self.identity and other.identity else None,
        )

    def figures(self) -> dict[str, float]:
        """All figures by their usual names; shares in [0, 1], NaN where there is nothing to measure."""
        parts = [part.figures() for part in (self.hota, self.clear, self.identity) if part]
        coco = average_precision(self.coco)
        precision = {
            "AP": float(coco.mean()),
            "AP50": float(coco[0]),
            "AP50_VOC": float(average_precision(self.voc, method="voc")[0]),
        }
        return {name: value for part in [*parts, precision] for name, value in part.items()}

    def curves(self) -> dict[str, list[float]]:
        """HOTA and its parts at each threshold; empty for detections."""
        if self.hota is None:
            return {}
        parts = {"HOTA": self.hota.hota, "DetA": self.hota.det_a, "AssA": self.hota.ass_a}
        return {name: values.tolist() for name, values in (parts | {"LocA": self.hota.loc_a}).items()}


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The scores of each sequence by name, at least one, and of all together."""

    sequences: Mapping[str, TrackScores]

    @property
    def total(self) -> TrackScores:
        """Of all boxes and tracks together."""
        return reduce(add, self.sequences.values())

    def figures(self) -> dict[str, dict[str, float]]:
        """Figures by sequence, then those of "all"."""
        return {name: s.figures() for name, s in self.sequences.items()} | {"all": self.total.figures()}

    def as_dict(self) -> dict[str, Any]:
        """What ``--json`` writes: no NaN, which JSON lacks, but null."""
        figures = {name: _nullable(values) for name, values in self.figures().items()}
        curves = {"thresholds": THRESHOLDS.round(2).tolist()} | self.total.curves()
        return {"all": figures.pop("all"), "sequences": figures, "curves": curves}

    def panels(self) -> list[Curves | Bars]:
        """The plot: HOTA over thresholds, then for each sequence its errors over time."""
        curves = {name: (THRESHOLDS, np.array(values)) for name, values in self.total.curves().items()}
        result: list[Curves | Bars] = [Curves("HOTA over thresholds", "overlap of a match", curves)]
        for name, scores in self.sequences.items():
            result += _error_bars(name, scores.events) if scores.events else []
        return result


@dataclass(frozen=True, eq=False)
class SingleTargetEvaluation:
    """The scores of each sequence of one target by name, at least one."""

    sequences: Mapping[str, SingleTargetScores]

    def figures(self) -> dict[str, dict[str, float]]:
        """Figures by sequence, then their means and the sum of the frames as "all"."""
        each = {name: _single_figures(s) for name, s in self.sequences.items()}
        names = next(iter(each.values()))
        means = {n: float(np.mean([f[n] for f in each.values()])) for n in names}
        return each | {"all": means | {"frames": sum(s.frames for s in self.sequences.values())}}

    def as_dict(self) -> dict[str, Any]:
        """What ``--json`` writes."""
        figures: dict[str, Any] = self.figures()
        return {"all": figures.pop("all"), "sequences": figures}


def evaluate(
    truth: Path, predicted: Path, *, file_format: str = MOT_CHALLENGE, only: Sequence[str] = ()
) -> Generator[Progress, None, Evaluation]:
    """Score tracks of many targets.

    Args:
        truth: a file, or a folder of sequences in MOTChallenge's layout (NAME/gt/gt.txt).
        predicted: a file, or a folder with a file NAME.txt for each sequence.
        file_format: of both, a name of ``formats.registry``.
        only: names of sequences; empty = all that the ground truth has.

    Raises:
        FormatError: a file is not what its format says.
        UserError: a file is missing, or the two do not go together.
    """
    read = _read_mot if file_format == MOT_CHALLENGE else _reader(file_format)
    scores = {}
    places = find_sequences(truth, predicted, only=only)
    for done, (name, (true_file, found_file)) in enumerate(places.items()):
        yield Progress(done, len(places), f"Scoring {name}")
        scores[name] = read(true_file, found_file)
    return Evaluation(scores)


def evaluate_single_target(
    truth: Path, predicted: Path, *, only: Sequence[str] = ()
) -> Generator[Progress, None, SingleTargetEvaluation]:
    """Score the track of one target; files have a line x,y,w,h for each frame.

    Args:
        truth: a file, or a folder with NAME/groundtruth.txt or NAME.txt.
        predicted: a file, or a folder with NAME.txt.

    Raises:
        FormatError, UserError: as ``evaluate``.
    """
    scores = {}
    places = find_sequences(truth, predicted, only=only)
    for done, (name, (true_file, found_file)) in enumerate(places.items()):
        yield Progress(done, len(places), f"Scoring {name}")
        try:
            scores[name] = score(_read_boxes(found_file), _read_boxes(true_file))
        except UserError as error:
            raise UserError(f"{name}: {error}") from error
    return SingleTargetEvaluation(scores)


def score_tracks(
    truth: TrackRows, predicted: TrackRows, *, frame_count: int | None = None, identities: bool = True
) -> TrackScores:
    """Score the tracks of one video.

    Args:
        truth, predicted: the boxes.
        frame_count: frames of the video; None = up to the last box.
        identities: False = score the boxes only, whatever their identities.

    Raises:
        UserError: an identity has two boxes in a frame, or a box is behind the last frame.
    """
    if not identities:
        numbered = np.arange(len(predicted))
        predicted = TrackRows(predicted.frames, numbered, predicted.boxes, predicted.scores)
    pair = prepare(truth, predicted, frame_count=frame_count)
    boxes = found_as_coco(pair), found_as_voc(pair)
    return TrackScores(*boxes, *_identity_scores(pair)) if identities else TrackScores(*boxes)


def find_sequences(truth: Path, predicted: Path, *, only: Sequence[str] = ()) -> Places:
    """(ground truth, prediction) of each sequence by name, sorted.

    Raises:
        UserError: a folder is named on one side only, or a sequence or its file is missing.
    """
    for path in (truth, predicted):
        if not path.exists():
            raise UserError(f"{path} does not exist.")
    if truth.is_dir() and predicted.is_file():
        truth = _file_of(truth)
    if truth.is_file() and predicted.is_file():
        return {_name_of(truth): (truth, predicted)}
    if truth.is_file():
        raise UserError(f"{truth} is a file and {predicted} a folder; name two files or two folders.")
    found = _sequences_in(truth)
    names = list(only) or sorted(found)
    for name in names:
        if name not in found:
            raise UserError(f"{truth} has no sequence {name}; it has {', '.join(sorted(found)) or 'none'}.")
    missing = [name for name in names if not (predicted / f"{name}.txt").is_file()]
    if missing or not names:
        what = f"no {missing[0]}.txt" if missing else "nothing to score, for the ground truth has no sequence"
        raise UserError(f"{predicted} has {what}; each sequence of {truth} needs its file there.")
    return {name: (found[name], predicted / f"{name}.txt") for name in names}


def _identity_scores(pair: prepared.Sequence) -> tuple[Hota, Clear, Identity, Events]:
    return hota(pair), clear(pair), identity(pair), events(pair)


def _sequences_in(folder: Path) -> dict[str, Path]:
    """Ground truth by the name of its sequence: NAME/gt/gt.txt, NAME/groundtruth.txt, or else NAME.txt."""
    folders = {path.parent.parent.name: path for path in folder.glob("*/gt/gt.txt")}
    folders |= {path.parent.name: path for path in folder.glob("*/groundtruth.txt")}
    return folders or {path.stem: path for path in folder.glob("*.txt")}


def _file_of(sequence: Path) -> Path:
    for inside in ("gt/gt.txt", "groundtruth.txt"):
        if (sequence / inside).is_file():
            return sequence / inside
    raise UserError(f"{sequence} has neither gt/gt.txt nor groundtruth.txt; name the file of ground truth.")


def _name_of(truth: Path) -> str:
    if truth.parent.name == "gt" and truth.name == "gt.txt":
        return truth.parent.parent.resolve().name
    return truth.parent.resolve().name if truth.name == "groundtruth.txt" else truth.stem


def _read_mot(truth: Path, predicted: Path) -> TrackScores:
    count = read_sequence_length(truth.parent.parent) if truth.parent.name == "gt" else None
    true, found = (read_rows(path, frame_count=count) for path in (truth, predicted))
    rows = TrackRows(true.frames, true.ids, true.boxes, counted=true.seventh != 0)
    tracks = TrackRows(found.frames, found.ids, found.boxes, found.seventh)
    return score_tracks(rows, tracks, frame_count=count, identities=_identities(true, truth, found))


def _identities(true: MotRows, path: Path, found: MotRows) -> bool:
    if not true.has_identities:
        raise FormatError("has no identities (all are -1), so it is not ground truth of tracks", path)
    return found.has_identities


def _reader(file_format: str) -> Any:
    """Reads two files by way of annotations; what the format mends is mended."""
    known = find_format(file_format)
    if known.read is None:
        raise UserError(f"{known.title} cannot be read; choose another format.")
    read = known.read

    def scored(truth: Path, predicted: Path) -> TrackScores:
        sides = [read(path)[0] for path in (truth, predicted)]
        return score_tracks(*(_rows_of(side) for side in sides))

    return scored


def _rows_of(annotations: Annotations) -> TrackRows:
    boxes = annotations.boxes[~annotations.column("outside")]
    numbers = np.array([track.number for track in annotations.tracks], np.int64)
    scores = np.where(np.isnan(boxes["score"]), 1.0, boxes["score"])
    return TrackRows(boxes["frame"], numbers[boxes["track"]], xywh(boxes), scores)


def _read_boxes(path: Path) -> Any:
    """(frames, 4) of a box file; NaN where it has none."""
    annotations, _ = box_files.read(path)
    boxes = np.full((annotations.video.frame_count, 4), np.nan)
    boxes[annotations.column("frame")] = xywh(annotations.boxes)
    return boxes


def _single_figures(scores: SingleTargetScores) -> dict[str, float]:
    return {
        "AUC": scores.auc,
        "SR50": scores.success_at_half,
        "P20": scores.precision_at_20,
        "NP": scores.normalised_precision_auc,
        "frames": scores.frames,
    }


def _error_bars(name: str, happened: Events) -> list[Curves | Bars]:
    counted = {
        "identity switches": happened.switches,
        "misses": happened.misses,
        "false positives": happened.false_positives,
    }
    return [
        Bars(f"{name}: {what}", counts.astype(np.float64), COLOURS[number])
        for number, (what, counts) in enumerate(counted.items(), start=1)
    ]


def _nullable(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in values.items()}
