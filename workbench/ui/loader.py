"""The frames that the canvas shows, decoded on a thread of their own.

Wishes and answers pass through mailboxes of one: a newer wish replaces an older one that has not been
taken yet, so scrubbing shows the latest wanted frame and never works through a queue.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from workbench.core.errors import VideoError
from workbench.video.display import DisplayFrame, DisplayReader

log = logging.getLogger(__name__)
T = TypeVar("T")

SETTLE = 150  # ms after the last scrubbing step until the full picture is fetched


class Mailbox(Generic[T]):
    """Holds the latest value put; taking empties it. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value: T | None = None

    def put(self, value: T) -> None:
        """Replace whatever is inside."""
        with self._lock:
            self._value = value

    def take(self) -> T | None:
        """What was put last, or None when it was taken already."""
        with self._lock:
            value, self._value = self._value, None
            return value

    @property
    def empty(self) -> bool:
        """Whether nothing waits to be taken."""
        return self._value is None


@dataclass(frozen=True)
class Wish:
    """A frame to decode; ``video`` tells wishes for an earlier video from those for this one."""

    video: int
    frame: int
    exact: bool


@dataclass(frozen=True)
class Answer:
    """A decoded frame, or the sentence that says why there is none."""

    wish: Wish
    shown: DisplayFrame | None
    problem: str = ""


@dataclass(frozen=True)
class _Source:
    video: int
    path: Path
    cache: Path | None


