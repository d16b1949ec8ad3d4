"""One list of detections from those of several scales of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from workbench.core.boxes import xywh_to_xyxy
from workbench.core.detections import Detections
from workbench.inference.detection.options import NmsOptions
from workbench.inference.detection.soft_nms import soft_nms


def merged(parts: Sequence[Detections], *, nms: NmsOptions | None, limit: int | None) -> Detections:
    """The best detections of all parts, best first.

    Args:
        parts: at least one.
        nms: how overlapping boxes of one class are thinned out; None = not at all.
        limit: how many at most; None = all.
    """
    every = parts[0] if len(parts) == 1 else Detections.joined(parts)
    if nms is not None:
        corners = xywh_to_xyxy(every.boxes)
        order, scores = soft_nms(corners, every.scores, every.classes, options=nms)
        every = replace(every[order], scores=scores)
    return every[np.argsort(-every.scores, kind="stable")[:limit]]
