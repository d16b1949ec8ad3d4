"""Boxes and appearance of FairMOT: distances to the four sides, and a vector of unit length at the peak.

Y. Zhang et al. 2021, arXiv:2004.01888.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from workbench.models.decoding.ctdet import boxes_about
from workbench.models.decoding.peaks import Found, gather, refined, top_peaks
from workbench.models.heads import Maps


def decode_mot(maps: Maps, k: int = 500) -> Found:
    """Boxes and embeddings from hm, wh (4: left, top, right, bottom; or 2: width, height), id, reg.

    The published code normalises the whole map of vectors; here only those at the peaks are.

    Returns:
        "score", "class", "box" (B, K, 4) left, top, right, bottom in cells, "embedding" (B, K, E).
    """
    peaks = top_peaks(maps["hm"], k)
    center, size = refined(peaks, maps.get("reg")), gather(maps["wh"], peaks.cells)
    if size.shape[2] == 4:
        box = torch.cat([center - size[..., :2], center + size[..., 2:]], 2)
    else:
        box = boxes_about(center, size)
    found = {"score": peaks.scores, "class": peaks.classes, "box": box}
    if "id" in maps:
        found["embedding"] = functional.normalize(gather(maps["id"], peaks.cells), dim=2)
    return found
