"""Numbers with what they count."""

import pytest

from workbench.core.plurals import counted


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("track",), ["0 tracks", "1 track", "2 tracks"]),
        (("imported box",), ["0 imported boxes", "1 imported box", "2 imported boxes"]),
        (("box is gone", "boxes are gone"), ["0 boxes are gone", "1 box is gone", "2 boxes are gone"]),
    ],
)
def test_only_one_is_singular(words, said):
    assert [counted(count, *words) for count in range(3)] == said
