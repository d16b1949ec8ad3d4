"""Scoring tracks against ground truth: files or whole data sets, many targets or one.

Figures over several sequences are those of all their boxes and tracks together, as the reference evaluator
has them; for single targets they are the mean over sequences, as the benchmarks do it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from workbench.core.annotations import Annotations, xywh
from workbench.core.errors import FormatError, UserError
from workbench.core.progress import Progress
from workbench.formats import boxes as box_files
from workbench.formats.mot_challenge_rows import read_rows, read_sequence_length
from workbench.formats.registry import find_format
from workbench.metrics.sequence import TrackRows
from workbench.metrics.single_target import score
from workbench.services.scores import Evaluation, SingleTargetEvaluation, TrackScores, score_tracks

MOT_CHALLENGE = "mot-challenge"
Places: TypeAlias = Mapping[str, tuple[Path, Path]]


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
        name = _name_of(truth)
        if only and name not in only:
            raise UserError(f"{truth} is the sequence {name}, and not {', '.join(only)}.")
        return {name: (truth, predicted)}
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


def _sequences_in(folder: Path) -> dict[str, Path]:
    """Ground truth by the name of its sequence: NAME/gt/gt.txt, NAME/groundtruth.txt, or else NAME.txt."""
    if (folder / "gt" / "gt.txt").is_file():  # the folder is a sequence itself
        return {folder.resolve().name: folder / "gt" / "gt.txt"}
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


def read_truth(path: Path, *, frame_count: int | None = None) -> TrackRows:
    """Ground truth of a MOTChallenge file; rows whose seventh column is 0 do not count.

    Raises:
        FormatError: it is no such file, or has no identities.
    """
    true = read_rows(path, frame_count=frame_count)
    if not true.has_identities:
        raise FormatError("has no identities (all are -1), so it is not ground truth of tracks", path)
    return TrackRows(true.frames, true.ids, true.boxes, counted=true.seventh != 0)


def _read_mot(truth: Path, predicted: Path) -> TrackScores:
    count = read_sequence_length(truth.parent.parent) if truth.parent.name == "gt" else None
    rows, found = read_truth(truth, frame_count=count), read_rows(predicted, frame_count=count)
    tracks = TrackRows(found.frames, found.ids, found.boxes, found.seventh)
    return score_tracks(rows, tracks, frame_count=count, identities=found.has_identities)


def _reader(file_format: str) -> Callable[[Path, Path], TrackScores]:
    """Reads two files by way of annotations; what the format mends is mended."""
    known = find_format(file_format)
    if known.read is None:
        raise UserError(f"{known.title} cannot be read; choose another format.")
    read = known.read

    def scored(truth: Path, predicted: Path) -> TrackScores:
        sides = [read(path)[0] for path in (truth, predicted)]
        return score_tracks(_rows_of(sides[0]), _rows_of(sides[1]))

    return scored


def _rows_of(annotations: Annotations) -> TrackRows:
    boxes = annotations.boxes[~annotations.column("outside")]
    numbers = np.array([track.number for track in annotations.tracks], np.int64)
    scores = np.where(np.isnan(boxes["score"]), 1.0, boxes["score"])
    return TrackRows(boxes["frame"], numbers[boxes["track"]], xywh(boxes), scores)


def _read_boxes(path: Path) -> NDArray[np.float64]:
    """(frames, 4) of a box file; NaN where it has none."""
    annotations, _ = box_files.read(path)
    boxes = np.full((annotations.video.frame_count, 4), np.nan)
    boxes[annotations.column("frame")] = xywh(annotations.boxes)
    return boxes
