"""The loss of a batch of pairs: overlaps predicted well, and features a filter can be learned on.

The target is shown in the first frame and looked for in the second, never the other way round: the first
frame's crop lies exactly around the target, and what is looked for there could be answered by "the middle".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from workbench.models.atom import AtomIoUNet, Maps
from workbench.models.atom_slim import STRIDE, SlimAtomNet
from workbench.training.atom.filter_loss import FilterLossOptions, filter_loss
from workbench.training.atom.proposals import ProposalOptions, proposals
from workbench.training.batches import PairBatch


@dataclass(frozen=True)
class ObjectiveOptions:
    """What counts how much.

    Args:
        overlap_weight: of the squared error of predicted overlaps.
        filter_weight: of the discriminative filter loss.
        visible: share of a target that must be seen in both frames for its pair to count.
        proposals: boxes the head is asked about.
        filter: how filters are learned.
    """

    overlap_weight: float = 5.0
    filter_weight: float = 10.0
    visible: float = 0.3
    proposals: ProposalOptions = field(default_factory=ProposalOptions)
    filter: FilterLossOptions = field(default_factory=FilterLossOptions)


class Terms(NamedTuple):
    """The parts of the loss, and how much of the overlaps' variance is explained."""

    total: Tensor
    overlap: Tensor
    filter: Tensor
    explained: Tensor


def objective(
    network: SlimAtomNet, batch: PairBatch, *, options: ObjectiveOptions, generator: torch.Generator
) -> Terms:
    """The loss of one batch.

    Args:
        network: in training mode for training.
        batch: two frames a target.
        options: see ``ObjectiveOptions``.
        generator: of the proposals, on the network's device.
    """
    maps: Maps = network(batch.images.flatten(0, 1))
    targets = batch.images.shape[1]
    seen = usable(batch, options.visible)
    if not seen.any():  # of no use, but a loss of nothing would be no number
        seen = torch.ones_like(seen)
    boxes, overlaps = proposals(batch.boxes[1], options=options.proposals, generator=generator)
    shown, sought = (Maps(*(_frames(level, targets)[f] for level in maps)) for f in (0, 1))
    predicted = predict(network.bb_regressor, shown, sought, batch.boxes[0], boxes)[seen].float()
    wanted = 2 * overlaps[seen] - 1
    overlap_loss = (predicted - wanted).square().mean()
    with torch.autocast(batch.images.device.type, enabled=False):
        filter_part = filter_loss(
            _unit(shown.fine[seen]),
            _unit(sought.fine[seen]),
            batch.boxes[0][seen],
            batch.boxes[1][seen],
            stride=STRIDE,
            options=options.filter,
        )
    total = options.overlap_weight * overlap_loss + options.filter_weight * filter_part
    explained = 1 - overlap_loss.detach() / wanted.var()
    return Terms(total, overlap_loss.detach(), filter_part.detach(), explained)


def predict(head: AtomIoUNet, shown: Maps, sought: Maps, box: Tensor, boxes: Tensor) -> Tensor:
    """Overlaps (B, N), as IoU * 2 - 1, of boxes (B, N, 4) with targets shown in ``box`` (B, 4)."""
    return head.predict_iou(head.get_modulation(shown, box), head.get_iou_feat(sought), boxes)


def _frames(maps: Tensor, targets: int) -> Tensor:
    """(T * B, ...) to (T, B, ...)."""
    return maps.view(-1, targets, *maps.shape[1:])


def _unit(maps: Tensor) -> Tensor:
    """Maps (B, C, h, w) in float32 divided by the root of their mean square, as the tracker does."""
    maps = maps.float()
    return maps / (maps.square().mean(dim=(1, 2, 3), keepdim=True) + 1e-10).sqrt()


def usable(batch: PairBatch, visible: float) -> Tensor:
    """(B,) whether more than that share of a target is seen, and its centre in view, in all frames."""
    center = batch.boxes[..., :2] + batch.boxes[..., 2:] / 2
    inside = ((center > 0) & (center < batch.images.shape[-1])).all(-1).all(0)
    return (batch.visible > visible).all(0) & inside
