"""Colours of the timeline, taken from the palette so that it is right on dark and on light themes."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor, QPalette


def mix(one: QColor, other: QColor, share: float) -> QColor:
    """``share`` of ``one`` and the rest of ``other``."""
    rest = 1.0 - share
    return QColor.fromRgbF(
        one.redF() * share + other.redF() * rest,
        one.greenF() * share + other.greenF() * rest,
        one.blueF() * share + other.blueF() * rest,
    )


@dataclass(frozen=True)
class Look:
    """The colours one painting uses."""

    ground: QColor
    stripe: QColor  # every other lane
    panel: QColor  # header and ruler
    line: QColor
    text: QColor
    dim: QColor
    accent: QColor  # current frame, range
    chosen: QColor  # behind the selected lane
    verified: QColor
    hatch: QColor

    @classmethod
    def of(cls, palette: QPalette) -> Look:
        """From the widget's palette."""
        role = QPalette.ColorRole
        ground, text = palette.color(role.Base), palette.color(role.Text)
        dark = ground.lightness() < 128
        accent = QColor(255, 92, 80) if dark else QColor(214, 40, 40)
        return cls(
            ground=ground,
            stripe=mix(text, ground, 0.04),
            panel=palette.color(role.Window),
            line=mix(text, ground, 0.18),
            text=text,
            dim=mix(text, ground, 0.6),
            accent=accent,
            chosen=mix(palette.color(role.Highlight), ground, 0.28),
            verified=QColor(64, 200, 110) if dark else QColor(20, 140, 60),
            hatch=QColor(0, 0, 0, 150),
        )
