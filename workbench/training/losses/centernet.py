"""Losses of CenterNet's tasks (Zhou et al. 2019, arXiv:1904.07850; extreme points arXiv:1901.08043).

Every loss takes the heads' raw outputs by name, (B, C, H, W) each, one mapping a stack of the network (one
in all but the hourglass), and the batch of targets by the names that ``workbench.training.targets`` gives
them, with a leading batch dimension.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from torch import Tensor

from workbench.models.centernet import EXTREMES
from workbench.training.losses.focal import focal_loss, probability
from workbench.training.losses.regression import MaskedRegression, dense_l1, l1, mean_l1, weighted_l1
from workbench.training.losses.rotation import bin_rotation
from workbench.training.losses.task import Heads, TaskLoss, mean_over_stacks, weighted_sum

WEIGHTS: Mapping[str, float] = {
    "hm": 1, "wh": 0.1, "off": 1, "hp": 1, "hm_hp": 1, "hp_offset": 1, "dep": 1, "dim": 1, "rot": 1,
}  # fmt: skip

SizeForm = Literal["object", "class", "dense"]


def ctdet_loss(
    stacks: Sequence[Heads],
    batch: Heads,
    *,
    regression: MaskedRegression = l1,
    size: SizeForm = "object",
    weights: Mapping[str, float] = WEIGHTS,
) -> TaskLoss:
    """Loss of 2D detection: terms hm, wh, off.

    Published behaviour: its option of errors relative to the size (norm_wh) never reaches the sizes of
    objects, so there is none here.

    Args:
        stacks: heads hm, wh, reg.
        batch: hm, ind, reg_mask, reg and, by ``size``, wh, cat_spec_wh and cat_spec_mask, or dense_wh and
            dense_wh_mask.
        regression: of offsets, and of sizes in the form "object".
        size: "object" at the objects' cells, "class" the same with channels for each class, "dense" at every
            cell, weighted by the heatmap.
        weights: of the terms.
    """

    def terms(heads: Heads) -> dict[str, Tensor]:
        return {
            "hm": focal_loss(probability(heads["hm"]), batch["hm"]),
            "wh": _size_loss(heads["wh"], batch, regression, size),
            "off": regression(heads["reg"], batch["reg_mask"], batch["ind"], batch["reg"]),
        }

    return weighted_sum(mean_over_stacks(stacks, terms), weights)


def _size_loss(maps: Tensor, batch: Heads, regression: MaskedRegression, size: SizeForm) -> Tensor:
    if size == "dense":
        return dense_l1(maps, batch["dense_wh_mask"], batch["dense_wh"])
    if size == "class":
        return weighted_l1(maps, batch["cat_spec_mask"], batch["ind"], batch["cat_spec_wh"])
    return regression(maps, batch["reg_mask"], batch["ind"], batch["wh"])


def multi_pose_loss(
    stacks: Sequence[Heads],
    batch: Heads,
    *,
    regression: MaskedRegression = l1,
    dense_joints: bool = False,
    weights: Mapping[str, float] = WEIGHTS,
) -> TaskLoss:
    """Loss of poses: terms hm, wh, off, hp, hm_hp, hp_offset.

    Args:
        stacks: heads hm, wh, reg, hps, hm_hp, hp_offset.
        batch: as for ``ctdet_loss``, and hm_hp, hp_ind, hp_mask, hp_offset and hps with hps_mask, or
            dense_hps with dense_hps_mask.
        regression: of sizes and offsets.
        dense_joints: joints are learnt at every cell near a centre.
        weights: of the terms.
    """

    def terms(heads: Heads) -> dict[str, Tensor]:
        mask, index = batch["reg_mask"], batch["ind"]
        joints = (
            dense_l1(heads["hps"], batch["dense_hps_mask"], batch["dense_hps"])
            if dense_joints
            else weighted_l1(heads["hps"], batch["hps_mask"], index, batch["hps"])
        )
        return {
            "hm": focal_loss(probability(heads["hm"]), batch["hm"]),
            "wh": regression(heads["wh"], mask, index, batch["wh"]),
            "off": regression(heads["reg"], mask, index, batch["reg"]),
            "hp": joints,
            "hm_hp": focal_loss(probability(heads["hm_hp"]), batch["hm_hp"]),
            "hp_offset": regression(
                heads["hp_offset"], batch["hp_mask"], batch["hp_ind"], batch["hp_offset"]
            ),
        }

    return weighted_sum(mean_over_stacks(stacks, terms), weights)


def ddd_loss(stacks: Sequence[Heads], batch: Heads, *, weights: Mapping[str, float] = WEIGHTS) -> TaskLoss:
    """Loss of 3D boxes: terms hm, wh, off, dep, dim, rot.

    Published behaviour: regressions are averaged over all places of the batch, empty ones too; size and
    offset use the mask of rotations, which augmentation leaves alone.

    Args:
        stacks: heads hm, wh, reg, dep (raw; depth is 1 / sigmoid - 1), dim, rot.
        batch: hm, ind, reg_mask, rot_mask, wh, reg, dep, dim, rotbin, rotres.
        weights: of the terms.
    """

    def terms(heads: Heads) -> dict[str, Tensor]:
        index, every, placed = batch["ind"], batch["reg_mask"], batch["rot_mask"]
        return {
            "hm": focal_loss(probability(heads["hm"]), batch["hm"]),
            "wh": mean_l1(heads["wh"], placed, index, batch["wh"]),
            "off": mean_l1(heads["reg"], placed, index, batch["reg"]),
            "dep": mean_l1(depth(heads["dep"]), every, index, batch["dep"]),
            "dim": mean_l1(heads["dim"], every, index, batch["dim"]),
            "rot": bin_rotation(heads["rot"], placed, index, bins=batch["rotbin"], residuals=batch["rotres"]),
        }

    return weighted_sum(mean_over_stacks(stacks, terms), weights)


def depth(logits: Tensor) -> Tensor:
    """Depth in metres of a raw depth head, any shape; positive."""
    return 1 / (logits.sigmoid() + 1e-6) - 1


def exdet_loss(
    stacks: Sequence[Heads],
    batch: Heads,
    *,
    regression: MaskedRegression = l1,
    weights: Mapping[str, float] = WEIGHTS,
) -> TaskLoss:
    """Loss of extreme points: terms hm (of five maps) and off (of four).

    Args:
        stacks: heads hm_t, hm_l, hm_b, hm_r, hm_c and reg_t, reg_l, reg_b, reg_r.
        batch: the same names, ind_t, ind_l, ind_b, ind_r and reg_mask.
        regression: of offsets.
        weights: of the terms.
    """

    def terms(heads: Heads) -> dict[str, Tensor]:
        maps = [focal_loss(probability(heads[f"hm_{p}"]), batch[f"hm_{p}"]) for p in EXTREMES + "c"]
        offsets = [
            regression(heads[f"reg_{p}"], batch["reg_mask"], batch[f"ind_{p}"], batch[f"reg_{p}"])
            for p in EXTREMES
        ]
        return {"hm": sum(maps[1:], maps[0]), "off": sum(offsets[1:], offsets[0])}

    return weighted_sum(mean_over_stacks(stacks, terms), weights)
