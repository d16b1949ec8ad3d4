"""Drawing the canvas and the timeline, against drawing the bare 1080p picture in the same run.

Offscreen, into a 32-bit image. Times are CPU time of the process, because the painter shares its large
fills among threads. Run with ``python benchmarks/canvas.py``.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from workbench.ui.canvas import EMPTY, CanvasView, Heatmap, Overlay
from workbench.ui.timeline import BoxColumns, Lane, TimelineView
from workbench.ui.timeline.axis import TimeAxis
from workbench.ui.timeline.model import lane_data, replace_tracks
from workbench.ui.timeline.score_strip import ScoreStrip

WIDTH, HEIGHT = 1920, 1080
ROUNDS = 15
ZOOMS = (1, 3, 8, 20, 64, 250, 1000, 5000)  # shares of the video in view
FROM = (15, 13, 16, 14, 11, 5, 6, 5, 5, 6, 7, 8, 1, 0, 0, 1, 2)
TO = (13, 11, 14, 12, 12, 11, 12, 6, 7, 8, 9, 10, 2, 1, 2, 3, 4)
EDGES = np.array([FROM, TO]).T
POSE_X = (
    0.50,
    0.54,
    0.46,
    0.58,
    0.42,
    0.68,
    0.32,
    0.78,
    0.22,
    0.82,
    0.18,
    0.60,
    0.40,
    0.62,
    0.38,
    0.63,
    0.37,
)
POSE_Y = (
    0.07,
    0.05,
    0.05,
    0.07,
    0.07,
    0.20,
    0.20,
    0.37,
    0.37,
    0.52,
    0.52,
    0.52,
    0.52,
    0.75,
    0.75,
    0.97,
    0.97,
)
POSE = np.array([POSE_X, POSE_Y]).T  # of a standing person, as shares of the box
COLORS = np.random.default_rng(1).integers(60, 255, (24, 3)).astype(np.uint8)


@dataclass(frozen=True)
class Times:
    """Milliseconds of one thing and, measured by turns with it, of drawing the bare picture."""

    least: float
    median: float
    bare: float


class Bare:
    """drawImage of a 1080p picture and nothing else: the limit."""

    def __init__(self) -> None:
        self.picture = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        self._source = QImage(self.picture.data, WIDTH, HEIGHT, 3 * WIDTH, QImage.Format.Format_RGB888)
        self._image = QImage(WIDTH, HEIGHT, QImage.Format.Format_ARGB32_Premultiplied)

    def draw(self) -> None:
        """Draw it once."""
        painter = QPainter(self._image)
        painter.drawImage(0, 0, self._source)
        painter.end()

    def measure(self, action: Callable[[], object], rounds: int = ROUNDS) -> Times:
        """The action and the bare picture by turns, so that a busy machine is as busy for both."""
        action()
        spent, limit = [], []
        for _ in range(rounds):
            spent.append(_milliseconds(action))
            limit.append(_milliseconds(self.draw))
        return Times(min(spent), float(np.median(spent)), float(np.median(limit)))


def _milliseconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return 1000 * (time.process_time() - start)


HEAD = "| min ms | median ms | bare ms | x bare | bar | met |\n|---|---|---|---|---|---|---|"


def row(name: str, times: Times, bar: float | None = None) -> str:
    ratio = times.median / times.bare
    verdict = " | " if bar is None else f"{bar:.0f} | {'yes' if ratio <= bar else 'NO'}"
    return f"| {name} | {times.least:.2f} | {times.median:.2f} | {times.bare:.2f} | {ratio:.1f} | {verdict} |"


def overlay(count: int, *, trail: int = 0, skeletons: bool = False, colors: int = 24) -> Overlay:
    """People of 40 to 120 pixels with what is asked for."""
    rng = np.random.default_rng(count)
    tall = rng.uniform(40, 120, count)
    boxes = np.c_[rng.uniform(0, WIDTH - 60, count), rng.uniform(20, HEIGHT - 120, count), tall * 0.42, tall]
    centers = boxes[:, :2] + boxes[:, 2:] / 2
    points = centers[:, None] + np.cumsum(rng.normal(0, 2.0, (count, trail, 2)), axis=1)[:, ::-1]
    joints = np.zeros((count if skeletons else 0, 17, 3), np.float32)
    if skeletons:
        pose = POSE + rng.normal(0, 0.04, (count, 17, 2))
        joints[..., :2] = boxes[:, None, :2] + pose * boxes[:, None, 2:]
    palette = COLORS if colors == len(COLORS) else rng.integers(0, 255, (colors, 3)).astype(np.uint8)
    return Overlay(
        boxes=boxes,
        colors=palette[np.arange(count) % len(palette)],
        labels=[f"{i} person" for i in range(count)],
        track_ids=np.arange(count),
        flags=rng.choice([0, 1, 2, 4, 8, 16], count, p=[0.5, 0.2, 0.1, 0.05, 0.1, 0.05]).astype(np.uint8),
        trail_points=points.reshape(-1, 2),
        trail_lengths=np.full(count if trail else 0, trail),
        joints=joints,
        edges=EDGES,
    )


class Screen:
    """A canvas painted into an image as a window would be, at one picture pixel a screen pixel."""

    def __init__(self, bare: Bare) -> None:
        self.bare = bare
        self.view = CanvasView()
        self.view.resize(WIDTH, HEIGHT)
        self.view.set_image(bare.picture)
        self.view.reset_zoom()
        self._image = QImage(WIDTH, HEIGHT, QImage.Format.Format_ARGB32_Premultiplied)

    def paint(self) -> None:
        """Paint the widget."""
        self.view.render(self._image, QPoint())

    def frame(self, overlay: Overlay) -> None:
        """One frame of a video that plays."""
        self.view.set_image(self.bare.picture)
        self.view.set_overlay(overlay)
        self.paint()

    def show(self, overlay: Overlay) -> Times:
        """Frames with this overlay."""
        return self.bare.measure(lambda: self.frame(overlay))

    def heatmap(self) -> Times:
        """Frames with a new heatmap each."""
        values = np.random.default_rng(0).random((270, 480), np.float32)

        def draw() -> None:
            self.view.set_heatmaps([Heatmap(values, threshold=0.1, peaks=True)])
            self.frame(EMPTY)

        times = self.bare.measure(draw)
        self.view.set_heatmaps([])
        return times

    def drag_step(self, overlay: Overlay) -> Times:
        """The crosshair over a scene that stands still."""
        self.view.set_overlay(overlay)
        self.view.start_drawing(sticky=True)
        self.view._cursor = self.view.to_widget(QPointF(500, 500))
        times = self.bare.measure(self.paint)
        self.view.stop_drawing()
        return times

    def fitted(self) -> Times:
        """The picture alone, smoothly scaled to a smaller window."""
        self.view.resize(1516, 860)
        self.view.fit()
        return self.show(EMPTY)


def benchmark_canvas(bare: Bare) -> None:
    screen = Screen(bare)
    full = overlay(1000, trail=100, skeletons=True)
    print("| 1080p canvas " + HEAD)
    print(row("the widget with the picture alone", screen.show(EMPTY)))
    small = overlay(100, trail=100, skeletons=True, colors=100)
    print(row("100 boxes, labels, trails of 100, skeletons, 100 colours", screen.show(small), 8))
    print(row("1000 boxes and labels", screen.show(overlay(1000)), 12))
    print(row("1000 boxes and labels, 1000 colours", screen.show(overlay(1000, colors=1000)), 12))
    print(row("1000 in full", screen.show(full), 35))
    print(row("heatmap 270 x 480, coloured, 100 peaks found and marked, drawn", screen.heatmap(), 8))
    print(row("1000 in full, one step of a drag", screen.drag_step(full)))
    print(row("picture alone, fitted to 1500 x 844", screen.fitted()))


def runs(boxes: int, tracks: int, frames: int, *, length: int) -> BoxColumns:
    """About ``boxes`` boxes in runs of ``length`` frames, kinds mixed."""
    rng = np.random.default_rng(boxes + length)
    count = max(boxes // length, 1)
    track = rng.integers(0, tracks, count)
    start = rng.integers(0, max(frames // length, 1), count) * length
    key = np.unique(track.astype(np.int64) << 32 | start)
    track, start = np.repeat(key >> 32, length), np.repeat(key & 0xFFFFFFFF, length)
    frame = start + np.tile(np.arange(length), len(key))
    inside = frame < frames
    origin = np.repeat(rng.choice([0, 1, 2, 3], len(key)), length)
    share = rng.random(len(frame))
    return BoxColumns.of(
        track[inside],
        frame[inside],
        origin=origin[inside],
        verified=(share < 0.2)[inside],
        keyframe=(share > 0.97)[inside],
        occluded=((share > 0.5) & (share < 0.6))[inside],
        score=share[inside],
    )


def timeline(columns: BoxColumns, tracks: int, frames: int, lane_height: int) -> TimelineView:
    view = TimelineView()
    view.resize(1600, 1000)
    view.set_video(frames, fps=25)
    colors = np.random.default_rng(2).integers(60, 255, (tracks, 3)).tolist()
    view.set_lanes(Lane(t, t, "", "person", (r, g, b)) for t, (r, g, b) in enumerate(colors))
    view.set_data(lane_data(columns))
    view.lanes.set_lane_height(lane_height)
    view.grab()
    return view


def paint(bare: Bare, widget: QWidget, before: Callable[[], object]) -> Times:
    image = QImage(widget.size(), QImage.Format.Format_ARGB32_Premultiplied)

    def draw() -> None:
        before()
        widget.render(image, QPoint())

    return bare.measure(draw, 7)


def benchmark_timeline(bare: Bare) -> None:
    tracks, frames = 1000, 100_000
    print("\n| 1600 x 1000 timeline, 1000 lanes x 100k frames " + HEAD)
    for boxes, length in ((10_000, 20), (100_000, 20), (1_000_000, 20), (1_000_000, 1)):
        columns = runs(boxes, tracks, frames, length=length)
        for height in (1, 8, 20):
            view = timeline(columns, tracks, frames, height)
            name = f"{boxes:,} boxes in runs of {length}, lanes of {height} px, slowest of {len(ZOOMS)} zooms"
            print(row(name, slowest(bare, view, frames), 30))
    benchmark_changes(bare, view, columns)
    print(row("score strip, 100k frames", score_strip(bare, frames)))


def slowest(bare: Bare, view: TimelineView, frames: int) -> Times:
    """Painting everything anew at the zoom that takes longest."""
    times = []
    for share in ZOOMS:
        view.zoom_to(frames // 3, frames // 3 + frames // share)
        times.append(paint(bare, view.lanes, view.lanes._refresh))
    return max(times, key=lambda t: t.median)


def benchmark_changes(bare: Bare, view: TimelineView, columns: BoxColumns) -> None:
    """The last view, which has a million boxes, as it changes."""
    one = BoxColumns.of([5] * 500, np.arange(500))
    lanes = view.lanes
    print(row("moving the cursor", paint(bare, lanes, lambda: lanes.set_frame(lanes._frame + 1))))
    print(row("runs of 1M boxes", bare.measure(lambda: lane_data(columns), 3)))
    data = lane_data(columns)
    print(row("runs of one changed track", bare.measure(lambda: replace_tracks(data, [5], one), 5)))
    view.show_all()
    lanes.set_lane_height(1)
    print(row("far picture after an edit", paint(bare, lanes, lambda: view.update_tracks([5], one))))


def score_strip(bare: Bare, frames: int) -> Times:
    strip = ScoreStrip()
    strip.resize(1600, 54)
    strip.set_axis(TimeAxis.whole(frames, 1600), 0)
    scores = np.random.default_rng(0).random(frames).astype(np.float32)
    strip.set_curve(np.arange(frames), scores, (120, 160, 220))
    return paint(bare, strip, strip.update)


if __name__ == "__main__":
    app = QApplication([])
    limit = Bare()
    benchmark_canvas(limit)
    benchmark_timeline(limit)
