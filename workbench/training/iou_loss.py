"""The loss of ATOM's overlap head: squared error of the overlaps it predicts for boxes near a target.

As published (Danelljan et al. 2019, arXiv:1811.07628), overlaps are learned as IoU * 2 - 1, in [-1, 1].
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from workbench.models.atom import AtomNet


def iou_loss(
    network: AtomNet, train: Tensor, test: Tensor, *, boxes: Tensor, proposals: Tensor, overlaps: Tensor
) -> Tensor:
    """Mean squared error over all proposals, a scalar.

    Published behaviour: only the head is trained, yet the whole network is in training mode, so that the
    backbone's batch norm uses, and its running statistics follow, the training's pictures.

    Args:
        network: in training mode for training.
        train: (S, 3, h, w) normalised reference images.
        test: (T, S, 3, h, w) normalised test images, or (S, 3, h, w).
        boxes: (S, 4) x, y, w, h of the targets in the reference images.
        proposals: (T, S, N, 4) in the test images, or (S, N, 4).
        overlaps: of the proposals with their targets, (T, S, N) or (S, N), in [0, 1].
    """
    predicted = network(train, test, boxes, proposals)
    return functional.mse_loss(predicted, 2 * overlaps.view_as(predicted) - 1)
