"""MOTChallenge as its readers take it: TrackEval, FairMOT's converter, Datumaro."""

from __future__ import annotations

import configparser
import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.made import PERSON, annotations, box_table, finished, pictures, two_tracks
from workbench.core.annotations import AnnotatedTrack, VideoFacts
from workbench.formats.clips import Clip
from workbench.formats.mot_challenge import MotOptions, write
from workbench.formats.mot_challenge_read import MotReadOptions, read


def trackeval_rows(path: Path, timesteps: int) -> dict[int, np.ndarray]:
    """Rows by frame, read and refused as TrackEval does: sniffed dialect, frames 1 to seqLength, ids once."""
    text = path.read_text()
    rows: dict[str, list[list[str]]] = {}
    if text:
        dialect = csv.Sniffer().sniff(text[:10240])
        dialect.skipinitialspace = True
        for row in csv.reader(text.splitlines(), dialect):
            rows.setdefault(row[0], []).append(row[:-1] if row[-1] == "" else row)
    invalid = set(rows) - {str(t + 1) for t in range(timesteps)}
    assert not invalid, f"invalid timesteps {invalid}"
    frames = {int(t): np.asarray(r, dtype=float) for t, r in rows.items()}
    for data in frames.values():
        ids = data[:, 1].astype(int)
        assert len(np.unique(ids)) == len(ids), "the same id more than once in a frame"
    return frames


def fairmot_labels(gt: Path, seqinfo: str) -> list[tuple[int, int, float, float, float, float]]:
    """(frame, running identity, cx, cy, w, h) as gen_labels makes them; class 1 and mark 1 only."""
    width = int(seqinfo[seqinfo.find("imWidth=") + 8 : seqinfo.find("\nimHeight")])
    height = int(seqinfo[seqinfo.find("imHeight=") + 9 : seqinfo.find("\nimExt")])
    assert int(seqinfo[seqinfo.find("frameRate") + 10 : seqinfo.find("\nseqLength")]) > 0
    labels, last, current = [], -1, 0
    for fid, tid, x, y, w, h, mark, label, _ in np.loadtxt(gt, dtype=np.float64, delimiter=","):
        if mark == 0 or label != 1:
            continue
        if tid != last:
            current, last = current + 1, tid
        labels.append((int(fid), current, (x + w / 2) / width, (y + h / 2) / height, w / width, h / height))
    return labels


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    finished(write(tmp_path, [Clip(two_tracks(), pictures(10))]))
    return tmp_path / "train" / "clip"


def test_trackeval_reads_the_ground_truth(exported: Path) -> None:
    frames = trackeval_rows(exported / "gt" / "gt.txt", 10)
    assert sorted(frames) == [1, 2, 3, 4, 6]
    np.testing.assert_array_equal(frames[1], [[1, 7, 1.5, 2.25, 10.1, 20, 1, 1, 1]])
    np.testing.assert_array_equal(
        frames[3], [[3, 3, 50, 40, 14, 8, 1, 2, 1], [3, 7, 1 / 3, 2, 10, 20, 1, 1, 1]]
    )
    np.testing.assert_array_equal(frames[6], [[6, 7, 30, 20, 8, 9, 1, 1, 0.5]])


def test_fairmot_finds_one_identity_a_track(tmp_path: Path) -> None:
    rows = [{"frame": f, "track": t, "box": (t, f, 5, 5)} for f in range(10) for t in range(3)]
    tracks = tuple(AnnotatedTrack(n, "person") for n in (4, 2, 9))
    finished(write(tmp_path, [Clip(annotations(rows, tracks=tracks))]))
    folder = tmp_path / "train" / "clip"
    labels = fairmot_labels(folder / "gt" / "gt.txt", (folder / "seqinfo.ini").read_text())
    assert {identity for _, identity, *_ in labels} == {1, 2, 3}
    assert len(labels) == 30


def test_seqinfo_has_the_seven_keys_in_order(exported: Path) -> None:
    parser = configparser.ConfigParser()
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(exported / "seqinfo.ini")
    assert list(parser["Sequence"].items()) == [
        ("name", "clip"),
        ("imDir", "img1"),
        ("frameRate", "25"),
        ("seqLength", "10"),
        ("imWidth", "64"),
        ("imHeight", "48"),
        ("imExt", ".jpg"),
    ]


def test_every_frame_has_its_picture(exported: Path) -> None:
    import cv2

    names = sorted(p.name for p in (exported / "img1").iterdir())
    assert names == [f"{n:06d}.jpg" for n in range(1, 11)]
    assert abs(int(cv2.imread(str(exported / "img1" / "000004.jpg"))[0, 0, 0]) - 30) <= 2


def test_labels_name_the_classes_in_order(exported: Path) -> None:
    assert (exported / "gt" / "labels.txt").read_text() == "person\ntraffic light - big\n"


def test_reading_back_gives_the_same_boxes(exported: Path) -> None:
    source = two_tracks()
    back, report = read(exported)
    kept = source.boxes[~source.boxes["outside"]]
    expected = [(*row[:6], None, row[7]) for row in box_table(replace(source, boxes=kept))]
    expected[1] = (3, 3, 50.0, 40.0, 14.0, 8.0, None, False)  # clipped to the image
    assert box_table(back) == expected
    assert {t.number: t.category for t in back.tracks} == {7: "person", 3: "traffic light - big"}
    assert back.video == VideoFacts("clip", 64, 48, 10, 25.0)
    assert not report.findings


