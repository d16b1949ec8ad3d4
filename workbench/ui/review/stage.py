"""Under the canvas: what is asked or proposed, and the film strip of the place."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.ui.review.card import Card
from workbench.ui.review.crops import CropLoader
from workbench.ui.review.film_strip import FilmStrip


class ReviewStage(QWidget):
    """The card over the strip; no higher than what they show."""

    def __init__(self, crops: CropLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.card = Card(self)
        self.strip = FilmStrip(crops.picture, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.card)
        layout.addWidget(self.strip)

    def fit(self, height: int) -> None:
        """Leave room for the picture in a window of this height: the strip gets a quarter of it at most."""
        self.strip.limit(height // 4)
