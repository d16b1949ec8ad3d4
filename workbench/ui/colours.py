"""Colours of tracks, and of classes where they have none of their own."""

from __future__ import annotations

import colorsys
from functools import lru_cache

Rgb = tuple[int, int, int]

GOLDEN = 0.618033988749895  # successive hues never come close to each other
SHADES = ((0.62, 0.98), (0.85, 0.92), (0.45, 1.0))  # saturation and value, by turns


@lru_cache(maxsize=10_000)
def track_colour(number: int) -> Rgb:
    """A bright colour for a track's number; the same in every window."""
    saturation, value = SHADES[number % len(SHADES)]
    r, g, b = colorsys.hsv_to_rgb((number * GOLDEN) % 1.0, saturation, value)
    return (round(r * 255), round(g * 255), round(b * 255))


def parse_colour(text: str) -> Rgb:
    """'#rrggbb' as numbers; grey for anything else."""
    try:
        value = int(text.removeprefix("#"), 16)
    except ValueError:
        return (160, 160, 160)
    return (value >> 16 & 255, value >> 8 & 255, value & 255)
