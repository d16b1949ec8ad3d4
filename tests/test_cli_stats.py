"""``workbench stats`` in this process."""

import csv
from pathlib import Path

import pytest

from tests.store.reference import add, box, new_project, track
from workbench.__main__ import main

TRACKS = Path(__file__).resolve().parent / "data" / "scores" / "made" / "crossing.txt"


@pytest.fixture
def walkers(tmp_path):
    """Two cross x = 50 to the right and one to the left, 10 frames."""
    rows = [
        (f + 1, t, x0 + v * f, 10, 10, 20)
        for t, x0, v in ((1, 5, 10), (2, 9, 10), (3, 91, -10))
        for f in range(10)
    ]
    path = tmp_path / "tracks.txt"
    path.write_text("".join(f"{f},{t},{x},{y},{w},{h},1,-1,-1,-1\n" for f, t, x, y, w, h in rows))
    return path


def test_tracks_are_counted_and_the_tables_written(walkers, tmp_path, capsys):
    out = tmp_path / "out"
    command = ["stats", "--tracks", str(walkers), "--fps", "10", "--out", str(out)]
    assert main([*command, "--line", "Door=50,90,50,0", "--zone", "40,0,60,0,60,90,40,90"]) == 0
    printed = capsys.readouterr().out
    assert "10 frames, 3 tracks, 30 boxes" in printed
    assert "Door: 2 in, 1 out" in printed
    assert "Zone 1: 3 came in, 3 went out" in printed
    with (out / "visits.csv").open() as file:
        stays = list(csv.DictReader(file))
    assert {row["seconds"] for row in stays} == {"0.200"}
    assert sorted(path.name for path in out.iterdir()) == [
        "counts.csv", "crossings.csv", "intervals.csv", "occupancy.csv", "statistics.svg", "visits.csv",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--line", "1,2,3"], "--line 1,2,3"),
        (["--line", "1,2,1,2"], "two different points"),
        (["--zone", "a=1,2,3,4"], "three different points"),
        (["--every", "0"], "--every must be above 0"),
        (["--remember"], "--remember keeps"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(words, said, walkers, tmp_path, capsys):
    assert main(["stats", "--tracks", str(walkers), "--out", str(tmp_path / "out"), *words]) == 1
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_project_is_counted_and_remembers_its_lines(tmp_path, capsys):
    path = tmp_path / "p.wbp"
    with new_project(path) as project:
        project.apply(add("Add", [track(1)], [box(1, f, x=10.0 * f) for f in range(20)]))
    command = ["stats", str(path), "--out", str(tmp_path / "out")]
    assert main([*command, "--line", "Door=100,400,100,0", "--remember"]) == 0
    assert "Door: 1 in, 0 out" in capsys.readouterr().out
    assert main([*command, "--anchor", "centre"]) == 0
    assert "Door: 1 in, 0 out" in capsys.readouterr().out
    with (tmp_path / "out" / "crossings.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row | {"frame": "9", "seconds": "0.360", "class": "person", "x": "100.00", "y": "60.00"} == row
