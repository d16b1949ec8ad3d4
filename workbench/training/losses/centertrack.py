"""Loss of CenterTrack (Zhou et al. 2020, arXiv:2004.01177): whatever heads the network has, summed."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from workbench.training.losses.centernet import depth
from workbench.training.losses.focal import fast_focal_loss, probability
from workbench.training.losses.regression import weighted_bce, weighted_l1
from workbench.training.losses.rotation import bin_rotation
from workbench.training.losses.task import Heads, TaskLoss, weighted_sum

LIGHT_HEADS: Mapping[str, float] = {"wh": 0.1, "ltrb": 0.1, "ltrb_amodal": 0.1}


def centertrack_loss(heads: Heads, batch: Heads, *, light: Mapping[str, float] = LIGHT_HEADS) -> TaskLoss:
    """Loss of one output: a term for each head, by the head's name.

    Args:
        heads: raw outputs (B, C, H, W): hm and any of reg, wh, tracking, ltrb, ltrb_amodal, velocity, dep,
            dim, rot, amodel_offset, hps, hm_hp, hp_offset, nuscenes_att.
        batch: targets with a leading batch dimension, as ``workbench.training.targets.centertrack`` names
            them: each regression X with its mask X_mask of the same shape.
        light: weights of the heads whose weight is not 1.
    """
    terms = {name: _head_loss(name, maps, batch) for name, maps in heads.items()}
    return weighted_sum(terms, {name: light.get(name, 1.0) for name in terms})


def _head_loss(name: str, maps: Tensor, batch: Heads) -> Tensor:
    if name == "hm":
        objects = {"index": batch["ind"], "category": batch["cat"], "mask": batch["mask"]}
        return fast_focal_loss(probability(maps), batch["hm"], **objects)
    if name == "hm_hp":
        joints = {"index": batch["hp_ind"], "category": batch["joint"], "mask": batch["hm_hp_mask"]}
        return fast_focal_loss(probability(maps), batch["hm_hp"], **joints)
    if name == "rot":
        return bin_rotation(
            maps, batch["rot_mask"], batch["ind"], bins=batch["rotbin"], residuals=batch["rotres"]
        )
    index = batch["hp_ind" if name == "hp_offset" else "ind"]
    loss = weighted_bce if name == "nuscenes_att" else weighted_l1
    return loss(depth(maps) if name == "dep" else maps, batch[f"{name}_mask"], index, batch[name])
