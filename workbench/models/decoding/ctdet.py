"""Boxes of CenterNet: the size is regressed at the peak (Zhou et al. 2019, arXiv:1904.07850)."""

from __future__ import annotations

import torch
from torch import Tensor

from workbench.models.decoding.peaks import Found, Peaks, gather, refined, top_peaks
from workbench.models.heads import Maps


def decode_ctdet(maps: Maps, k: int = 100) -> Found:
    """Boxes from hm (C), wh (2, or 2 for each class) and reg (2; may be missing).

    Returns:
        "score", "class" and "box" (B, K, 4) left, top, right, bottom in cells.
    """
    peaks = top_peaks(maps["hm"], k)
    box = boxes_about(refined(peaks, maps.get("reg")), sizes(maps["wh"], peaks))
    return {"score": peaks.scores, "class": peaks.classes, "box": box}


def sizes(maps: Tensor, peaks: Peaks) -> Tensor:
    """Width and height at the peaks, (B, K, 2), of maps with one pair or with a pair for each class."""
    values = gather(maps, peaks.cells)
    if values.shape[2] == 2:
        return values
    own = 2 * peaks.classes[:, :, None] + torch.arange(2, device=values.device)
    return values.gather(2, own)


def boxes_about(centers: Tensor, size: Tensor) -> Tensor:
    """Left, top, right, bottom (..., 4) about centres, both (..., 2)."""
    return torch.cat([centers - size / 2, centers + size / 2], -1)
