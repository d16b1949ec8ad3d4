"""Whether reviewing is quick: opening a long queue, and the next item after a verdict, pictures and all.

    python benchmarks/review_ui.py [--items 10000] [--verdicts 24] [--think 0.7] [--sheets 8]

The real window, offscreen, on a made 1080p clip with 500 tracks. An item is complete when its question, its
film strip and the picture of its frame are there. "Own time" is what the window's thread computed, which
other processes lengthen less than the time on the clock. Between two verdicts a person looks for ``think``
seconds, in which the pictures of the next items are fetched; without that time it is how long fetching takes.
A sheet of nine places is looked at until the pictures of the next are there, and every second of its
places turned.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from workbench.core.edits import ChangeSet
from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.core.rows import BoxRow, Origin, TrackRow
from workbench.services.projects import open_path
from workbench.services.review_items import row_of
from workbench.training.synthetic.clip_types import ClipOptions
from workbench.training.synthetic.clips import make_clip
from workbench.ui.app import SWITCH_INTERVAL
from workbench.ui.main_window import MainWindow
from workbench.video.writer import write_video

FRAMES, TRACKS = 120, 500


def spin(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def until(condition, timeout: float = 60.0) -> None:
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        spin(0.001)


def fill(window: MainWindow, items: int) -> None:
    """Tracks that wander, and issues of all kinds of places among them."""
    project, video = window.project, window.state.video.id
    rng = np.random.default_rng(0)
    ids = list(project.new_ids("track", TRACKS))
    tracks = [TrackRow(t, video, 1, i + 1, "", None) for i, t in enumerate(ids)]
    start = rng.uniform((100, 100), (1700, 800), (TRACKS, 2))
    step = rng.normal(0, 1.2, (TRACKS, 2))
    rows = [
        BoxRow(
            video, f, t, *(start[i] + f * step[i]).tolist(), 60.0, 140.0, 0.8, Origin.MODEL, None, 0, 0, 0, 0
        )
        for f in range(FRAMES)
        for i, t in enumerate(ids)
    ]
    for _ in project.apply_large(ChangeSet.of("Tracks", track=((), tracks), box=((), rows))):
        pass
    issues = [issue(rng, ids) for _ in range(items)]
    new = project.new_ids("review_item", items)
    found = [row_of(one, i, video) for i, one in zip(new, issues, strict=True)]
    for _ in project.apply_large(ChangeSet.of("Find issues", review_item=((), found))):
        pass
    spin(0.5)


def issue(rng: np.random.Generator, ids: list[int]) -> Issue:
    a, b = (ids[i] for i in rng.choice(TRACKS, 2, replace=False))
    frame = int(rng.integers(30, FRAMES - 30))
    chance = float(rng.beta(1, 3))
    fix = Fix(Operation.SWAP, (a, b), frame)
    evidence = (("overlap", 0.4), ("motion prefers exchange", 1.2), ("looks prefer exchange", 2.1))
    return Issue(
        "possible-switch", frame, frame - 8, frame + 8, (a, b), chance, FRAMES - frame, fix, evidence
    )


def measure_opening(window: MainWindow, count: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Milliseconds from showing the video until its queue is listed, and the longest turn of the loop in it.

    Looking at every turn takes so much time that the turns are those of other openings.

    Returns:
        (count, 2) each, by the clock and of own time.
    """
    agenda, listing, marks = window.reviewing.agenda, window.reviewing._listing, [now()]
    every_turn = QTimer(window)
    every_turn.timeout.connect(lambda: marks.append(now()))
    times, turns = [], []
    for number in range(2 * count):
        until(lambda: not window.reading.busy)
        if number == count:
            every_turn.start(0)
        marks[:] = [now()]
        agenda.show_video()
        until(lambda: agenda.items and not listing.isActive())
        window.reviewing.panel.repaint()
        marks.append(now())
        if number < count:
            times.append(marks[-1] - marks[0])
        else:
            turns.append(np.diff(marks, axis=0).max(axis=0))
    every_turn.stop()
    return np.array(times), np.array(turns)


def now() -> np.ndarray:
    """The clock and the time this thread has computed, milliseconds."""
    return np.array([time.perf_counter(), time.thread_time()]) * 1e3


