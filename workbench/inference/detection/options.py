"""How a detector looks at an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Resolution: TypeAlias = Literal["fix", "keep", "short"]


@dataclass(frozen=True)
class NmsOptions:
    """How overlapping boxes of one class are thinned out (Bodla et al. 2017, arXiv:1704.04503).

    Args:
        method: "gaussian" and "linear" lower the scores of those below the best, "hard" drops them.
        overlap: intersection over union above which "linear" and "hard" act.
        sigma: of "gaussian".
        least: boxes whose score falls below it are dropped.
        average: power of nearness by which a box becomes the mean of those below it (8 in ExtremeNet's code);
            0 = it stays as it is.
    """

    method: Literal["gaussian", "linear", "hard"] = "gaussian"
    overlap: float = 0.5
    sigma: float = 0.5
    least: float = 0.001
    average: float = 0.0


@dataclass(frozen=True)
class DetectionOptions:
    """What a session does; the defaults are the published ones.

    Args:
        threshold: detections with a higher score are given.
        top: peaks that are read from a map; None = as published (500 for FairMOT, else 100).
        limit: detections that are given at most, the best ones; None = as many as published (as ``top``).
        resolution: "fix" = scaled to the network's own input size; "keep" = the image's own pixels, with a
            border up to the next size the network takes; "short" = the shorter side is scaled to ``short``.
        input_size: width, height in pixels that "fix" scales to; None = the network's own.
        short: pixels.
        scales: of the image, each is looked at, and the results merged.
        flip: look at the mirror image, too.
        nms: thin out overlapping boxes; None = as published, for several scales and for extreme points.
        heatmaps: give the heat maps, too.
        half: half precision where the device is a GPU.
        aggregation: of extreme points, weight of what lies along the edges (0.1 in the paper).
        points_threshold, center_threshold: least height of extreme points and of the centre between them.
        prior_threshold: CenterTrack is shown the tracks with this score or more.
    """

    threshold: float = 0.3
    top: int | None = None
    limit: int | None = None
    resolution: Resolution = "fix"
    input_size: tuple[int, int] | None = None
    short: int = 512
    scales: tuple[float, ...] = (1.0,)
    flip: bool = False
    nms: NmsOptions | None = None
    heatmaps: bool = False
    half: bool = True
    aggregation: float = 0.0
    points_threshold: float = 0.1
    center_threshold: float = 0.1
    prior_threshold: float = 0.3
