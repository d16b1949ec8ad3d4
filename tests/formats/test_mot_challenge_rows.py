import numpy as np
import pytest

from workbench.core.errors import FormatError
from workbench.formats.mot_challenge_rows import read_rows, read_sequence_length


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "tracks.txt"
        path.write_bytes(text.encode())
        return path

    return write


def test_rows_are_as_written_with_frames_from_0(file):
    rows = read_rows(file("\ufeff2,7,1.5,-2,30,40,0.5,-1,-1,-1\r\n\r\n1,7,0,0,1,1,1,-1,-1,-1\r\n"))
    np.testing.assert_array_equal(rows.frames, [1, 0])
    np.testing.assert_array_equal(rows.ids, [7, 7])
    np.testing.assert_array_equal(rows.boxes[0], [1.5, -2, 30, 40])
    np.testing.assert_array_equal(rows.seventh, [0.5, 1])


def test_an_empty_file_has_no_rows_and_six_columns_have_no_score(file):
    assert len(read_rows(file("\n")).frames) == 0
    np.testing.assert_array_equal(read_rows(file("1,1,0,0,5,5")).seventh, [1])


def test_detections_have_no_identities(file):
    assert not read_rows(file("1,-1,0,0,5,5,1\n1,-1,9,0,5,5,1")).has_identities


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,1,0,0,5,5,1\n1,1,9,0,5,5,1", "line 2: has an identity a second time"),
        ("1,-1,0,0,5,5,1\n1,-1,9,0,5,5,1\n1,3,0,0,5,5,1", "line 2: has an identity a second time"),
        ("0,1,0,0,5,5,1", "line 1: has a frame below 1"),
        ("9,1,0,0,5,5,1", "line 1: has a frame behind the last one, which is 8"),
        ("1,1,0,0,5,5,1\n\n1,2,0,nan,5,5,1", "line 3: has NaN or infinity"),
        ("1,1,0,0,-5,5,1", "line 1: has a box of negative size"),
        ("1.5,1,0,0,5,5,1", "line 1: has no whole number as frame"),
        ("1,1e300,0,0,5,5,1", "identity that is too large"),
        ("1,1,0,0,5,5,1\n1,2,0,0,5,5", "line 2: has 6 columns, and the first line has 7"),
        ("1,1,0,0,5", "line 1: has 5 columns"),
        ("1 1 0 0 5 5", "line 1: has 1 columns"),
        ("1,1,0,0,5,5,1\n1,2,0,zero,5,5,1", "line 2: 'zero' is not a number"),
        ("1,1,0,0,5,5_0", "'5_0' is not a number"),
        ("1,1,0,0,5,5\0", "is not a text file"),
    ],
)
def test_a_bad_line_is_named(file, text, said):
    with pytest.raises(FormatError, match=said):
        read_rows(file(text), frame_count=8)


def test_length_of_a_sequence(tmp_path):
    assert read_sequence_length(tmp_path) is None
    (tmp_path / "seqinfo.ini").write_text("[Sequence]\nseqLength=71\n")
    assert read_sequence_length(tmp_path) == 71
    for bad in ("[Sequence]\n", "[Sequence]\nseqLength=many\n", "seqLength=1", "[Sequence]\nseqLength=-1"):
        (tmp_path / "seqinfo.ini").write_text(bad)
        with pytest.raises(FormatError, match="seqLength"):
            read_sequence_length(tmp_path)
