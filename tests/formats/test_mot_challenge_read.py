from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared import MOT
from workbench.core.annotations import VideoFacts
from workbench.core.errors import FormatError
from workbench.formats.mot_challenge_read import MotReadOptions, read

VIDEO = VideoFacts("clip", 640, 480, 10, 25.0)


@pytest.fixture
def file(tmp_path: Path):
    def make(text: str | bytes, name: str = "gt.txt") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return make


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (b"\x00\x01\xffMP4", None, "not a text file"),
        (b"1,1,1,1,1,1,1\n\xff\xfe\xfa", 2, "not text in UTF-8"),
        ("1;1;5;5;5;5;1\n", 1, "separated by ';'"),
        ("1 1 5 5 5 5 1\n", 1, "separated by ' '"),
        ("1\n", 1, "has no columns"),
        ("1,1,5,5,5\n", 1, "has 5 columns"),
        ("1,1,5,5,5,5,1,1,1,1,1\n", 1, "has 11 columns"),
        ("1,1,5,5,5,5,1\n\n2,1,5,5,5,5\n", 3, "has 6 columns"),
        ("1,1,5,5,5,5,1\n2,1,five,5,5,5,1\n", 2, "'five' is not a number"),
        ("1,1,5,,5,5,1\n", 1, "an empty field is not a number"),
        ("1,1,1_0,5,5,5,1\n", 1, "'1_0' is not a number"),
        ("1,1,nan,5,5,5,1\n", 1, "NaN or infinity"),
        ("1,1,5,5,inf,5,1\n", 1, "NaN or infinity"),
        ("1,1,5,5,5,1e999,1\n", 1, "NaN or infinity"),
        ("1,1,5,5,-5,5,1\n", 1, "a size cannot be negative"),
        ("-1,1,5,5,5,5,1\n", 1, "frames start at 0"),
        ("1.5,1,5,5,5,5,1\n", 1, "frame 1.5 is not a whole number"),
        ("1,99999999999999999999,5,5,5,5,1\n", 1, "is too large"),
        ("frame,id,x,y,w,h,mark\n1,1,5,5,5,5,1\n", 1, "'frame' is not a number"),
    ],
)
def test_malformed_file_is_refused_with_its_line(file, text, line, words) -> None:
    with pytest.raises(FormatError, match=words.replace("'", ".")) as caught:
        read(file(text))
    assert caught.value.line == line


def test_missing_file_and_folder_without_annotations(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="cannot be read"):
        read(tmp_path / "nothing.txt")
    with pytest.raises(FormatError, match=r"neither gt/gt\.txt nor det/det\.txt"):
        read(tmp_path)


def test_broken_seqinfo_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gt").mkdir()
    (tmp_path / "gt" / "gt.txt").write_text("1,1,5,5,5,5,1\n")
    (tmp_path / "seqinfo.ini").write_text("seqLength=many\n")
    with pytest.raises(FormatError, match=r"seqinfo\.ini"):
        read(tmp_path)


def test_mark_order_of_bytes_and_line_ends_do_not_matter(file) -> None:
    back, _ = read(file("\ufeff1, 1, 5, 5, 5, 5, 1 \r\n2,1,6,5,5,5,1\r\n\r\n"))
    assert back.boxes["x"].tolist() == [5.0, 6.0]


def test_frames_from_0_are_noticed_and_shifted_as_one(file) -> None:
    back, report = read(file("0,1,5,5,5,5,1\n3,1,5,5,5,5,1\n"), VIDEO)
    assert back.boxes["frame"].tolist() == [0, 3]
    assert "frames start at 0" in str(report)
    with pytest.raises(FormatError, match="has frame 0, and frames start at 1"):
        read(file("0,1,5,5,5,5,1\n"), VIDEO, options=MotReadOptions(frame_base=1))


def test_rows_that_cannot_be_kept_are_counted_with_their_lines(file) -> None:
    text = "1,1,5,5,5,5,1\n1,1,6,6,5,5,1\n2,1,5,5,0,5,1\n11,1,5,5,5,5,1\n3,1,1e12,5,5,5,1\n"
    back, report = read(file(text), VIDEO)
    assert [(int(b["frame"]), float(b["x"])) for b in back.boxes] == [(0, 5.0)]
    assert {f.lines for f in report.findings if f.kind == "left out"} == {(2,), (3,), (4,), (5,)}
    assert "Left out 1 box: second box of an identity in one frame (line 2)." in str(report)


def test_unknown_classes_get_a_name(file) -> None:
    back, _ = read(file("1,1,5,5,5,5,1,3,1\n1,2,5,5,5,5,1,77,0.2\n1,3,5,5,5,5,1,-1,1\n"))
    assert [t.category for t in back.tracks] == ["car", "class 77", "class -1"]
    assert back.boxes["occluded"].tolist() == [False, True, False]


def test_world_coordinates_are_not_a_class(file) -> None:
    back, _ = read(file("1,1,50,191,61,141,1,-5.0036,11.913,0.69979\n"))
    assert back.tracks[0].category == "pedestrian"
    assert np.isnan(back.boxes["score"][0])


def test_detections_become_tracks_of_their_own_and_scores_stay_in_range(file) -> None:
    back, report = read(file("1,-1,5,5,5,5,0.9\n1,-1,7,5,5,5,64.2\n", "det.txt"))
    assert [t.number for t in back.tracks] == [1, 2]
    assert back.boxes["score"][0] == 0.9
    assert np.isnan(back.boxes["score"][1])
    assert report.count("mended") == 1
    assert "2 boxes carry no identity" in str(report)


def test_identity_of_two_classes_keeps_the_more_frequent(file) -> None:
    rows = ["1,1,5,5,5,5,1,3,1", "2,1,5,5,5,5,1,1,1", "3,1,5,5,5,5,1,1,1"]
    back, report = read(file("\n".join(rows)))
    assert [t.category for t in back.tracks] == ["pedestrian"]
    assert "several categories" in str(report)


def test_pictures_of_another_size_are_mentioned(tmp_path: Path) -> None:
    (tmp_path / "gt").mkdir()
    (tmp_path / "gt" / "gt.txt").write_text("1,1,5,5,5,5,1\n")
    (tmp_path / "seqinfo.ini").write_text(
        "[Sequence]\nname=a\nimWidth=1920\nimHeight=1080\nseqLength=5\nframeRate=30\n"
    )
    _, report = read(tmp_path, VIDEO)
    assert "1920 × 1080" in str(report)
    assert "5 frames and the video has 10" in str(report)


@settings(max_examples=150, deadline=None)
@given(data=st.one_of(st.binary(max_size=200), st.text(alphabet="0123456789,.-+eE \n\tnaif", max_size=120)))
def test_anything_else_is_either_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    try:
        back, report = read(path, VIDEO)
    except FormatError:
        return
    assert len(back.boxes) == report.boxes
    assert ((back.boxes["frame"] >= 0) & (back.boxes["frame"] < 10)).all()


@pytest.mark.skipif(not MOT.is_dir(), reason="the shared clips are not here")
@pytest.mark.parametrize(
    ("clip", "tracks", "boxes"),
    [
        ("ADL-Rundle-6", 24, 5009),
        ("ETH-Sunnyday", 30, 1901),
        ("KITTI-17", 9, 782),
        ("TUD-Campus", 8, 359),
        ("flies-clip", 2, 3000),
    ],
)
def test_published_ground_truth_is_read_whole(clip: str, tracks: int, boxes: int) -> None:
    back, report = read(MOT / clip)
    assert (len(back.tracks), len(back.boxes)) == (tracks, boxes)
    assert report.count("left out") == 0