def is_complete(window: MainWindow) -> bool:
    return window.reviewing.stage.strip.is_complete and not window.showing.loader.waiting


def measure_verdicts(window: MainWindow, count: int, think: float) -> tuple[np.ndarray, np.ndarray]:
    """Milliseconds of a verdict's key until the next item is complete; accepting and rejecting by turns.

    Returns:
        until it is complete, and how much of that the window could do nothing else; (count, 2) each, by the
        clock and of own time.
    """
    times, blocked = [], []
    window.reviewing.commands.next_item()
    until(lambda: is_complete(window))
    for i in range(count):
        spin(think)
        item = window.reviewing.agenda.current_id
        started = now()
        (window.reviewing.commands.accept_item if i % 2 else window.reviewing.commands.reject_item)()
        blocked.append(now() - started)
        until(lambda: is_complete(window))
        window.canvas.repaint()
        window.reviewing.stage.repaint()
        times.append(now() - started)
        assert window.reviewing.agenda.current_id not in (-1, item)
    return np.array(times), np.array(blocked)


def measure_sheets(window: MainWindow, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Milliseconds of the key that applies a sheet until the next one is complete, and of turning a cell."""
    sheets = window.reviewing.sheets
    window.reviewing.commands.leave_review()
    sheets.review_sheet()
    times, turns = [], []
    for _ in range(count):
        until(lambda: sheets.window.is_complete and sheets.is_ahead and not window.editor.busy)
        for number in range(0, len(sheets.answers), 2):
            started = now()
            sheets.turn(number)
            sheets.window.repaint()
            turns.append(now() - started)
        until(lambda: sheets.window.is_complete)
        started = now()
        sheets.apply()
        until(lambda: sheets.window.is_complete)
        sheets.window.repaint()
        times.append(now() - started)
    sheets.leave()
    return np.array(times), np.array(turns)


def row(name: str, values: np.ndarray, bar: float | None) -> None:
    value, own = np.percentile(values, 95, axis=0)
    met = "" if bar is None else "yes" if value < bar else "**no**"
    wanted = "" if bar is None else f"{bar:.0f} ms"
    clock_median, own_median = np.median(values, axis=0)
    figures = " | ".join(f"{figure:.0f} ms" for figure in (clock_median, value, own_median, own))
    print(f"| {name} | {figures} | {wanted} | {met} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--verdicts", type=int, default=24)
    parser.add_argument("--think", type=float, default=0.7, help="seconds between two verdicts")
    parser.add_argument("--sheets", type=int, default=8)
    arguments = parser.parse_args()
    app = QApplication(sys.argv[:1])
    sys.setswitchinterval(SWITCH_INTERVAL)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = ClipOptions(width=1920, height=1080, frames=FRAMES, targets=3, seed=11)
        clip = write_video(folder / "clip.mp4", (frame.image for frame in make_clip(options)), fps=25.0)
        window = MainWindow(open_path(clip), QSettings(str(folder / "s.ini"), QSettings.Format.IniFormat))
        window.resize(1600, 1000)
        window.show()
        until(lambda: window.canvas.source_size != (0.0, 0.0))
        gc.freeze()  # as the program does
        fill(window, arguments.items)
        print(
            "| measure | median | 95 % | own time: median | 95 % | bar | met |\n|---|---|---|---|---|---|---|"
        )
        times, blocked = measure_opening(window)
        row(f"opening a queue of {arguments.items} items", times, 200)
        row("longest turn in which the window does nothing else", blocked, 16)
        times, blocked = measure_verdicts(window, arguments.verdicts, arguments.think)
        row(f"verdict to next item complete, {arguments.think:.1f} s apart", times, 100)
        row("of this, the window does nothing else", blocked, None)
        row("the same at once, nothing fetched ahead", measure_verdicts(window, 6, 0.0)[0], None)
        times, turns = measure_sheets(window, arguments.sheets)
        row("a sheet of nine applied, to the next one complete", times, 300)
        row("turning one of its cells", turns, None)
        window.close()
    app.processEvents()


if __name__ == "__main__":
    main()
