"""The images a window has shown lately, kept as long as they fit."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from workbench.video.info import Image


class FrameCache:
    """Images by frame number; the one used longest ago goes first. Thread safe.

    Args:
        max_bytes: memory for the images together; one that is larger is not kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._images: OrderedDict[int, Image] = OrderedDict()
        self._lock = Lock()

    def get(self, frame: int) -> Image | None:
        """The image of a frame, or None; it counts as used."""
        with self._lock:
            image = self._images.get(frame)
            if image is not None:
                self._images.move_to_end(frame)
            return image

    def put(self, frame: int, image: Image) -> None:
        """Keep an image. It is not copied: nobody may write into it afterwards."""
        with self._lock:
            self._drop(frame)
            if image.nbytes > self._max_bytes:
                return
            self._images[frame] = image
            self._bytes += image.nbytes
            while self._bytes > self._max_bytes:
                self._drop(next(iter(self._images)))

    def clear(self) -> None:
        """Forget every image."""
        with self._lock:
            self._images.clear()
            self._bytes = 0

    def __len__(self) -> int:
        with self._lock:
            return len(self._images)

    def __contains__(self, frame: int) -> bool:
        with self._lock:
            return frame in self._images

    def _drop(self, frame: int) -> None:
        image = self._images.pop(frame, None)
        if image is not None:
            self._bytes -= image.nbytes
