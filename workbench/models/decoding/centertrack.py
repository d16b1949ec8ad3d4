"""What CenterTrack finds: boxes, the way to each object's previous place, and all optional heads.

X. Zhou, V. Koltun, P. Krahenbuhl, "Tracking Objects as Points", ECCV 2020, arXiv:2004.01177.
"""

from __future__ import annotations

from torch import Tensor

from workbench.models.decoding.ctdet import boxes_about, sizes
from workbench.models.decoding.joints import CENTERTRACK, moved_to_peaks, regressed_joints
from workbench.models.decoding.peaks import Found, Peaks, gather, refined, top_peaks
from workbench.models.heads import Maps

READ = {  # heads that are read at the peak as they are
    "tracking": "offset",
    "dep": "depth",
    "rot": "rotation",
    "dim": "dimensions",
    "amodel_offset": "center_offset",
    "nuscenes_att": "attributes",
    "velocity": "velocity",
}


def decode_centertrack(maps: Maps, k: int = 100) -> Found:
    """All that the heads at hand tell; only hm is needed.

    Returns:
        "score", "class", "center" (B, K, 2) whole cells, "box" (B, K, 4) left, top, right, bottom in cells
        (the amodal one where that head is there), the values named in ``READ``, "joints" (B, K, J, 2),
        "joint_scores" (B, K, J) and "pose_score" (B, K).
    """
    peaks = top_peaks(maps["hm"], k)
    found = {"score": peaks.scores, "class": peaks.classes, "center": peaks.points}
    visible = _visible_box(maps, peaks)
    if "ltrb_amodal" in maps:
        found["box"] = _box_of_sides(maps["ltrb_amodal"], peaks)
    elif visible is not None:
        found["box"] = visible
    found |= {n: gather(maps[head], peaks.cells) for head, n in READ.items() if head in maps}
    return found | (_pose(maps, peaks, visible) if "hps" in maps else {})


def _visible_box(maps: Maps, peaks: Peaks) -> Tensor | None:
    if "ltrb" in maps:
        return _box_of_sides(maps["ltrb"], peaks)
    if "wh" in maps:
        return boxes_about(refined(peaks, maps.get("reg")), sizes(maps["wh"], peaks).clamp_min(0))
    return None


def _box_of_sides(sides: Tensor, peaks: Peaks) -> Tensor:
    """Boxes whose sides are regressed from the whole cell."""
    return gather(sides, peaks.cells) + peaks.points.repeat(1, 1, 2)


def _pose(maps: Maps, peaks: Peaks, box: Tensor | None) -> Found:
    joints = regressed_joints(maps["hps"], peaks)
    if "hm_hp" not in maps or box is None:
        scores = peaks.scores[:, :, None].expand(joints.shape[:3])
        return {"joints": joints, "joint_scores": scores, "pose_score": peaks.scores}
    offset = maps.get("hp_offset", maps.get("reg"))
    moved = moved_to_peaks(joints, box, heat=maps["hm_hp"], offset=offset, rule=CENTERTRACK)
    scores = moved.heights.where(moved.moved, peaks.scores[:, :, None])
    return {"joints": moved.points, "joint_scores": scores, "pose_score": peaks.scores * scores.mean(2)}
