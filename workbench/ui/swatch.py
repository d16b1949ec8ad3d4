"""A square of a colour for lists, the same in a selected row: there Qt would tint it."""

from __future__ import annotations

from PySide6.QtGui import QColor, QIcon, QPixmap

from workbench.ui.colours import Rgb

SIDE = 14  # pixels


def swatch(colour: Rgb) -> QIcon:
    """A square of this colour."""
    pixmap = QPixmap(SIDE, SIDE)
    pixmap.fill(QColor(*colour))
    icon = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
        icon.addPixmap(pixmap, mode)
    return icon
