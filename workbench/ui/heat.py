"""The heat maps over the picture: which are kept, which one is shown, and how.

Detectors and trackers offer their maps here; only the last few frames are kept, for a map of 80 classes takes
megabytes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from workbench.core.boxes import Box
from workbench.core.heatmaps import Heatmap
from workbench.ui import canvas

KEPT = 8  # frames
WHOLE = {"hm": "all classes", "hm_hp": "all joints", "score": "tracker's score"}
ONE = {"hm": "class", "hm_hp": "joint"}


@dataclass(frozen=True)
class Channel:
    """One heat map of a head; without a name, the highest of all of them."""

    head: str
    name: str = ""

    @property
    def title(self) -> str:
        """What the list shows."""
        if not self.name:
            return WHOLE.get(self.head, self.head)
        return f"{ONE.get(self.head, self.head)} {self.name}"


@dataclass(frozen=True)
class HeatLook:
    """How the overlay looks.

    Args:
        on: whether it is shown at all.
        channel: which map; where a frame has none such, its first head.
        opacity: of the highest value, [0, 1].
        threshold: values below are not shown.
        colormap: a key of ``canvas.heatmap.COLORMAPS``.
    """

    on: bool = False
    channel: Channel = Channel("hm")
    opacity: float = 0.65
    threshold: float = 0.1
    colormap: str = "turbo"


class Heat(QObject):
    """Keeps heat maps by frame.

    Signals:
        changed: other maps, or another look.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.look = HeatLook()
        self._frames: OrderedDict[int, tuple[Heatmap, ...]] = OrderedDict()
        self._drawn: tuple[object, tuple[canvas.Heatmap, ...]] = (None, ())

    def offer(self, frame: int, maps: Iterable[Heatmap]) -> None:
        """Keep the maps of a frame in place of those of the same heads."""
        maps = tuple(maps)
        if not maps:
            return
        heads = {m.head for m in maps}
        others = tuple(m for m in self._frames.pop(frame, ()) if m.head not in heads)
        self._frames[frame] = others + maps
        while len(self._frames) > KEPT:
            self._frames.popitem(last=False)
        self.changed.emit()

    def clear(self) -> None:
        """Forget all maps."""
        if self._frames:
            self._frames.clear()
            self.changed.emit()

    def set_look(self, **what: Any) -> None:
        """Change fields of the look."""
        look = replace(self.look, **what)
        if look != self.look:
            self.look = look
            self.changed.emit()

    def channels(self, frame: int) -> tuple[Channel, ...]:
        """What can be shown in a frame."""
        by_head = groupby(self._frames.get(frame, ()), key=lambda m: m.head)
        found: list[Channel] = []
        for head, maps in by_head:
            names = next(maps).names
            found += [Channel(head), *(Channel(head, name) for name in names if len(names) > 1)]
        return tuple(found)

    def channel_at(self, frame: int) -> Channel | None:
        """The one that is shown in a frame: the chosen one, or else the first."""
        channels = self.channels(frame)
        return self.look.channel if self.look.channel in channels else next(iter(channels), None)

    def drawn(self, frame: int) -> tuple[canvas.Heatmap, ...]:
        """The overlay of a frame, coloured; none while it is off."""
        if not self.look.on or frame not in self._frames:
            return ()
        key = (frame, self._frames[frame], self.look)
        if self._drawn[0] != key:
            look, channel = self.look, self.channel_at(frame)
            shown = tuple(
                canvas.Heatmap(
                    _values(m, channel).max(0),
                    place=place_of(m),
                    colormap=look.colormap,
                    opacity=look.opacity,
                    threshold=look.threshold,
                    peaks=True,
                )
                for m in self._frames[frame]
                if channel is not None and m.head == channel.head
            )
            self._drawn = (key, shown)
        return self._drawn[1]

    def text_at(self, frame: int, x: float, y: float) -> str:
        """The value under the cursor and its class; "" where there is none."""
        channel = self.channel_at(frame) if self.look.on else None
        for heatmap in reversed(self._frames.get(frame, ())):
            if channel is None or heatmap.head != channel.head:
                continue
            place = np.linalg.solve(heatmap.to_source[:, :2], (x, y) - heatmap.to_source[:, 2])
            column, row = np.floor(place).astype(int).tolist()
            height, width = heatmap.values.shape[1:]
            if 0 <= column < width and 0 <= row < height:
                values = _values(heatmap, channel)[:, row, column]
                name = channel.name or heatmap.names[int(values.argmax())]
                return f"{name} {values.max():.3f}"
        return ""


def _values(heatmap: Heatmap, channel: Channel | None) -> np.ndarray:
    """The channels (C, h, w) that are meant."""
    if channel is None or not channel.name:
        return heatmap.values
    number = heatmap.names.index(channel.name)
    return heatmap.values[number : number + 1]


def place_of(heatmap: Heatmap) -> Box:
    """x, y, w, h of what a heat map covers, pixels of the source; networks do not turn their images."""
    height, width = heatmap.values.shape[1:]
    x, y = heatmap.to_source[:, 2].tolist()
    return (x, y, float(heatmap.to_source[0, 0]) * width, float(heatmap.to_source[1, 1]) * height)
