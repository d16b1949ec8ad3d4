"""Curves as an SVG file, so that a benchmark needs no plotting library."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

WIDTH, HEIGHT = 560, 380
LEFT, RIGHT, TOP, BOTTOM = 56, 190, 30, 48  # room for the axes and the legend
COLOURS = ("#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#17becf", "#7f7f7f")


def write_curves(
    path: Path, curves: Mapping[str, tuple[np.ndarray, np.ndarray]], *, title: str, x: str, y: str
) -> None:
    """Draw curves into a file.

    Args:
        path: of the SVG.
        curves: x and y values by what the legend says; y in [0, 1].
        title, x, y: what stands at the picture and its axes.
    """
    stop = max(float(xs.max()) for xs, _ in curves.values())
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _text(LEFT, TOP - 12, title, size=14),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, x, anchor="middle"),
        f'<g transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)">'
        f"{_text(0, 0, y, anchor='middle')}</g>",
    ]
    for k in range(6):
        across, up = _place(stop * k / 5, 0.0, stop), _place(0.0, k / 5, stop)
        parts.append(_line(*_place(stop * k / 5, 1.0, stop), *across))
        parts.append(_line(*up, *_place(stop, k / 5, stop)))
        parts.append(_text(across[0], across[1] + 16, f"{stop * k / 5:g}", anchor="middle"))
        parts.append(_text(up[0] - 6, up[1] + 4, f"{k / 5:g}", anchor="end"))
    for k, (name, (xs, ys)) in enumerate(curves.items()):
        colour = COLOURS[k % len(COLOURS)]
        points = " ".join("{:.1f},{:.1f}".format(*_place(a, b, stop)) for a, b in zip(xs, ys, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        row = TOP + 12 + 20 * k
        parts.append(_line(WIDTH - RIGHT + 12, row - 4, WIDTH - RIGHT + 32, row - 4, colour=colour, width=3))
        parts.append(_text(WIDTH - RIGHT + 38, row, name))
    path.write_text("\n".join([*parts, "</svg>", ""]), encoding="utf-8")


def _place(x: float, y: float, stop: float) -> tuple[float, float]:
    """A point of the plot in pixels of the picture."""
    return LEFT + x / stop * (WIDTH - LEFT - RIGHT), TOP + (1 - y) * (HEIGHT - TOP - BOTTOM)


def _line(x1: float, y1: float, x2: float, y2: float, *, colour: str = "#ddd", width: int = 1) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="{width}"/>'
    )


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12) -> str:
    safe = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{safe}</text>'
