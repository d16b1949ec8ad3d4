"""Joints of a person: regressed from the centre, then moved to a peak of the joint's own heat map.

X. Zhou et al., arXiv:1904.07850, section 4.2; CenterTrack's decoder has another threshold and other limits.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.models.decoding.peaks import Peaks, gather, top_of_each_channel

FAR = -10000.0  # where a peak below the threshold is put, so that no joint is near it


@dataclass(frozen=True)
class JointRule:
    """When a joint is moved to a peak.

    Args:
        threshold: least height of the peak.
        reach: largest distance, as a share of the box's longer side; None for any.
    """

    threshold: float = 0.1
    reach: float | None = 0.3


CENTERNET = JointRule()
CENTERTRACK = JointRule(0.2, None)


@dataclass(frozen=True)
class Joints:
    """Joints of the objects.

    Args:
        points: (B, K, J, 2) x, y in cells.
        heights: (B, K, J) of the nearest peak of each joint, -1 where there is none above the threshold.
        moved: (B, K, J) bool: the point is that peak.
    """

    points: Tensor
    heights: Tensor
    moved: Tensor


def regressed_joints(offsets: Tensor, peaks: Peaks) -> Tensor:
    """Joints (B, K, J, 2) from the offsets (B, 2 J, H, W), which point from the whole cell."""
    values = gather(offsets, peaks.cells)
    return values.reshape(*values.shape[:2], -1, 2) + peaks.points[:, :, None]


def moved_to_peaks(
    joints: Tensor, box: Tensor, *, heat: Tensor, offset: Tensor | None, rule: JointRule
) -> Joints:
    """Joints moved to the nearest peak of their heat map, where the rule allows it.

    Args:
        joints: (B, K, J, 2) regressed.
        box: (B, K, 4) of each object, which a peak must not leave.
        heat: (B, J, H, W) of the joints, in [0, 1].
        offset: (B, 2, H, W) of a peak within its cell; None: the middle.
        rule: when.
    """
    places, heights = _joint_peaks(heat, offset, joints.shape[1], rule.threshold)  # (B, J, N, 2), (B, J, N)
    distance, nearest = torch.cdist(joints.transpose(1, 2), places, compute_mode=_EXACT).min(3)  # (B, J, K)
    place = places.gather(2, nearest[..., None].expand(-1, -1, -1, 2)).transpose(1, 2)  # (B, K, J, 2)
    height = heights.gather(2, nearest).transpose(1, 2)
    low, high = box[:, :, None, :2], box[:, :, None, 2:]
    inside = ((place >= low) & (place <= high)).all(3) & (height >= rule.threshold)
    if rule.reach is not None:
        inside &= distance.transpose(1, 2) <= (high - low).amax(3) * rule.reach
    return Joints(torch.where(inside[..., None], place, joints), height, inside)


_EXACT = "donot_use_mm_for_euclid_dist"


def _joint_peaks(heat: Tensor, offset: Tensor | None, k: int, threshold: float) -> tuple[Tensor, Tensor]:
    """Places (B, J, N, 2) and heights (B, J, N) of the best peaks of every joint."""
    peaks = top_of_each_channel(heat, k)
    points = torch.stack([peaks.x, peaks.y], 3)
    points = points + (0.5 if offset is None else gather(offset, peaks.cells.flatten(1)).view_as(points))
    high = peaks.scores > threshold
    return torch.where(high[..., None], points, FAR), torch.where(high, peaks.scores, -1.0)
