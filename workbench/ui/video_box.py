"""Which of the project's videos is shown."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QWidget

from workbench.ui.state import UiState


class VideoBox(QComboBox):
    """Lists the videos of the project; choosing one shows it."""

    def __init__(self, state: UiState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setToolTip("The video of the project that is shown")
        self.activated.connect(self._on_activated)

    def fill(self) -> None:
        """List the videos there are, with the one that is shown chosen."""
        videos = self._state.project.videos()
        self.clear()
        for video in videos:
            self.addItem(video.name, video.id)
        if self._state.video is not None:
            self.setCurrentIndex([v.id for v in videos].index(self._state.video.id))

    @Slot(int)
    def _on_activated(self, row: int) -> None:
        self._state.show_video(self.itemData(row))
