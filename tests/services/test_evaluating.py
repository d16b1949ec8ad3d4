import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import FormatError, UserError
from workbench.services.evaluating import evaluate, evaluate_single_target

MADE = Path(__file__).resolve().parents[1] / "data" / "scores" / "made"
REFERENCE = json.loads((MADE.parent / "trackeval.json").read_text(encoding="utf-8"))["figures"]["made"]
TRUTH, TRACKS = MADE / "crossing" / "gt" / "gt.txt", MADE / "crossing.txt"


def result(steps):
    """The value of a generator that is driven to its end."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


@pytest.fixture
def data_set(tmp_path):
    """Two sequences that are alike, and their tracks."""
    for name in ("a", "b"):
        shutil.copytree(MADE / "crossing", tmp_path / "gt" / name)
        (tmp_path / "found").mkdir(exist_ok=True)
        shutil.copy(TRACKS, tmp_path / "found" / f"{name}.txt")
    return tmp_path / "gt", tmp_path / "found"


@pytest.mark.parametrize("truth", [TRUTH, TRUTH.parents[1]])
def test_files_have_the_figures_of_the_reference(truth):
    figures = result(evaluate(truth, TRACKS)).figures()["crossing"]
    assert {k: figures[k] for k in REFERENCE["crossing"]} == pytest.approx(REFERENCE["crossing"], abs=1e-9)


def test_a_data_set_has_each_sequence_and_all_together(data_set):
    found = result(evaluate(*data_set))
    figures = found.figures()
    assert list(figures) == ["a", "b", "all"]
    assert figures["all"]["IDSW"] == 2 * figures["a"]["IDSW"] > 0
    assert figures["all"]["HOTA"] == pytest.approx(figures["a"]["HOTA"])
    assert list(result(evaluate(*data_set, only=["b"])).sequences) == ["b"]


def test_a_sequence_without_its_file_is_named(data_set):
    truth, found = data_set
    (found / "b.txt").unlink()
    with pytest.raises(UserError, match=r"no b\.txt"):
        result(evaluate(truth, found))
    with pytest.raises(UserError, match="no sequence c; it has a, b"):
        result(evaluate(truth, found, only=["c"]))
    with pytest.raises(UserError, match="nothing to score"):
        result(evaluate(found.parent, found))
    with pytest.raises(UserError, match="two files or two folders"):
        result(evaluate(TRUTH, found))
    with pytest.raises(UserError, match="does not exist"):
        result(evaluate(truth, found / "nix"))


def test_detections_get_average_precision_only(tmp_path):
    lines = [line.split(",") for line in TRACKS.read_text().splitlines()]
    found = tmp_path / "det.txt"
    found.write_text("\n".join(",".join([f[0], "-1", *f[2:]]) for f in lines))
    scores = result(evaluate(TRUTH, found))
    assert set(scores.figures()["all"]) == {"AP", "AP50", "AP50_VOC"}
    assert scores.total.hota is None
    with pytest.raises(FormatError, match="no identities"):
        result(evaluate(found, TRACKS))


def test_no_tracks_at_all_are_misses_and_nan_is_null_in_json(tmp_path):
    empty = tmp_path / "empty.txt"
    empty.write_text("")
    assert result(evaluate(TRUTH, empty)).figures()["all"]["CLR_FN"] == 34
    nothing = result(evaluate(empty, empty)).as_dict()
    assert nothing["all"]["AP"] is None
    json.dumps(nothing, allow_nan=False)


def test_frames_behind_the_end_of_the_sequence_are_refused(tmp_path):
    tracks = tmp_path / "tracks.txt"
    tracks.write_text("17,1,0,0,5,5,1")
    with pytest.raises(FormatError, match="line 1: has a frame behind the last one, which is 16"):
        result(evaluate(TRUTH, tracks))


def test_other_formats_are_read_as_annotations(tmp_path):
    boxes = tmp_path / "target.txt"
    boxes.write_text("10,10,20,20\nnan,nan,nan,nan\n12,10,20,20\n")
    figures = result(evaluate(boxes, boxes, file_format="boxes")).figures()["all"]
    assert (figures["HOTA"], figures["CLR_TP"]) == (1.0, 2)
    with pytest.raises(UserError, match="cannot be read"):
        result(evaluate(boxes, boxes, file_format="lasot"))


def test_one_target_in_files_and_in_folders(tmp_path):
    truth, found = tmp_path / "gt", tmp_path / "found"
    found.mkdir()
    for name, shift in (("a", 0.0), ("b", 30.0)):
        (truth / name).mkdir(parents=True)
        (truth / name / "groundtruth.txt").write_text("10,10,20,20\n0,0,0,0\n12,10,20,20\n")
        (found / f"{name}.txt").write_text(f"{10 + shift},10,20,20\n1,1,5,5\n{12 + shift},10,20,20\n")
    scores = result(evaluate_single_target(truth, found))
    figures = scores.figures()
    assert figures["a"] == pytest.approx({"AUC": 20 / 21, "SR50": 1, "P20": 1, "NP": 1, "frames": 2})
    assert figures["b"] == pytest.approx({"AUC": 0, "SR50": 0, "P20": 0, "NP": 0, "frames": 2})
    assert figures["all"] == pytest.approx({"AUC": 10 / 21, "SR50": 0.5, "P20": 0.5, "NP": 0.5, "frames": 4})
    assert scores.as_dict()["all"] == figures["all"]
    (found / "b.txt").write_text("1,1,5,5\n")
    with pytest.raises(UserError, match="b: 1 predicted box cannot"):
        result(evaluate_single_target(truth, found))


def test_panels_show_the_errors_where_they_happened(data_set):
    scores = result(evaluate(*data_set))
    curves, *bars = scores.panels()
    assert [name.split()[0] for name in curves.curves] == ["HOTA", "DetA", "AssA", "LocA"]
    assert [bar.title for bar in bars[:3]] == ["a: identity switches", "a: misses", "a: false positives"]
    figures = scores.figures()["a"]
    assert [bar.counts.sum() for bar in bars[:3]] == [figures[k] for k in ("IDSW", "CLR_FN", "CLR_FP")]
    assert np.flatnonzero(bars[0].counts)[0] == 7  # where the two cross
