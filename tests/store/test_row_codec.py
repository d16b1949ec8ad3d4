import math
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.reference import box
from workbench.core.edits import Change
from workbench.core.errors import ProjectError
from workbench.core.rows import ActionRow, BoxRow, PoseRow, ReviewItemRow, TrackRow
from workbench.store.row_codec import decode, encode

INTS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
MAYBE_INT, MAYBE_FLOAT = st.none() | INTS, st.none() | FLOATS

ROWS = {
    "track": st.builds(TrackRow, INTS, INTS, INTS, INTS, TEXTS, MAYBE_INT),
    "box": st.builds(BoxRow, *[INTS] * 3, *[FLOATS] * 4, MAYBE_FLOAT, INTS, MAYBE_INT, *[INTS] * 4),
    "pose": st.builds(PoseRow, *[INTS] * 4, st.binary(), MAYBE_FLOAT, INTS, MAYBE_INT, INTS),
    "action": st.builds(ActionRow, *[INTS] * 5, TEXTS, MAYBE_FLOAT, INTS, MAYBE_INT, INTS),
    "review_item": st.builds(
        ReviewItemRow,
        *(INTS, INTS, TEXTS, INTS, INTS, INTS, MAYBE_INT, MAYBE_INT, TEXTS),
        *(FLOATS, FLOATS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, MAYBE_INT),
    ),
}


def changes(table: str) -> st.SearchStrategy[Change]:
    rows = st.lists(ROWS[table], max_size=4).map(tuple)
    return st.builds(Change, st.just(table), rows, rows).filter(lambda c: c.before or c.after)


@given(st.sampled_from(list(ROWS)).flatmap(changes))
def test_rows_come_back_as_they_were(change):
    assert decode(change.table, encode(change)) == change


def test_floats_come_back_bit_by_bit():
    values = (0.1 + 0.2, -0.0, 5e-324, math.pi * 1e300, math.inf)
    row = box(1, 1, x=values[0], y=values[1], w=values[2], h=values[3], score=values[4])
    back = decode("box", encode(Change("box", (), (row,)))).after[0]
    assert struct.pack("<5d", *back[3:8]) == struct.pack("<5d", *values)


def test_nan_is_refused():
    with pytest.raises(ValueError, match="box holds NaN"):
        encode(Change("box", (), (box(1, 1, y=math.nan),)))


def test_an_unknown_format_is_said():
    blob = encode(Change("box", (), (box(1, 1),)))
    with pytest.raises(ProjectError, match="format"):
        decode("box", b"\x63" + blob[1:])


def test_model_boxes_take_less_than_their_numbers_do():
    rng = random.Random(3)
    rows = tuple(
        box(
            t,
            f,
            x=rng.random() * 1900,
            y=rng.random() * 900,
            w=rng.random(),
            h=rng.random(),
            score=rng.random(),
        )
        for f in range(5)
        for t in range(100)
    )
    assert len(encode(Change("box", (), rows))) / len(rows) < 5 * 8
