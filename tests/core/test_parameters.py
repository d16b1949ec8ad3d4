"""Parameters from dataclasses of options, and values from what people type."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from workbench.core.errors import UserError
from workbench.core.parameters import Kind, made_options, option, parameters_of, parse_settings, values_of
from workbench.tracking.byte_track import ByteTrackOptions
from workbench.tracking.offline import OfflineOptions


@dataclass(frozen=True)
class Common:
    """What several have.

    Args:
        least: score, [0, 1].
    """

    least: float = 0.5


@dataclass(frozen=True, kw_only=True)
class Options(Common):
    """Of something.

    Args:
        width, height: pixels of the picture, and a meaning that
            goes on in a second line.
        file: of weights.
    """

    file: Path
    width: int = option(640, low=32, high=4096)
    height: int = 480
    mirrored: bool = False
    names: tuple[str, ...] = ()
    layout: Literal["rows", "columns"] = "rows"
    limit: float | None = None
    table: dict = field(default_factory=dict)  # no parameter


def test_fields_become_parameters_with_kind_meaning_and_bounds():
    by_name = {p.name: p for p in parameters_of(Options)}
    assert list(by_name) == ["least", "file", "width", "height", "mirrored", "names", "layout", "limit"]
    assert by_name["least"].kind is Kind.NUMBER
    assert (by_name["least"].low, by_name["least"].high) == (0.0, 1.0), "the interval of its meaning"
    assert by_name["height"].text.endswith("a meaning that goes on in a second line.")
    assert (by_name["width"].low, by_name["width"].high) == (32, 4096)
    assert by_name["layout"].choices == ("rows", "columns")
    assert by_name["file"].required
    assert by_name["limit"].optional
    assert not by_name["limit"].required


def test_built_in_trackers_describe_themselves():
    for options in (ByteTrackOptions, OfflineOptions):
        parameters = parameters_of(options)
        assert len(parameters) > 5
        assert all(p.text and not p.required for p in parameters)
        assert made_options(options, {}) == options()


def test_what_is_typed_becomes_options():
    typed = ["file=~/a.onnx", "width=320", "mirrored=yes", "names=a, b", "layout=columns", "limit=2.5"]
    options = made_options(Options, parse_settings(parameters_of(Options), typed))
    assert options == Options(
        file=Path("~/a.onnx").expanduser(),
        width=320,
        mirrored=True,
        names=("a", "b"),
        layout="columns",
        limit=2.5,
    )
    assert made_options(Options, values_of(options)) == options, "as a record holds them"
    assert parse_settings(parameters_of(Options), ["limit=none"]) == {"limit": None}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("width", "name=value"),
        ("wide=3", "There is no parameter 'wide'; there are least, file, width"),
        ("width=ten", "width takes a whole number from 32 to 4096, not 'ten'"),
        ("width=7", "from 32 to 4096"),
        ("width=64.5", "whole number"),
        ("least=1.5", "least takes a number from 0 to 1"),
        ("least=nan", "least takes a number"),
        ("mirrored=perhaps", "yes or no"),
        ("layout=diagonal", "one of rows, columns"),
        ("limit=lots", "a number or none"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(typed, said):
    with pytest.raises(UserError, match=said.replace("(", r"\(")):
        parse_settings(parameters_of(Options), [typed])


def test_values_of_records_are_checked_too():
    with pytest.raises(UserError, match="file has to be set"):
        made_options(Options, {})
    with pytest.raises(UserError, match="width takes"):
        made_options(Options, {"file": "a", "width": True})
    with pytest.raises(UserError, match="nothing can be set here"):
        made_options(None, {"width": 1})
    assert made_options(None, {}) is None
