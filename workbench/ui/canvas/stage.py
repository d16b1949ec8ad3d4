"""The showing half of the canvas: picture, heatmap and overlay at one zoom, and no mouse.

While something moves over the picture (a dragged box, the crosshair), the scene beneath is kept as one
pixmap, so that each move costs a copy instead of a thousand boxes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPixmap, QRegion, QResizeEvent
from PySide6.QtWidgets import QWidget

from workbench.ui.canvas.heatmap import Heatmap
from workbench.ui.canvas.overlay import OverlayPainter
from workbench.ui.canvas.picture import Picture
from workbench.ui.canvas.scene import EMPTY, Overlay
from workbench.ui.canvas.shapes import Shape, paint_shapes
from workbench.ui.canvas.transform import ViewTransform

FIT_MARGIN = 8.0


class Stage(QWidget):
    """Shows one frame with what was found in it."""

    view_changed = Signal(float)
    """Zoom in widget pixels per source pixel, after every zoom, pan or fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._picture: Picture | None = None
        self._heatmaps: tuple[Heatmap, ...] = ()
        self._findings = EMPTY
        self._overlay: Overlay | Callable[[], Overlay] = EMPTY
        self._shapes: tuple[Shape, ...] = ()
        self._finding_painter = OverlayPainter()
        self._overlay_painter = OverlayPainter()
        self._transform = ViewTransform()
        self._fitted = True
        self._rect: QRectF | None = None  # of the source, what is shown as large as it goes
        self._hint = ""
        self._backdrop: QPixmap | None = None

    # What is shown

    def set_image(self, image: NDArray[np.uint8] | None, scale: float = 1.0) -> None:
        """Show a picture, or none.

        Args:
            image: (H, W, 3) uint8 RGB; not copied, so it must not change afterwards.
            scale: source pixels per image pixel: 2.0 for a half-resolution image.

        Raises:
            ValueError: when the array is no such image.
        """
        before = self.source_size
        self._picture = None if image is None else Picture(image, scale)
        change = max(abs(new - old) for new, old in zip(self.source_size, before, strict=True))
        if self._fitted and change > scale:  # half of an odd size, doubled again, is one pixel off
            self.fit()
        self._refresh()

    def set_overlay(self, overlay: Overlay | Callable[[], Overlay]) -> None:
        """Replace everything that is drawn over the picture. A drag in progress goes on.

        Args:
            overlay: it, or what makes it; that is called once, when it is needed.
        """
        self._overlay = overlay
        self._refresh()

    def set_findings(self, findings: Overlay) -> None:
        """Replace what is drawn beneath the overlay and cannot be touched: what nobody accepted yet."""
        if len(findings) or len(self._findings):
            self._findings = findings
            self._refresh()

    def set_heatmaps(self, heatmaps: Sequence[Heatmap]) -> None:
        """Lay heat maps over the picture in place of those before."""
        if heatmaps or self._heatmaps:
            self._heatmaps = tuple(heatmaps)
            self._refresh()

    def set_shapes(self, shapes: Sequence[Shape]) -> None:
        """Draw these lines and zones over everything else, in place of those before."""
        if tuple(shapes) != self._shapes:
            self._shapes = tuple(shapes)
            self._refresh()

    def set_hint(self, text: str) -> None:
        """What stands in the middle while there is no picture."""
        self._hint = text
        self._refresh()

    @property
    def overlay(self) -> Overlay:
        """What was set last."""
        if not isinstance(self._overlay, Overlay):
            make, self._overlay = self._overlay, EMPTY  # once, also when it fails
            self._overlay = make()
        return self._overlay

    @property
    def findings(self) -> Overlay:
        """What was set last."""
        return self._findings

    @property
    def heatmaps(self) -> tuple[Heatmap, ...]:
        """What was set last."""
        return self._heatmaps

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """What was set last."""
        return self._shapes

    @property
    def source_size(self) -> tuple[float, float]:
        """Width and height of the picture in source pixels; (0, 0) without one."""
        return self._picture.source_size if self._picture else (0.0, 0.0)

    # The view

    @property
    def transform(self) -> ViewTransform:
        """Source to widget pixels."""
        return self._transform

    def to_source(self, point: QPointF) -> QPointF:
        """Widget to source pixels."""
        return QPointF(*self._transform.to_source((point.x(), point.y())).tolist())

    def to_widget(self, point: QPointF) -> QPointF:
        """Source to widget pixels."""
        return QPointF(*self._transform.to_widget((point.x(), point.y())).tolist())

    def fit(self) -> None:
        """Show the whole picture, and keep doing so when the widget is resized."""
        width, height = self.source_size
        if width > 0:
            whole = (0.0, 0.0, width, height)
            self._look(ViewTransform.showing(whole, self.width(), self.height(), margin=FIT_MARGIN))
        self._fitted = True

    def reset_zoom(self) -> None:
        """One source pixel on one screen pixel, about the middle of the widget."""
        middle_x, middle_y = self.width() / 2, self.height() / 2
        factor = 1.0 / self.devicePixelRatioF() / self._transform.zoom
        # Whole pixels, so that the picture is shown unresampled.
        at = self._transform.zoomed(factor, middle_x, middle_y)
        self._look(ViewTransform(at.zoom, round(at.dx), round(at.dy)))

    def zoom_to(self, rect: QRectF) -> None:
        """Show this rectangle of the source as large as it goes, and keep doing so when resized."""
        box = (rect.x(), rect.y(), rect.width(), rect.height())
        self._look(ViewTransform.showing(box, self.width(), self.height(), margin=FIT_MARGIN))
        self._rect = rect

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom about a widget point, or about the middle."""
        at = at or QPointF(self.width() / 2, self.height() / 2)
        self._look(self._transform.zoomed(factor, at.x(), at.y()))

    def _look(self, transform: ViewTransform) -> None:
        self._transform = transform
        self._fitted, self._rect = False, None
        self._refresh()
        self.view_changed.emit(transform.zoom)

    def redraw(self) -> None:
        """Draw everything again, also what is kept while something moves over it."""
        self._refresh()

    def _refresh(self) -> None:
        self._backdrop = None
        self.update()

    # Painting

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what was asked to be seen in view, else what was in the middle."""
        if self._fitted:
            self.fit()
        elif self._rect is not None:
            self.zoom_to(self._rect)
        elif event.oldSize().isValid():
            grown = event.size() - event.oldSize()
            self._transform = self._transform.panned(grown.width() / 2, grown.height() / 2)
        self._refresh()
        super().resizeEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The scene, then whatever moves over it."""
        _ = self.overlay  # made before the painter begins, for it may fail
        painter = QPainter(self)
        if not self._is_live():
            self._backdrop = None
            self._paint_scene(painter)
        else:
            if self._backdrop is None:
                self._backdrop = self._render_backdrop()
            painter.drawPixmap(0, 0, self._backdrop)
        self._paint_live(painter)
        painter.end()

    def _is_live(self) -> bool:
        """Whether something moves over the scene; see :meth:`_paint_live`."""
        return False

    def _paint_live(self, painter: QPainter) -> None:
        """Paint what moves over the scene, in widget pixels."""

    def _hidden_shape(self) -> str | None:
        """Key of the shape that :meth:`_paint_live` paints instead."""
        return None

    def _skipped(self) -> int:
        """Index of the box that :meth:`_paint_live` paints instead, or -1."""
        return -1

    def _render_backdrop(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        painter = QPainter(pixmap)
        self._paint_scene(painter)
        painter.end()
        return pixmap

    def _paint_scene(self, painter: QPainter) -> None:
        ratio = self.devicePixelRatioF()
        self._paint_surround(painter)
        if self._picture is None:
            painter.setPen(QColor(150, 150, 155))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._hint)
        device = self._transform.scaled(ratio)
        size = (round(self.width() * ratio), round(self.height() * ratio))
        painter.save()
        painter.scale(1 / ratio, 1 / ratio)  # from here on a unit is a device pixel
        if self._picture is not None:
            self._picture.paint(painter, device, *size)
            for heatmap in self._heatmaps:
                heatmap.paint(painter, device, self.source_size, ratio=ratio)
        self._finding_painter.paint(painter, self._findings, device=device, size=size, ratio=ratio)
        self._overlay_painter.paint(
            painter, self.overlay, device=device, size=size, ratio=ratio, skip=self._skipped()
        )
        painter.restore()
        hidden = self._hidden_shape()
        paint_shapes(painter, [s for s in self._shapes if s.key != hidden], self._transform)

    def _paint_surround(self, painter: QPainter) -> None:
        """Only where the picture is not: filling a large window costs as much as the picture."""
        width, height = self.source_size
        x, y, w, h = self._transform.box_to_widget((0.0, 0.0, width, height))
        covered = QRect(ceil(x), ceil(y), int(w) - 1, int(h) - 1)
        painter.save()
        painter.setClipRegion(QRegion(self.rect()).subtracted(QRegion(covered)))
        painter.fillRect(self.rect(), self._surround())
        painter.restore()

    def _surround(self) -> QColor:
        """A neutral grey around the picture, a step darker than the window."""
        window = self.palette().color(QPalette.ColorRole.Window)
        level = window.lightness()
        return QColor.fromHsl(0, 0, max(level - 14, 16) if level < 128 else level - 46)
