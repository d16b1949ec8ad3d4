import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from workbench.core.errors import UserError
from workbench.services.plots import BARS, Bars, Curves, bin_edges, picture, write_plot

SVG = "{http://www.w3.org/2000/svg}"


def test_a_picture_has_a_line_for_each_curve_and_a_bar_for_each_stretch(tmp_path):
    x = np.linspace(0, 1, 5)
    counts = np.zeros(130)
    counts[129] = 4
    write_plot(
        tmp_path / "p.svg", [Curves("a < b", "x", {"one": (x, x), "two": (x, 1 - x)}), Bars("c", counts)]
    )
    root = ElementTree.parse(tmp_path / "p.svg").getroot()
    assert len(root.findall(f".//{SVG}polyline")) == 2
    bars = root.findall(f".//{SVG}rect")[1:]
    heights = [float(bar.get("height")) for bar in bars]
    assert len(heights) == 44  # 3 frames a bar
    assert heights[-1] > 0 == sum(heights[:-1])
    assert "a < b" in [text.text for text in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("frames", [1, 59, 60, 61, 1500])
def test_stretches_cover_all_frames(frames):
    edges = bin_edges(frames)
    assert (edges[0], edges[-1]) == (0, frames)
    assert 1 <= len(edges) - 1 <= BARS
    assert len(set(np.diff(edges)[:-1])) <= 1


def test_nothing_to_draw_is_still_a_picture():
    ElementTree.fromstring(picture([Curves("none", "x", {}), Bars("none", np.zeros(0))]))


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(UserError, match="cannot be written"):
        write_plot(tmp_path / "no" / "p.svg", [])
