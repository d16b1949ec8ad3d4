"""Tracks to be scored, made without chance, so that reference figures can be stored once."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from workbench.core.boxes import iou
from workbench.metrics.sequence import TrackRows, prepare

FIGURES = Path(__file__).resolve().parents[1] / "data" / "scores" / "trackeval.json"
SEQUENCES = ("ADL-Rundle-6", "ETH-Sunnyday", "KITTI-17", "TUD-Campus")


def of(*rows, size=10.0):
    """Rows of (frame, identity, x) or (frame, identity, x, y): squares of the same size."""
    table = np.array([(*row, 0.0)[:4] for row in rows], np.float64).reshape(-1, 4)
    boxes = np.concatenate([table[:, 2:], np.full((len(table), 2), size)], axis=1)
    return TrackRows.of(table[:, 0], table[:, 1], boxes)


def pair(truth, predicted, **options):
    return prepare(of(*truth), of(*predicted), **options)


def read(path):
    """Columns frame (from 0), identity, x, y, w, h, seventh of a MOTChallenge file."""
    table = np.loadtxt(path, delimiter=",", ndmin=2, usecols=range(7))
    table[:, 0] -= 1
    return table


def disturbed(truth):
    """Ground truth with misses, moved boxes, identities that change or are swapped, and false positives."""
    n = np.arange(len(truth))
    turn = (n * 7919 + 13) % 1000 / 1000  # as good as chance, and the same everywhere
    moved = truth.copy()
    moved[:, 2:4] += truth[:, 4:6] * (0.35 * np.stack([turn, (turn * 37) % 1], axis=1) - 0.175)
    moved[:, 1] += 1000 * (truth[:, 0] // 40)  # every identity changes every 40 frames
    swapped = (truth[:, 0] // 15 % 3 == 1) & (moved[:, 1] % 1000 <= 4)
    moved[swapped, 1] += np.where(moved[swapped, 1] % 2 == 1, 1, -1)
    kept = moved[turn > 0.12]
    false = moved[turn < 0.08].copy()
    false[:, 1] += 500_000
    false[:, 2] += false[:, 4] * 0.5
    return np.concatenate([kept, false])


def greedily_linked(detections, threshold=0.3):
    """Detections linked to those of the frame before, best overlap first."""
    linked, last, count = [], np.empty((0, 7)), 0
    for frame in range(int(detections[:, 0].max()) + 1):
        rows = detections[detections[:, 0] == frame].copy()
        rows[:, 1] = -1
        overlaps = iou(last[:, 2:6], rows[:, 2:6])
        for old, new in zip(*np.unravel_index(np.argsort(-overlaps, axis=None), overlaps.shape), strict=True):
            if overlaps[old, new] < threshold:
                break
            if rows[new, 1] < 0 and last[old, 1] not in rows[:, 1]:
                rows[new, 1] = last[old, 1]
        fresh = rows[:, 1] < 0
        rows[fresh, 1] = count + 1 + np.arange(fresh.sum())
        count += int(fresh.sum())
        linked.append(rows)
        last = rows
    return np.concatenate(linked)


def cases(folder):
    """What is scored against the truth of a sequence of ../shared."""
    return {
        "disturbed": disturbed(read(folder / "gt" / "gt.txt")),
        "linked": greedily_linked(read(folder / "det" / "det.txt")),
    }


def write(path, table):
    lines = (f"{int(r[0]) + 1},{int(r[1])},{','.join(map(repr, r[2:7]))},-1,-1,-1\n" for r in table.tolist())
    path.write_text("".join(lines), encoding="utf-8")
