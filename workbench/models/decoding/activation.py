"""From what the heads say to what it means: heights in [0, 1], depth in metres, both views of a flip test.

X. Zhou et al., arXiv:1904.07850; of CenterTrack, X. Zhou et al., arXiv:2004.01177.
"""

from __future__ import annotations

import torch
from torch import Tensor

from workbench.models.coco_joints import PAIRS
from workbench.models.heads import Maps

AVERAGED = ("wh", "dep", "dim")  # of both views; what is not named here is taken from the upright one
DEPTH_FLOOR = 1e-6


def activated(maps: Maps) -> Maps:
    """The maps in float32, heat maps (their names begin with "hm") in [0, 1], "dep" > 0."""
    return {name: _activated(name, values.float()) for name, values in maps.items()}


def _activated(name: str, values: Tensor) -> Tensor:
    if name.startswith("hm"):
        return values.sigmoid()
    return depth(values) if name == "dep" else values


def depth(values: Tensor) -> Tensor:
    """Metres from the output of the depth head."""
    return 1 / (values.sigmoid() + DEPTH_FLOOR) - 1


def with_mirrored(images: Tensor) -> Tensor:
    """Images (B, ...) and then their mirror images, (2 B, ...)."""
    return torch.cat([images, images.flip(3)])


def merged_views(maps: Maps) -> Maps:
    """One set of maps (B, ...) from those of images and mirror images, (2 B, ...), activated.

    Heat maps, sizes, depth and the places of joints are the mean of both views. The published code takes
    offsets within the cell, distances to the sides, motion and rotation from the upright image alone.
    """
    return {name: _merged(name, *values.chunk(2)) for name, values in maps.items()}


def _merged(name: str, upright: Tensor, mirrored: Tensor) -> Tensor:
    if name == "hm_hp":
        return (upright + mirrored_joints(mirrored)) / 2
    if name == "hps":
        return (upright + mirrored_joint_offsets(mirrored)) / 2
    if name == "amodel_offset":
        sign = mirrored.new_tensor([-1, 1])[:, None, None]
        return (upright + mirrored.flip(3) * sign) / 2
    if name in AVERAGED or name.startswith("hm"):
        return (upright + mirrored.flip(3)) / 2
    return upright


def mirrored_joints(heat: Tensor) -> Tensor:
    """Heat maps of joints (B, 17, H, W) of a mirror image as those of the image: left is right."""
    return heat.flip(3)[:, _partners(heat.shape[1])]


def mirrored_joint_offsets(offsets: Tensor) -> Tensor:
    """Offsets to joints (B, 34, H, W) of a mirror image as those of the image."""
    partners = _partners(offsets.shape[1] // 2)
    channels = [2 * joint + axis for joint in partners for axis in range(2)]
    sign = offsets.new_tensor([-1, 1]).repeat(len(partners))[:, None, None]
    return offsets.flip(3)[:, channels] * sign


def _partners(joints: int) -> list[int]:
    """For each joint the one on the other side, or itself."""
    partner = list(range(joints))
    for left, right in PAIRS:
        if right < joints:
            partner[left], partner[right] = right, left
    return partner
