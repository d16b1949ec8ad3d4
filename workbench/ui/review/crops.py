"""Pieces of frames for film strips, decoded on a thread of their own, those needed first at first.

Wishes pass through a mailbox of one: a newer list replaces an older one between two frames, and what was
decoded for the older one is kept. The pictures are kept here, by place and not by track, so a strip whose
tracks were exchanged has its pictures already.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot
from PySide6.QtGui import QImage

from workbench.core.errors import VideoError
from workbench.ui.loader import Mailbox
from workbench.video import VideoReader, open_video

log = logging.getLogger(__name__)

SIDE = 256  # pixels of the longer side of a picture that is kept; no strip shows it larger
MOST_BYTES = 128 * 2**20  # of pictures kept


@dataclass(frozen=True)
class Crop:
    """A rectangle of a frame in whole source pixels; what leaves the picture is grey."""

    frame: int
    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True)
class _Wish:
    """Crops of a video, the most urgent batch first."""

    video: int
    path: Path
    batches: tuple[tuple[Crop, ...], ...]


class _Cutter(QObject):
    """Lives in the thread and owns the reader."""

    cut = Signal(int, object)

    def __init__(self, wishes: Mailbox[_Wish]) -> None:
        super().__init__()
        self._wishes = wishes
        self._reader: VideoReader | None = None
        self._video = -1

    @Slot()
    def serve(self) -> None:
        """Decode the latest wish, until there is a newer one."""
        wish = self._wishes.take()
        if wish is None or not wish.batches:
            return
        if wish.video != self._video:
            self._open(wish)
        for batch in wish.batches:
            for frame in sorted({crop.frame for crop in batch}):
                if self._reader is None or not self._wishes.empty:
                    return
                self.cut.emit(wish.video, self._pictures(self._reader, frame, batch))

    @Slot()
    def close(self) -> None:
        """Close the reader."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _open(self, wish: _Wish) -> None:
        self.close()
        self._video = wish.video
        try:
            self._reader = open_video(wish.path)
        except VideoError as error:  # the canvas says so
            log.info("%s", error)
        except Exception:  # a decoder's surprise must not end the thread
            log.exception("%s", wish.path)

    def _pictures(self, reader: VideoReader, frame: int, batch: Iterable[Crop]) -> dict[Crop, QImage]:
        wanted = [crop for crop in batch if crop.frame == frame]
        try:
            image = reader.read(frame)
        except VideoError:
            return {crop: QImage() for crop in wanted}
        except Exception:  # a decoder's surprise must not end the thread
            log.exception("frame %d", frame)
            return {crop: QImage() for crop in wanted}
        return {crop: picture(image, crop) for crop in wanted}


def picture(image: NDArray[np.uint8], crop: Crop) -> QImage:
    """A piece of an image (H, W, 3) RGB, at most ``SIDE`` pixels high and wide."""
    height, width = image.shape[:2]
    left, top = np.clip((crop.x, crop.y), 0, (width, height))
    right, bottom = np.clip((crop.x + crop.w, crop.y + crop.h), 0, (width, height))
    whole = np.full((crop.h, crop.w, 3), 48, np.uint8)
    whole[top - crop.y : bottom - crop.y, left - crop.x : right - crop.x] = image[top:bottom, left:right]
    shown = QImage(whole.data, crop.w, crop.h, 3 * crop.w, QImage.Format.Format_RGB888)
    if max(crop.w, crop.h) <= SIDE:
        return shown.convertToFormat(QImage.Format.Format_RGB32)  # a copy
    kept, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return shown.scaled(SIDE, SIDE, kept, smooth).convertToFormat(QImage.Format.Format_RGB32)


class CropLoader(QObject):
    """The GUI thread's handle on the cutter.

    Signals:
        arrived: more pictures are there.
    """

    arrived = Signal()

    _poke = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wishes: Mailbox[_Wish] = Mailbox()
        self._pictures: OrderedDict[Crop, QImage] = OrderedDict()
        self._bytes = 0
        self._video = 0
        self._path: Path | None = None
        self._thread = QThread(self)
        self._thread.setObjectName("crops")
        self._cutter = _Cutter(self._wishes)
        self._cutter.moveToThread(self._thread)
        self._poke.connect(self._cutter.serve)
        self._thread.finished.connect(self._cutter.close)
        self._cutter.cut.connect(self._on_cut)
        self._thread.start()

    def open(self, path: Path | None) -> None:
        """Cut from this video from now on; None = from none. The file is opened at the first wish."""
        self._video += 1
        self._path = path
        self._pictures.clear()
        self._bytes = 0

    def want(self, batches: Sequence[Iterable[Crop]]) -> None:
        """Decode these, batch after batch, in place of what was wanted before."""
        if self._path is None:
            return
        missing = tuple(tuple(crop for crop in batch if self.picture(crop) is None) for batch in batches)
        self._wishes.put(_Wish(self._video, self._path, tuple(batch for batch in missing if batch)))
        self._poke.emit()

    def picture(self, crop: Crop) -> QImage | None:
        """A piece that was decoded; a null image where it cannot be, None while it is not there yet."""
        found = self._pictures.get(crop)
        if found is not None:
            self._pictures.move_to_end(crop)
        return found

    def close(self) -> None:
        """End the thread."""
        self._wishes.put(_Wish(-1, Path(), ()))  # so that a long list is not worked through first
        self._thread.quit()
        self._thread.wait()

    @Slot(int, object)
    def _on_cut(self, video: int, pictures: dict[Crop, QImage]) -> None:
        if video != self._video:
            return
        for crop, cut in pictures.items():
            if crop not in self._pictures:
                self._bytes += cut.sizeInBytes()
            self._pictures[crop] = cut
        while self._bytes > MOST_BYTES:
            self._bytes -= self._pictures.popitem(last=False)[1].sizeInBytes()
        self.arrived.emit()
