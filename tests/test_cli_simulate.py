"""``workbench simulate`` in this process."""

import json

import numpy as np

from tests.review.made import crossing, swapped
from workbench.__main__ import main


def written(path, rows):
    """A file of MOTChallenge of (N, 7) track, frame, x, y, w, h, score."""
    table = np.column_stack([rows[:, 1] + 1, rows[:, 0], rows[:, 2:7]])
    np.savetxt(path, table, fmt="%g", delimiter=",")
    return str(path)


def test_the_cost_of_an_exchange_is_told(tmp_path, capsys):
    rows = np.concatenate(crossing())
    files = ["--gt", written(tmp_path / "gt.txt", rows)]
    files += ["--pred", written(tmp_path / "made.txt", swapped(rows, 1, 2, 50))]
    assert main(["simulate", *files, "--plot", str(tmp_path / "cost.svg")]) == 0
    head, row, *_ = capsys.readouterr().out.splitlines()
    assert "split and merge" in head
    assert "2/2" in row
    assert (tmp_path / "cost.svg").read_text(encoding="utf-8").startswith("<svg")
    assert main(["simulate", *files, "--json"]) == 0
    (figures,) = json.loads(capsys.readouterr().out).values()
    assert figures["switches_shown"] == [2, 2]
    assert figures["curves"]["split and merge"][-1][0] == 4


def test_a_missing_file_is_one_sentence(tmp_path, capsys):
    assert main(["simulate", "--gt", str(tmp_path / "none.txt"), "--pred", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
