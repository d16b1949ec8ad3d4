"""Frames for a window: the quickest picture of exactly the frame asked for.

While a person scrubs, half the size is enough, so half-size pictures are kept by the hundred and a proxy
is used where there is one. Stepping backward through a long group of pictures would decode the group anew
for every step; instead one pass forward fills the caches with the frames before.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.video.cache import FrameCache
from workbench.video.info import Image, VideoInfo
from workbench.video.opening import open_video
from workbench.video.picture import half
from workbench.video.proxy import ProxyReader, open_proxy, proxy_path

HALF_FRAMES = 300
"""Half-size frames kept; a little more than the longest usual group of pictures."""

_BACKWARD = 16  # a jump back by this much or less counts as going backward step by step


@dataclass(frozen=True, eq=False)
class DisplayFrame:
    """What to draw, over the whole of the source's picture.

    Args:
        frame: its number.
        image: (H, W, 3) RGB; nobody may write into it.
        scale: pixels of the image for one of the source: 1.0, or 0.5 (an odd side is rounded up).
    """

    frame: int
    image: Image
    scale: float


class DisplayReader:
    """What the window's loader thread asks. Not thread safe: one reader, one thread.

    Args:
        path: a video file, a folder of images, or one image.
        cache_dir: where proxies lie; None uses none.
        full_bytes: memory for frames in full size.
        half_bytes: memory for frames in half size, at most ``HALF_FRAMES`` of them.

    Raises:
        VideoError: see ``open_video``.
    """

    def __init__(
        self,
        path: Path,
        cache_dir: Path | None = None,
        *,
        full_bytes: int = 384 * 2**20,
        half_bytes: int = 480 * 2**20,
    ) -> None:
        self._reader = open_video(path)
        info = self._reader.info
        size = max(info.width * info.height * 3, 1)
        half_size = max((info.width + 1) // 2 * ((info.height + 1) // 2) * 3, 1)
        self._full_frames = max(full_bytes // size, 1)
        self._half_frames = int(np.clip(half_bytes // half_size, 1, HALF_FRAMES))
        self._full = FrameCache(self._full_frames * size)
        self._half = FrameCache(self._half_frames * half_size)
        self._last = -1
        self._proxy: ProxyReader | None = None
        self.proxy_target = self._target(cache_dir)
        self.find_proxy()

    @property
    def info(self) -> VideoInfo:
        """The facts of the video."""
        return self._reader.info

    @property
    def problems(self) -> tuple[str, ...]:
        """See ``VideoReader.problems``."""
        return self._reader.problems

    @property
    def wants_proxy(self) -> bool:
        """Whether ``build_proxy(info.path, proxy_target)`` would make scrubbing faster."""
        return self._proxy is None and self.proxy_target is not None and self.info.long_gop

    def find_proxy(self) -> bool:
        """Look for the proxy, for instance after it was built; whether there is one now."""
        if self._proxy is None and self.proxy_target is not None and self.proxy_target.exists():
            self._proxy = open_proxy(self.proxy_target, self.info.path, self.info.frame_count)
        return self._proxy is not None

    def frame(self, frame: int, *, exact: bool) -> DisplayFrame:
        """The picture of this frame, never of another.

        Args:
            frame: its number.
            exact: full size is needed; else half size will do when it is quicker.

        Raises:
            IndexError: outside the video.
            VideoError: the frame is damaged.
        """
        before, self._last = self._last, frame
        image = self._full.get(frame)
        if image is not None:
            return DisplayFrame(frame, image, 1.0)
        if not exact:
            small = self._small(frame)
            if small is not None:
                return DisplayFrame(frame, small, 0.5)
        if 0 < before - frame <= _BACKWARD:
            self._fill_backward(frame, exact)
        image = self._full.get(frame)
        if image is None:
            image = self._reader.read(frame)
            self._full.put(frame, image)
            if not exact:
                self._half.put(frame, half(image))
        return DisplayFrame(frame, image, 1.0)

    def warm(self, frame: int) -> DisplayFrame:
        """The full picture of a frame that may be asked for next, decoded unless it is kept already.

        Raises:
            As ``frame``.
        """
        image = self._full.get(frame)
        if image is None:
            image = self._reader.read(frame)
            self._full.put(frame, image)
        return DisplayFrame(frame, image, 1.0)

    def close(self) -> None:
        """Release the files and the memory."""
        self._reader.close()
        if self._proxy is not None:
            self._proxy.close()
        self._full.clear()
        self._half.clear()

    def _target(self, folder: Path | None) -> Path | None:
        is_file = folder is not None and self.info.kind == "file"
        return proxy_path(self.info.path, folder) if folder is not None and is_file else None

    def _small(self, frame: int) -> Image | None:
        image = self._half.get(frame)
        if image is None and self._proxy is not None:
            image = self._proxy.read(frame)
        return image

    def _fill_backward(self, frame: int, exact: bool) -> None:
        """Decode the stretch that ends with ``frame`` once and keep it: the next steps are free."""
        full = max(self._full_frames * 7 // 8, 1) if exact else 1
        stretch = full if exact else self._half_frames * 7 // 8
        start = max(self._reader.run_start(frame), frame - stretch + 1)
        for number, image in self._reader.frames(start, frame + 1):
            if not exact:
                self._half.put(number, half(image))
            if frame - number < full:
                self._full.put(number, image)
