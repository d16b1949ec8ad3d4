"""People and their joints of CenterNet (Zhou et al. 2019, arXiv:1904.07850, section 4.2)."""

from __future__ import annotations

from workbench.models.decoding.ctdet import boxes_about
from workbench.models.decoding.joints import CENTERNET, moved_to_peaks, regressed_joints
from workbench.models.decoding.peaks import Found, gather, refined, top_peaks
from workbench.models.heads import Maps


def decode_multi_pose(maps: Maps, k: int = 100) -> Found:
    """Boxes and joints from hm, wh, hps, reg, hm_hp and hp_offset; the last three may be missing.

    Returns:
        "score", "class", "box" (B, K, 4), "joints" (B, K, J, 2) in cells and "joint_scores" (B, K, J): the
        height of a joint's peak, and that of the object where the joint was only regressed.
    """
    peaks = top_peaks(maps["hm"], k)
    box = boxes_about(refined(peaks, maps.get("reg")), gather(maps["wh"], peaks.cells))
    joints = regressed_joints(maps["hps"], peaks)
    scores = peaks.scores[:, :, None].expand(joints.shape[:3])
    if "hm_hp" in maps:
        offset = maps.get("hp_offset")
        moved = moved_to_peaks(joints, box, heat=maps["hm_hp"], offset=offset, rule=CENTERNET)
        joints, scores = moved.points, moved.heights.where(moved.moved, scores)
    boxes = {"score": peaks.scores, "class": peaks.classes, "box": box}
    return boxes | {"joints": joints, "joint_scores": scores}
