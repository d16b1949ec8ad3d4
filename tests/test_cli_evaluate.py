"""``workbench evaluate`` in this process."""

import json
from pathlib import Path

from workbench.__main__ import main

MADE = Path(__file__).resolve().parent / "data" / "scores" / "made"
REFERENCE = json.loads((MADE.parent / "trackeval.json").read_text(encoding="utf-8"))["figures"]["made"]
BOTH = ["--gt", str(MADE), "--pred", str(MADE)]


def test_the_table_has_the_figures_in_per_cent(capsys):
    assert main(["evaluate", *BOTH]) == 0
    head, row, *_ = capsys.readouterr().out.splitlines()
    shown = dict(zip(head.split(), row.split()[1:], strict=True))
    expected = REFERENCE["crossing"]
    assert shown["HOTA"] == f"{100 * expected['HOTA']:.2f}"
    assert shown["IDSW"] == f"{expected['IDSW']:.0f}"


def test_json_has_them_as_shares_with_the_curves(capsys):
    assert main(["evaluate", *BOTH, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert abs(printed["sequences"]["crossing"]["IDF1"] - REFERENCE["crossing"]["IDF1"]) < 1e-9
    assert len(printed["curves"]["HOTA"]) == len(printed["curves"]["thresholds"]) == 19


def test_a_plot_is_written(tmp_path, capsys):
    assert main(["evaluate", *BOTH, "--plot", str(tmp_path / "p.svg")]) == 0
    assert (tmp_path / "p.svg").read_text(encoding="utf-8").startswith("<svg")


def test_a_malformed_file_is_one_sentence(tmp_path, capsys):
    bad = tmp_path / "bad.txt"
    bad.write_text("1,1,0,0,5,5,1\n1,1,0,0,6,6,1\n")
    assert main(["evaluate", "--gt", str(MADE / "crossing"), "--pred", str(bad)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "bad.txt, line 2" in captured.err


def test_one_target(tmp_path, capsys):
    boxes = tmp_path / "boxes.txt"
    boxes.write_text("10,10,20,20\n12,10,20,20\n")
    assert main(["evaluate", "--sot", "--gt", str(boxes), "--pred", str(boxes)]) == 0
    assert "95.24  100.00  100.00  100.00       2" in capsys.readouterr().out
    assert main(["evaluate", "--sot", "--plot", "p.svg", "--gt", str(boxes), "--pred", str(boxes)]) == 1


def test_what_cannot_be_scored_is_one_sentence(tmp_path, capsys):
    (tmp_path / "p.wbp").mkdir()
    truth = str(MADE / "crossing" / "gt" / "gt.txt")
    assert main(["evaluate", "--gt", truth, "--pred", str(tmp_path / "p.wbp")]) == 1
    assert "is a project; export its tracks first" in capsys.readouterr().err
    assert main(["evaluate", "--gt", truth, "--pred", truth, "--sequences", "other"]) == 1
    assert "is the sequence crossing, and not other" in capsys.readouterr().err
