"""3D boxes of CenterNet: depth, size and rotation regressed at the peak (arXiv:1904.07850, section 4.1)."""

from __future__ import annotations

from workbench.models.decoding.peaks import Found, gather, refined, top_peaks
from workbench.models.heads import Maps

RENAMED = {"rot": "rotation", "dep": "depth", "dim": "dimensions", "wh": "size"}


def decode_ddd(maps: Maps, k: int = 40) -> Found:
    """Projected centres and what gives the 3D box, from hm, rot, dep, dim, wh and reg; the last two may miss.

    Returns:
        "score", "class", "center" (B, K, 2) cells, "rotation" (B, K, 8) two bins, "depth" (B, K, 1) metres,
        "dimensions" (B, K, 3) height, width, length in metres, "size" (B, K, 2) of the 2D box in cells.
    """
    peaks = top_peaks(maps["hm"], k)
    found = {"score": peaks.scores, "class": peaks.classes, "center": refined(peaks, maps.get("reg"))}
    return found | {n: gather(maps[head], peaks.cells) for head, n in RENAMED.items() if head in maps}
