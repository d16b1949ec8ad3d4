"""Whether the window stays quick while a video with very many boxes is shown, and when all of them change.

    python benchmarks/opening.py [--boxes 1000000] [--rounds 5]

The real window, offscreen, on tracks of 5000 frames. "Longest block" is the longest time in which the window
could do nothing else, from the wish until the lanes say what is stored.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from review_store import filled
from ui import Lag, spin, until

from workbench.core.edits import ChangeSet
from workbench.services.projects import open_path
from workbench.ui.app import SWITCH_INTERVAL
from workbench.ui.main_window import MainWindow

AT = 7  # the frame that is edited


def measure(act: Callable[[], object], done: Callable[[], bool]) -> tuple[float, float]:
    """Longest block and time until it is done, milliseconds."""
    lag = Lag()
    lag.start()
    began = time.perf_counter()
    act()
    until(done)
    spin(0.1)  # what is painted then counts too
    took = (time.perf_counter() - began) * 1e3 - 100
    return float(lag.stop().max()), took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boxes", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    app = QApplication(sys.argv[:1])
    sys.setswitchinterval(SWITCH_INTERVAL)
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCHMARK_DIR")) as name:
        home = Path(name) / "p.wbp"
        with filled(home, arguments.boxes) as project:
            project.add_video(home.parent / "b.mp4", width=1920, height=1080, frame_count=100, fps=25.0)
        settings = QSettings(str(home.parent / "s.ini"), QSettings.Format.IniFormat)
        window = MainWindow(open_path(home), settings)
        window.resize(1600, 1000)
        window.show()
        gc.freeze()  # as the program does
        report(window, arguments)
        window.close()
    app.processEvents()


def report(window: MainWindow, arguments: argparse.Namespace) -> None:
    project, state, lanes = window.project, window.state, window.timeline.lanes
    video, other = (video.id for video in project.videos())
    tracks = [track.id for track in project.tracks(video)]

    def shown(boxes: int) -> bool:
        """Whether the lanes have so many boxes in the edited frame."""
        return sum(lanes.data.kind_at(track, AT) is not None for track in tracks) == boxes

    def edit() -> None:
        project.apply(ChangeSet.of("Delete", box=(project.boxes_at(video, AT), ())))

    until(lambda: shown(len(tracks)))
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(arguments.rounds):
        state.show_video(other)
        until(lambda: not len(lanes.data.track_ids))
        for name, act, boxes in (
            (f"a video of {arguments.boxes:,} boxes is shown", lambda: state.show_video(video), len(tracks)),
            (f"a box of each of its {len(tracks)} tracks is deleted", edit, 0),
            ("this is undone", window.edits.undo, len(tracks)),
        ):
            before = lanes.data

            def done(before=before, boxes=boxes) -> bool:
                return lanes.data is not before and shown(boxes)

            found.setdefault(name, []).append(measure(act, done))
    print("| what | longest block, median | worst | until the lanes are right, median |\n|---|---|---|---|")
    for name, measured in found.items():
        blocks, took = zip(*measured, strict=True)
        figures = (statistics.median(blocks), max(blocks), statistics.median(took))
        print(f"| {name} | {' | '.join(f'{figure:.0f} ms' for figure in figures)} |")


if __name__ == "__main__":
    main()
