"""Pictures of scores as SVG: curves, and bars over time, one panel below the other.

Written by hand, for that the program needs no plotting library and any browser shows the file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import UserError
from workbench.core.plurals import counted

Array = NDArray[np.float64]

WIDTH, LEFT, RIGHT = 760, 64, 170  # pixels; the legend stands at the right
TOP, BOTTOM = 30, 44  # of a panel, for its title and its axis
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#7f7f7f")
BARS = 60  # of a bar panel at most


@dataclass(frozen=True, eq=False)
class Curves:
    """A panel of curves.

    Args:
        title, x: what stands above it and below its axis.
        curves: (x values, y values) by what the legend says.
        last, top: the largest x and y; both axes begin at 0.
    """

    title: str
    x: str
    curves: Mapping[str, tuple[Array, Array]]
    height: int = 340
    last: float = 1.0
    top: float = 1.0


@dataclass(frozen=True, eq=False)
class Bars:
    """A panel of bars: counts that are summed over stretches of frames.

    Args:
        title: what is counted.
        counts: (frames,) from frame 0 on.
        colour: of the bars.
    """

    title: str
    counts: Array
    colour: str = COLOURS[0]
    height: int = 150


def write_plot(path: Path, panels: Sequence[Curves | Bars]) -> None:
    """Write an SVG file; it is replaced only when all is written.

    Raises:
        UserError: the file cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_text(picture(panels), encoding="utf-8")
        os.replace(unfinished, path)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror or error}).") from error
    finally:
        unfinished.unlink(missing_ok=True)


def picture(panels: Sequence[Curves | Bars]) -> str:
    """The text of an SVG with the panels from top to bottom."""
    height = sum(panel.height for panel in panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
    ]
    down = 0
    for panel in panels:
        drawn = _curves(panel) if isinstance(panel, Curves) else _bars(panel)
        parts += [f'<g transform="translate(0 {down})">', *drawn, "</g>"]
        down += panel.height
    return "\n".join([*parts, "</svg>", ""])


def _curves(panel: Curves) -> list[str]:
    axes = _Axes(panel.height, panel.last, panel.top)
    parts = [_text(LEFT, TOP - 12, panel.title, size=14), *axes.grid(panel.x)]
    for number, (name, (xs, ys)) in enumerate(panel.curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(f"{axes.x(a):.1f},{axes.y(b):.1f}" for a, b in zip(xs, ys, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        row, start = TOP + 12 + 20 * number, WIDTH - RIGHT + 12
        parts.append(_line(start, row - 4, start + 20, row - 4, colour=colour, width=3))
        parts.append(_text(start + 26, row, name))
    return parts


def _bars(panel: Bars) -> list[str]:
    edges = bin_edges(len(panel.counts))
    sums = np.add.reduceat(panel.counts, edges[:-1]) if len(panel.counts) else np.zeros(0)
    axes = _Axes(panel.height, float(max(1, len(panel.counts))), float(max(1.0, sums.max(initial=0.0))))
    total = f"{panel.counts.sum():g} in all"
    wide = f"{counted(int(edges[1] - edges[0]), 'frame')} a bar" if len(sums) else "no frames"
    parts = [_text(LEFT, TOP - 12, panel.title, size=13), *axes.grid("frame", rows=2)]
    parts += [_text(WIDTH - RIGHT + 12, TOP + 12, total), _text(WIDTH - RIGHT + 12, TOP + 30, wide)]
    for start, stop, count in zip(edges[:-1].tolist(), edges[1:].tolist(), sums.tolist(), strict=True):
        x, y = axes.x(start), axes.y(count)
        size = f'width="{max(0.5, axes.x(stop) - x - 0.5):.1f}" height="{axes.y(0) - y:.1f}"'
        parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill="{panel.colour}"/>')
    return parts


def bin_edges(frames: int) -> NDArray[np.int64]:
    """First frames of at most ``BARS`` equal stretches, the last one maybe shorter, and the end."""
    step = max(1, -(-frames // BARS))
    return np.append(np.arange(0, frames, step), frames)


@dataclass(frozen=True)
class _Axes:
    """Where values lie in a panel: x from 0 to ``last``, y from 0 to ``top``."""

    height: int
    last: float
    top: float

    def x(self, value: float) -> float:
        return LEFT + value / self.last * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return TOP + (1 - value / self.top) * (self.height - TOP - BOTTOM)

    def grid(self, label: str, *, rows: int = 5) -> list[str]:
        parts = [_text((LEFT + WIDTH - RIGHT) / 2, self.height - 8, label, anchor="middle")]
        for k in range(6):
            x = self.last * k / 5
            parts.append(_line(self.x(x), self.y(0), self.x(x), self.y(self.top)))
            parts.append(_text(self.x(x), self.y(0) + 16, f"{x:.4g}", anchor="middle"))
        for k in range(rows + 1):
            y = self.top * k / rows
            parts.append(_line(self.x(0), self.y(y), self.x(self.last), self.y(y)))
            parts.append(_text(self.x(0) - 6, self.y(y) + 4, f"{y:.3g}", anchor="end"))
        return parts


def _line(x1: float, y1: float, x2: float, y2: float, *, colour: str = "#ddd", width: int = 1) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="{width}"/>'
    )


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'
