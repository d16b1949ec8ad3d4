"""One list of detections from those of several scales of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from workbench.core.boxes import xywh_to_xyxy, xyxy_to_xywh
from workbench.core.detections import Detections
from workbench.inference.detection.options import NmsOptions
from workbench.inference.detection.soft_nms import soft_nms, soft_nms_averaged


def merged(parts: Sequence[Detections], *, nms: NmsOptions | None, limit: int | None) -> Detections:
    """The best detections of all parts, best first.

    Args:
        parts: at least one.
        nms: how overlapping boxes of one class are thinned out; None = not at all.
        limit: how many at most; None = all.
    """
    every = parts[0] if len(parts) == 1 else Detections.joined(parts)
    if nms is not None:
        every = _averaged(every, nms) if nms.average else _thinned(every, nms)
    return every[np.argsort(-every.scores, kind="stable")[:limit]]


def _thinned(every: Detections, nms: NmsOptions) -> Detections:
    order, scores = soft_nms(xywh_to_xyxy(every.boxes), every.scores, every.classes, options=nms)
    return replace(every[order], scores=scores)


def _averaged(every: Detections, nms: NmsOptions) -> Detections:
    """Thinned out class by class, each box the mean of those it is the best version of, by their scores."""
    parts = []
    for kind in np.unique(every.classes):
        of = every[every.classes == kind]
        weights = np.column_stack([of.scores, of.scores])
        order, corners, scores = soft_nms_averaged(xywh_to_xyxy(of.boxes), of.scores, weights, options=nms)
        parts.append(replace(of[order], boxes=xyxy_to_xywh(corners), scores=scores))
    return Detections.joined(parts) if parts else every