class _Decoder(QObject):
    """Lives in the loader's thread and owns the reader."""

    ready = Signal()
    warmed = Signal(int, object)
    opened = Signal(int, object, object)
    unreadable = Signal(int, str)

    def __init__(
        self,
        sources: Mailbox[_Source],
        wishes: Mailbox[Wish],
        answers: Mailbox[Answer],
        foreseen: Mailbox[tuple[Wish, ...]],
    ) -> None:
        super().__init__()
        self._sources, self._wishes, self._answers, self._foreseen = sources, wishes, answers, foreseen
        self._reader: DisplayReader | None = None
        self._video = -1

    @Slot()
    def serve(self) -> None:
        """Open the latest source if it is new, then decode the latest wish if it is not taken yet."""
        source = self._sources.take()
        if source is not None:
            self._open(source)
        wish = self._wishes.take()
        if wish is None or wish.video != self._video or self._reader is None:
            return
        self._answers.put(self._decode(self._reader, wish))
        self.ready.emit()

    @Slot()
    def foresee(self) -> None:
        """Decode what will perhaps be wanted, one frame after the other, until something is wanted."""
        for wish in self._foreseen.take() or ():
            if wish.video != self._video or self._reader is None or not self._wishes.empty:
                return
            try:
                self.warmed.emit(wish.video, self._reader.warm(wish.frame))
            except VideoError:
                pass  # it is said when the frame is wanted
            except Exception:  # a decoder's surprise must not end the thread
                log.exception("frame %d", wish.frame)

    @Slot()
    def close(self) -> None:
        """Close the reader."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    @Slot()
    def find_proxy(self) -> None:
        """Use the proxy that was just built."""
        if self._reader is not None:
            self._reader.find_proxy()

    def _open(self, source: _Source) -> None:
        self.close()
        self._video = source.video
        try:
            self._reader = DisplayReader(source.path, source.cache)
        except VideoError as error:
            self.unreadable.emit(source.video, str(error))
            return
        except Exception as error:  # a decoder's surprise must not end the thread
            log.exception("%s", source.path)
            self.unreadable.emit(source.video, f"{source.path} could not be opened: {error!r}.")
            return
        target = self._reader.proxy_target if self._reader.wants_proxy else None
        self.opened.emit(source.video, self._reader.problems, target)

    def _decode(self, reader: DisplayReader, wish: Wish) -> Answer:
        try:
            return Answer(wish, reader.frame(wish.frame, exact=wish.exact))
        except VideoError as error:
            return Answer(wish, None, str(error))
        except Exception as error:  # a decoder's surprise must not end the thread
            log.exception("frame %d", wish.frame)
            return Answer(wish, None, f"Frame {wish.frame} could not be decoded: {error!r}.")


class FrameLoader(QObject):
    """The GUI thread's handle on the decoder.

    Signals:
        shown(DisplayFrame): a wanted frame was decoded.
        failed(frame, sentence): a wanted frame cannot be decoded.
        unreadable(sentence): the video cannot be opened.
        problems(tuple of sentences): what is wrong with the video just opened.
        proxy_wanted(path): scrubbing would be faster with a proxy there.
    """

    shown = Signal(object)
    failed = Signal(int, str)
    unreadable = Signal(str)
    problems = Signal(object)
    proxy_wanted = Signal(object)

    _proxy_built = Signal()
    _poke = Signal()
    _hint = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sources: Mailbox[_Source] = Mailbox()
        self._wishes: Mailbox[Wish] = Mailbox()
        self._answers: Mailbox[Answer] = Mailbox()
        self._foreseen: Mailbox[tuple[Wish, ...]] = Mailbox()
        self._video = 0
        self._wanted: Wish | None = None
        self._frame = 0
        self._ahead: dict[int, DisplayFrame | None] = {}  # frames foreseen, and those that came already
        self._open = False
        self._scrubbing = False
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLE)
        self._settled.timeout.connect(self._fetch_exact)
        self._thread = QThread(self)
        self._thread.setObjectName("loader")
        self._decoder = _Decoder(self._sources, self._wishes, self._answers, self._foreseen)
        self._decoder.moveToThread(self._thread)
        self._poke.connect(self._decoder.serve)
        self._hint.connect(self._decoder.foresee)
        self._proxy_built.connect(self._decoder.find_proxy)
        self._thread.finished.connect(self._decoder.close)
        self._decoder.ready.connect(self._on_ready)
        self._decoder.warmed.connect(self._on_warmed)
        self._decoder.opened.connect(self._on_opened)
        self._decoder.unreadable.connect(self._on_unreadable)
        self._thread.start()

    @property
    def is_open(self) -> bool:
        """Whether there is a video to decode frames of."""
        return self._open

    @property
    def waiting(self) -> bool:
        """Whether the latest wanted frame has not come yet."""
        return self._wanted is not None

    def is_ahead(self, frame: int) -> bool:
        """Whether a frame would be shown at once, because it was foreseen."""
        return self._ahead.get(frame) is not None

    def open(self, path: Path, cache: Path | None) -> None:
        """Show frames of this video from now on; ``cache`` is a folder for its proxy."""
        self.close_video()
        self._open = True
        self._sources.put(_Source(self._video, path, cache))
        self._poke.emit()

    def close_video(self) -> None:
        """Show no video; wishes are not answered until another is opened."""
        self._video += 1
        self._wanted = None
        self._ahead = {}
        self._open = False
        self._settled.stop()

    def request(self, frame: int) -> None:
        """Want a frame; an earlier wish that was not taken yet is dropped.

        While scrubbing a half-size picture of the same frame will do if it is quicker, and the full one is
        fetched when the hand rests.
        """
        self._frame = frame
        self._want(exact=not self._scrubbing)
        if self._scrubbing:
            self._settled.start()

    def foresee(self, frames: Iterable[int]) -> None:
        """These frames will perhaps be wanted soon, the first ones at first; then they are shown at once."""
        if self._open:
            self._ahead = {frame: self._ahead.get(frame) for frame in frames}
            missing = [frame for frame, shown in self._ahead.items() if shown is None]
            self._foreseen.put(tuple(Wish(self._video, frame, True) for frame in missing))
            self._hint.emit()

    @Slot(bool)
    def scrub(self, on: bool) -> None:
        """The user holds the slider, or lets it go."""
        self._scrubbing = on
        if not on and self._settled.isActive():
            self._settled.stop()
            self._fetch_exact()

    @Slot()
    def _fetch_exact(self) -> None:
        self._want(exact=True)

    def _want(self, *, exact: bool) -> None:
        if not self._open:
            return
        shown = self._ahead.get(self._frame)
        if shown is not None:
            self._wishes.take()
            self._wanted = None
            self.shown.emit(shown)
            return
        self._wanted = Wish(self._video, self._frame, exact)
        self._wishes.put(self._wanted)
        self._poke.emit()

    def use_proxy(self) -> None:
        """A proxy was built; use it from now on."""
        self._proxy_built.emit()

    def close(self) -> None:
        """End the thread."""
        self._settled.stop()
        self._thread.quit()
        self._thread.wait()

    @Slot()
    def _on_ready(self) -> None:
        answer = self._answers.take()
        if answer is None or answer.wish.video != self._video or self._wanted is None:
            return  # what was wanted later than this is shown already
        if answer.wish == self._wanted:
            self._wanted = None
        if answer.shown is not None:
            self.shown.emit(answer.shown)
        else:
            self.failed.emit(answer.wish.frame, answer.problem)

    @Slot(int, object)
    def _on_warmed(self, video: int, shown: DisplayFrame) -> None:
        if video == self._video and shown.frame in self._ahead:
            self._ahead[shown.frame] = shown

    @Slot(int, object, object)
    def _on_opened(self, video: int, problems: tuple[str, ...], proxy: Path | None) -> None:
        if video != self._video:
            return
        if problems:
            self.problems.emit(problems)
        if proxy is not None:
            self.proxy_wanted.emit(proxy)

    @Slot(int, str)
    def _on_unreadable(self, video: int, sentence: str) -> None:
        if video == self._video:
            self.close_video()
            self.unreadable.emit(sentence)
