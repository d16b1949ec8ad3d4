"""Equal to TrackEval and pycocotools, whose figures ``write_reference.py`` wrote."""

import json

import pytest

from tests.metrics.made_tracks import FIGURES, SEQUENCES, cases, read
from tests.shared import MOT
from workbench.metrics.average_precision import average_precision, found_as_coco
from workbench.metrics.clear import clear
from workbench.metrics.hota import hota
from workbench.metrics.identity import identity
from workbench.metrics.sequence import TrackRows, prepare

EXPECTED = json.loads(FIGURES.read_text(encoding="utf-8"))["figures"]


def rows(table, *, truth=False):
    made = TrackRows.of(table[:, 0], table[:, 1], table[:, 2:6])
    seventh = {"counted": table[:, 6] != 0} if truth else {"scores": table[:, 6]}
    return TrackRows(made.frames, made.ids, made.boxes, **seventh)


def measured(truth, predicted):
    pair = prepare(rows(truth, truth=True), rows(predicted))
    return hota(pair), clear(pair), identity(pair), average_precision(found_as_coco(pair))


def figures(parts):
    return {name: value for part in parts for name, value in part.figures().items()}


def test_made_tracks():
    made = FIGURES.parent / "made"
    *parts, _ = measured(read(made / "crossing" / "gt" / "gt.txt"), read(made / "crossing.txt"))
    assert figures(parts) == pytest.approx(EXPECTED["made"]["crossing"], abs=1e-9)


@pytest.mark.skipif(not MOT.is_dir(), reason="the shared sequences are not here")
@pytest.mark.parametrize("case", ["disturbed", "linked"])
def test_shared_sequences_each_and_together(case):
    total = None
    for name in SEQUENCES:
        *parts, precision = measured(read(MOT / name / "gt" / "gt.txt"), cases(MOT / name)[case])
        both = figures(parts) | {"AP": precision.mean(), "AP50": precision[0]}
        assert both == pytest.approx(EXPECTED[case][name], abs=1e-9), name
        total = parts if total is None else [a + b for a, b in zip(total, parts, strict=True)]
    assert figures(total) == pytest.approx(EXPECTED[case]["all"], abs=1e-9)
