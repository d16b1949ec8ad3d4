"""Boxes from their extreme points: four points that fit together, with an object in their middle.

X. Zhou, J. Zhuo, P. Krahenbuhl, "Bottom-up Object Detection by Grouping Extreme and Center Points", CVPR
2019, arXiv:1901.08043. The published decoder scores all K^4 combinations of K points a side and subtracts 1
for each rule that is broken, so that no broken one has a score above 0. Here a side is joined to those before
it only where the rules hold, which leaves the same combinations above 0, and those of three sides that may
score highest are joined to the fourth first, until no other can be among the best.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.models.decoding.aggregation import aggregated
from workbench.models.decoding.peaks import Found, Peaks, peaks_at, refined, suppressed
from workbench.models.heads import Maps

SIDES = "tlbr"  # top, left, bottom, right
AXES = {"t": 3, "l": 2, "b": 3, "r": 2}  # along which an edge of this side runs
BLOCK = 1 << 11  # combinations of three sides that are joined to the fourth at once
ROUNDING = 1e-5  # of a score


@dataclass(frozen=True)
class ExdetOptions:
    """How extreme points are grouped.

    Args:
        k: points of each side.
        points_threshold: least height of a point.
        center_threshold: least height of the centre map in the middle.
        aggregation: weight of edge aggregation; 0 = none.
        count: how many boxes are given, at most.
    """

    k: int = 100
    points_threshold: float = 0.1
    center_threshold: float = 0.1
    aggregation: float = 0.0
    count: int = 1000


@dataclass(frozen=True)
class _Sides:
    """The points of the four sides of one image: whole x and y, score, class and exact place, by side."""

    x: dict[str, Tensor]
    y: dict[str, Tensor]
    score: dict[str, Tensor]
    kind: dict[str, Tensor]
    place: dict[str, Tensor]


def decode_exdet(maps: Maps, options: ExdetOptions | None = None) -> Found:
    """Boxes from hm_t, hm_l, hm_b, hm_r, hm_c and reg_t ... reg_r (which may be missing).

    The points are of any class where they have one map and the centres have several; the class is then that
    of the highest centre.

    Returns:
        "score" (0 where there are fewer than others of the batch), "class", "box" (B, N, 4) left, top, right,
        bottom and "extremes" (B, N, 4, 2) top, left, bottom, right in cells; N up to ``options.count``.
    """
    options = options or ExdetOptions()
    peaks = {side: _side_peaks(maps[f"hm_{side}"], options, AXES[side]) for side in SIDES}
    places = {side: refined(peaks[side], maps.get(f"reg_{side}")) for side in SIDES}
    center, kinds = maps["hm_c"], None
    if maps["hm_t"].shape[1] < center.shape[1]:
        center, kinds = center.max(1, keepdim=True)
    found = []
    for image in range(len(center)):
        sides = _sides(peaks, places, image)
        found.append(_grouped(sides, center[image], None if kinds is None else kinds[image], options))
    return {name: _stacked([one[name] for one in found]) for name in found[0]}


def _side_peaks(heat: Tensor, options: ExdetOptions, axis: int) -> Peaks:
    if options.aggregation > 0:
        heat = aggregated(heat, axis, options.aggregation)
    return _top_points(suppressed(heat).clamp_max(1), options.k)


def _top_points(heat: Tensor, k: int) -> Peaks:
    """The ``k`` highest cells: of each class, then of all.

    Aggregated heights are cut at 1, so many are equal; which of those are taken follows from these steps.
    """
    scores, cells = heat.flatten(2).topk(min(k, heat[0, 0].numel()))
    count = cells.shape[2]
    best, places = scores.flatten(1).topk(min(k, heat.shape[1] * count))
    return peaks_at(best, places // count, cells.flatten(1).gather(1, places), heat.shape[3])


def _sides(peaks: dict[str, Peaks], places: dict[str, Tensor], image: int) -> _Sides:
    of = {side: (p.x[image], p.y[image], p.scores[image], p.classes[image]) for side, p in peaks.items()}
    x, y, score, kind = ({side: values[i] for side, values in of.items()} for i in range(4))
    return _Sides(x, y, score, kind, {side: place[image] for side, place in places.items()})


def _grouped(sides: _Sides, center: Tensor, kinds: Tensor | None, options: ExdetOptions) -> Found:
    """The best boxes of one image, of centre heights (C, H, W)."""
    fits = _fits(sides, options.points_threshold)
    rows = {"t": torch.arange(len(sides.x["t"]), device=center.device)}
    for side in "lb":
        rows = _joined(rows, side, fits)
    bounds, order = _bounds(rows, sides, center, fits, options).sort(descending=True)
    order = order[bounds > 0]
    best = center.new_empty(0), dict.fromkeys(SIDES, order[:0])
    for start in range(0, len(order), BLOCK):
        if len(best[0]) == options.count and best[0][-1] > bounds[start] + ROUNDING:
            break  # neither this block nor any after it holds a better one
        block = {side: numbers[order[start : start + BLOCK]] for side, numbers in rows.items()}
        scores, whole = _scored(_joined(block, "r", fits), sides, center, options)
        scores = torch.cat([best[0], scores])
        whole = {side: torch.cat([best[1][side], whole[side]]) for side in SIDES}
        scores, places = scores.topk(min(options.count, len(scores)))
        best = scores, {side: whole[side][places] for side in SIDES}
    return _boxes(*best, sides, kinds)


def _bounds(
    rows: dict[str, Tensor], sides: _Sides, center: Tensor, fits: dict[str, Tensor], options: ExdetOptions
) -> Tensor:
    """What a combination of top, left and bottom can score at most, with the best right point for its left.

    The middle's row is that of top and bottom and its column that of left and right, so the best of all right
    points is known for every left point and row of the map.
    """
    channels, height, width = center.shape
    left, right = fits["lr"].nonzero(as_tuple=True)
    column = ((sides.x["l"][left] + sides.x["r"][right] + 0.5) / 2).long()
    column = column + width * sides.kind["l"][left] if channels > 1 else column
    middle = center.transpose(1, 2).reshape(channels * width, height)[column]  # pairs, rows of the map
    gain = torch.where(
        middle >= options.center_threshold, sides.score["r"][right][:, None] + 2 * middle, -torch.inf
    )
    best = gain.new_full((len(sides.x["l"]), height), -torch.inf)
    best.scatter_reduce_(0, left[:, None].expand_as(gain), gain, "amax")
    row = _middle_row(rows, sides)
    return (sum(sides.score[side][rows[side]] for side in "tlb") + best[rows["l"], row]) / 6


def _middle_row(rows: dict[str, Tensor], sides: _Sides) -> Tensor:
    return ((sides.y["t"][rows["t"]] + sides.y["b"][rows["b"]] + 0.5) / 2).long()


def _fits(sides: _Sides, threshold: float) -> dict[str, Tensor]:
    """For two sides ("tl", ...), which of their points may belong to one object, (K, K) bool."""
    x, y = sides.x, sides.y

    def no_more(values: dict[str, Tensor], low: str, high: str) -> Tensor:
        return values[low][:, None] <= values[high][None, :]

    fits = {
        "tl": no_more(y, "t", "l") & no_more(x, "l", "t").T,
        "tb": no_more(y, "t", "b"),
        "tr": no_more(y, "t", "r") & no_more(x, "t", "r"),
        "lb": no_more(x, "l", "b") & no_more(y, "l", "b"),
        "lr": no_more(x, "l", "r"),
        "br": no_more(x, "b", "r") & no_more(y, "r", "b").T,
    }
    high = {side: sides.score[side] >= threshold for side in SIDES}
    return {
        pair: table
        & (sides.kind[pair[0]][:, None] == sides.kind[pair[1]][None, :])
        & (high[pair[0]][:, None] & high[pair[1]][None, :])
        for pair, table in fits.items()
    }


def _joined(rows: dict[str, Tensor], side: str, fits: dict[str, Tensor]) -> dict[str, Tensor]:
    """Combinations of points (their numbers by side) with every point of one more side that fits them all."""
    allowed = torch.stack([fits[before + side][numbers] for before, numbers in rows.items()]).all(0)
    row, added = allowed.nonzero(as_tuple=True)
    return {before: numbers[row] for before, numbers in rows.items()} | {side: added}


def _scored(
    whole: dict[str, Tensor], sides: _Sides, center: Tensor, options: ExdetOptions
) -> tuple[Tensor, dict[str, Tensor]]:
    """Scores of the combinations with an object in their middle, and these combinations."""
    channels, height, width = center.shape
    x = ((sides.x["l"][whole["l"]] + sides.x["r"][whole["r"]] + 0.5) / 2).long()
    y = _middle_row(whole, sides)
    channel = sides.kind["t"][whole["t"]] if channels > 1 else 0
    middle = center.flatten()[(channel * height + y) * width + x]
    total = sum((sides.score[side][whole[side]] for side in SIDES), 2 * middle) / 6
    kept = (middle >= options.center_threshold) & (total > 0)
    return total[kept], {side: numbers[kept] for side, numbers in whole.items()}


def _boxes(scores: Tensor, whole: dict[str, Tensor], sides: _Sides, kinds: Tensor | None) -> Found:
    extremes = torch.stack([sides.place[side][whole[side]] for side in SIDES], 1)  # (N, 4, 2)
    top, left, bottom, right = extremes.unbind(1)
    box = torch.stack([left[:, 0], top[:, 1], right[:, 0], bottom[:, 1]], 1)
    kind = sides.kind["t"][whole["t"]]
    if kinds is not None:
        x = (sides.x["l"][whole["l"]] + sides.x["r"][whole["r"]] + 0.5) / 2
        y = (sides.y["t"][whole["t"]] + sides.y["b"][whole["b"]] + 0.5) / 2
        kind = kinds[0, y.long(), x.long()]
    return {"score": scores, "class": kind, "box": box, "extremes": extremes}


def _stacked(parts: list[Tensor]) -> Tensor:
    """One tensor of the images' rows, filled up with zeros."""
    return torch.nn.utils.rnn.pad_sequence(parts, batch_first=True)
