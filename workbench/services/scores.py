"""What an evaluation found: the scores of each sequence and of all together, as figures, JSON and a plot."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from workbench.metrics.average_precision import Found, average_precision, found_as_coco, found_as_voc
from workbench.metrics.clear import Clear, Events, clear, events
from workbench.metrics.hota import THRESHOLDS, Hota, hota
from workbench.metrics.identity import Identity, identity
from workbench.metrics.sequence import TrackRows, prepare
from workbench.metrics.single_target import SingleTargetScores
from workbench.services.plots import COLOURS, Bars, Curves


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
        curves = {
            f"{name} (mean {100 * np.mean(values):.1f})": (THRESHOLDS, np.array(values))
            for name, values in self.total.curves().items()
        }
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
    coco, voc = found_as_coco(pair), found_as_voc(pair)
    if not identities:
        return TrackScores(coco, voc)
    return TrackScores(coco, voc, hota(pair), clear(pair), identity(pair), events(pair))


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
