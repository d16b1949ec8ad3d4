"""Where the labels and marks of a frame go, and stamping them out of the atlas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QPainter

from workbench.ui.canvas import label_places
from workbench.ui.canvas.labels import Color, LabelAtlas
from workbench.ui.canvas.qtarrays import draw_fragments
from workbench.ui.canvas.raster import Ints
from workbench.ui.canvas.scene import BoxFlag, Overlay

SMALLEST_LABELLED = 9.0  # widget pixels; a smaller box shows its label only when selected


class Stamps:
    """Labels and marks of one frame, collected and then stamped page by page.

    Args:
        atlas: where they come from.
        overlay: the boxes.
        rects: (N, 4) left, top, right, bottom, device pixels.
        shown: indices of the boxes that can be seen.
    """

    def __init__(self, atlas: LabelAtlas, overlay: Overlay, rects: Ints, shown: NDArray[np.int64]) -> None:
        self._atlas = atlas
        self._overlay = overlay
        self._shown = shown
        self._rects = rects[shown]
        self._flags = np.asarray(overlay.flags)[shown]
        self._colors: list[Color] = list(map(tuple, overlay.colors[shown].tolist()))
        self._sides = (self._rects[:, 2:] - self._rects[:, :2]).max(axis=1, initial=0)
        self._fragments: list[NDArray[np.float64]] = []

    def _having(self, flag: BoxFlag) -> NDArray[np.bool_]:
        carried: NDArray[np.bool_] = (self._flags & int(flag)) != 0
        return carried

    def add_labels(self, height: int) -> None:
        """A pill on top of each box, or just inside it where there is no room above; see ``label_places``.

        Args:
            height: of the visible area, device pixels.
        """
        labels = self._overlay.labels
        if len(labels) == 0:
            return
        texts = [labels[i] for i in self._shown.tolist()]
        selected, predicted = self._having(BoxFlag.SELECTED), self._having(BoxFlag.PREDICTED)
        large = self._sides >= SMALLEST_LABELLED * self._atlas.ratio
        which = np.flatnonzero((large | selected) & np.array([bool(t) for t in texts], bool))
        whole = [f"{t} ?" if unsure else t for t, unsure in zip(texts, predicted.tolist(), strict=True)]
        short = [t.partition(" ")[0] for t in texts]
        kept = selected[which]
        if len(which) > label_places.MANY:
            whole = [w if keep else s for w, s, keep in zip(whole, short, selected.tolist(), strict=True)]
        stamps = self._label_stamps(which, whole)
        gap = round(2 * self._atlas.ratio)
        rects = self._rects[which]
        lift = gap + self._atlas.line_height + np.where(kept, 3 * gap // 2, 0)
        sizes = self._atlas.places[stamps, 3:5]
        places = label_places.above(rects, sizes, lift=lift, gap=gap, height=height)
        clashing = np.flatnonzero(label_places.crowded(places, sizes) & ~kept)
        if len(clashing):
            stamps[clashing] = self._label_stamps(which[clashing], short)
            sizes = self._atlas.places[stamps, 3:5]
            places = label_places.spread(places, sizes, rects, fixed=kept, gap=gap)
        self._place(stamps, places[:, 0], places[:, 1])

    def _label_stamps(self, which: NDArray[np.int64], texts: Sequence[str]) -> NDArray[np.int64]:
        """Pills of some of the boxes."""
        hollow = self._having(BoxFlag.PREDICTED)[which].tolist()
        styles = ("hollow" if unsure else "solid" for unsure in hollow)
        keys = zip(styles, (texts[i] for i in which), (self._colors[i] for i in which), strict=True)
        return self._atlas.stamps(list(keys))

    def add_marks(self) -> None:
        """Diamond, tick, ring and lock, each at its own corner; none on boxes too small to carry them."""
        large = self._sides >= 1.5 * self._atlas.mark_size
        predicted = self._having(BoxFlag.PREDICTED)
        locked = self._having(BoxFlag.LOCKED) & ~predicted & ~self._having(BoxFlag.PROPOSED)
        self._add_corner(large & self._having(BoxFlag.KEYFRAME), "keyframe", (0, 3))
        self._add_corner(large & predicted, "predicted", (2, 1))
        self._add_corner(large & self._having(BoxFlag.VERIFIED), "verified", (2, 3), colored=False)
        self._add_corner(large & locked, "locked", (2, 1), colored=False)

    def _add_corner(
        self, chosen: NDArray[np.bool_], mark: str, corner: tuple[int, int], *, colored: bool = True
    ) -> None:
        """Marks centred on a corner, named by its columns in the rectangles."""
        which = np.flatnonzero(chosen)
        places = self._rects[which][:, corner] - self._atlas.mark_size // 2
        # Beside the handle, which has the corner of a selected box.
        outwards = self._atlas.mark_size if corner[0] == 2 else -self._atlas.mark_size
        places[:, 0] += np.where(self._having(BoxFlag.SELECTED)[which], outwards, 0)
        keys = [(mark, "", self._colors[i] if colored else (0, 0, 0)) for i in which.tolist()]
        self._place(self._atlas.stamps(keys), places[:, 0], places[:, 1])

    def _place(self, stamps: NDArray[np.int64], x: NDArray[Any], y: NDArray[Any]) -> None:
        """Top-left corners of stamps; kept as page number and fragment."""
        table = self._atlas.places[stamps]  # page, source x, y, width, height
        rows = np.zeros((len(stamps), 11))
        rows[:, 0] = table[:, 0]
        rows[:, 1] = x + table[:, 3] / 2
        rows[:, 2] = y + table[:, 4] / 2
        rows[:, 3:7] = table[:, 1:]
        rows[:, [7, 8, 10]] = 1.0
        self._fragments.append(rows)

    def draw(self, painter: QPainter) -> None:
        """Stamp everything, one call a page."""
        if not self._fragments:
            return
        rows = np.concatenate(self._fragments)
        for page in np.unique(rows[:, 0]):
            draw_fragments(painter, rows[rows[:, 0] == page, 1:], self._atlas.pages[int(page)])