def test_report_counts_what_was_clipped_and_left_out(tmp_path: Path) -> None:
    rows = [
        {"frame": 0, "track": 0, "box": (-5, 0, 10, 10)},
        {"frame": 1, "track": 0, "box": (100, 0, 10, 10)},
        {"frame": 2, "track": 0, "box": (1, 1, 0, 10)},
        {"frame": 3, "track": 0, "box": (np.nan, 1, 1, 10)},
        {"frame": 4, "track": 0, "box": (1, 1, 5, 5)},
        {"frame": 4, "track": 0, "box": (2, 2, 5, 5)},
        {"frame": 10, "track": 0, "box": (1, 1, 5, 5)},
        {"frame": 6, "track": 0, "box": (1, 1, 5, 5), "outside": True},
    ]
    report = finished(write(tmp_path, [Clip(annotations(rows))]))
    assert (report.boxes, report.count("clipped"), report.count("left out")) == (2, 1, 6)
    text = (tmp_path / "report.txt").read_text()
    assert "2 boxes of 1 track written" in text
    assert "Clipped 1 box: reached over the edge of the picture." in text
    assert (tmp_path / "train/clip/gt/gt.txt").read_text() == "1,7,0,0,5,10,1,1,1\n5,7,1,1,5,5,1,1,1\n"


def test_unclipped_specification_coordinates(tmp_path: Path) -> None:
    clip = Clip(annotations([{"frame": 0, "track": 0, "box": (-5.5, 0, 10, 10)}]))
    report = finished(write(tmp_path, [clip], options=MotOptions(clip=False, coordinate_base=1)))
    assert (tmp_path / "train/clip/gt/gt.txt").read_text() == "1,7,-4.5,1,10,10,1,1,1\n"
    assert "Coordinates count from 1; the right edge is left + width, not included." in report.conventions
    back, _ = read(tmp_path / "train" / "clip", options=MotReadOptions(coordinate_base=1))
    assert back.boxes["x"].tolist() == [-5.5]


def test_result_file_is_sorted_by_frame_and_has_ten_columns(tmp_path: Path) -> None:
    report = finished(write(tmp_path, [Clip(two_tracks())], options=MotOptions(kind="result")))
    lines = (tmp_path / "clip.txt").read_text().splitlines()
    assert lines[0] == "1,7,1.5,2.25,10.1,20,0.125,-1,-1,-1"
    assert [line.split(",")[:2] for line in lines[2:4]] == [["3", "3"], ["3", "7"]]
    assert set(report.files) == {"clip.txt", "report.txt", "report.json"}
    back, _ = read(tmp_path / "clip.txt")
    assert box_table(back)[2][6] == 0.125


def test_video_without_boxes_round_trips(tmp_path: Path) -> None:
    finished(write(tmp_path, [Clip(annotations([]))]))
    assert trackeval_rows(tmp_path / "train/clip/gt/gt.txt", 10) == {}
    back, _ = read(tmp_path / "train" / "clip")
    assert len(back.boxes) == 0
    assert back.video.frame_count == 10


def test_a_stretch_starts_at_frame_1_and_says_so(tmp_path: Path) -> None:
    report = finished(write(tmp_path, [Clip(two_tracks().between(2, 6))]))
    assert sorted(trackeval_rows(tmp_path / "train/clip/gt/gt.txt", 4)) == [1, 2, 4]
    assert "Note: frame 1 of the files is frame 2 of clip, counted from 0." in str(report)


def test_identities_below_1_or_twice_get_free_numbers(tmp_path: Path) -> None:
    tracks = (AnnotatedTrack(0, "person"), AnnotatedTrack(5, "person"), AnnotatedTrack(5, "person"))
    rows = [{"frame": 0, "track": t, "box": (t, 0, 5, 5)} for t in range(3)]
    finished(write(tmp_path, [Clip(annotations(rows, tracks=tracks))]))
    assert sorted(trackeval_rows(tmp_path / "train/clip/gt/gt.txt", 10)[1][:, 1]) == [5, 6, 7]


coordinate = st.floats(0, 60, allow_subnormal=False)
size = st.floats(0.001, 3, allow_subnormal=False)


@settings(max_examples=40, deadline=None)
@given(boxes=st.lists(st.tuples(coordinate, coordinate, size, size), min_size=1, max_size=8))
def test_any_float_reads_back_exactly(tmp_path_factory: pytest.TempPathFactory, boxes) -> None:
    target = tmp_path_factory.mktemp("mot")
    rows = [{"frame": f, "track": 0, "box": box} for f, box in enumerate(boxes)]
    source = annotations(rows, tracks=(PERSON,))
    finished(write(target, [Clip(source)], options=MotOptions(clip=False)))
    back, _ = read(target / "train" / "clip")
    assert box_table(back) == box_table(source)
    trackeval_rows(target / "train/clip/gt/gt.txt", 10)
