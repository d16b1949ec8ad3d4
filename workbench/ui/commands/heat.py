"""Switching the heat map on, and from one map to the next."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from workbench.ui.state import UiState


class HeatCommands(QObject):
    """Commands about the heat map.

    Signals:
        told(sentence): what is shown now, or how to get something to show.
    """

    told = Signal(str)

    def __init__(self, state: UiState, parent: QObject) -> None:
        super().__init__(parent)
        self._state = state

    @Slot(bool)
    def show_heat(self, on: bool) -> None:
        """Lay the heat map over the picture, or take it away."""
        heat = self._state.heat
        if on and not heat.look.on and not heat.channels(self._state.frame):
            self.told.emit("No heat map of this frame yet: M runs a detector; a tracker shows its own")
        heat.set_look(on=on)

    @Slot()
    def next_heat(self) -> None:
        """Show the next class's or head's map of this frame."""
        heat, frame = self._state.heat, self._state.shown
        channels, current = heat.channels(frame), heat.channel_at(frame)
        if current is not None:
            following = channels[(channels.index(current) + 1) % len(channels)]
            heat.set_look(on=True, channel=following)
            self.told.emit(f"Heat map of {following.title}")
