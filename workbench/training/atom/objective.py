"""The loss of a batch of pairs: overlaps predicted well, and features a filter can be learned on.

Every pair is used both ways: the target is shown in either frame and looked for in the other, since the
backbone's work, which is most of the cost, is the same.
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
    targets = batch.images.shape[1]
    maps: Maps = network(batch.images.flatten(0, 1))
    seen = (batch.visible > options.visible).all(0) & _inside(batch)
    classifier = _frames(_unit(maps.fine), targets)
    predicted, wanted, found = [], [], []
    for here, there in ((0, 1), (1, 0)):
        there_boxes, overlaps = proposals(batch.boxes[there], options=options.proposals, generator=generator)
        shown, sought = (_frame(maps, f, targets) for f in (here, there))
        predicted.append(predict(network.bb_regressor, shown, sought, batch.boxes[here], there_boxes)[seen])
        wanted.append(2 * overlaps[seen] - 1)
        with torch.autocast(batch.images.device.type, enabled=False):
            found.append(
                filter_loss(
                    *(classifier[f][seen] for f in (here, there)),
                    *(batch.boxes[f][seen] for f in (here, there)),
                    stride=STRIDE,
                    options=options.filter,
                )
            )
    error, truth = torch.cat(predicted).float() - torch.cat(wanted), torch.cat(wanted)
    overlap_loss, filter_part = error.square().mean(), torch.stack(found).mean()
    total = options.overlap_weight * overlap_loss + options.filter_weight * filter_part
    explained = 1 - overlap_loss.detach() / truth.var()
    return Terms(total, overlap_loss.detach(), filter_part.detach(), explained)


def predict(head: AtomIoUNet, shown: Maps, sought: Maps, box: Tensor, boxes: Tensor) -> Tensor:
    """Overlaps (B, N), as IoU * 2 - 1, of boxes (B, N, 4) with targets shown in ``box`` (B, 4)."""
    return head.predict_iou(head.get_modulation(shown, box), head.get_iou_feat(sought), boxes)


def _frame(maps: Maps, frame: int, targets: int) -> Maps:
    return Maps(*(_frames(level, targets)[frame] for level in maps))


def _frames(maps: Tensor, targets: int) -> Tensor:
    """(T * B, ...) to (T, B, ...)."""
    return maps.view(-1, targets, *maps.shape[1:])


def _unit(maps: Tensor) -> Tensor:
    """Maps (B, C, h, w) in float32 divided by the root of their mean square, as the tracker does."""
    maps = maps.float()
    return maps / (maps.square().mean(dim=(1, 2, 3), keepdim=True) + 1e-10).sqrt()


def _inside(batch: PairBatch) -> Tensor:
    """(B,) whether the target's centre lies in the crop in all frames."""
    center = batch.boxes[..., :2] + batch.boxes[..., 2:] / 2
    return ((center > 0) & (center < batch.images.shape[-1])).all(-1).all(0)
