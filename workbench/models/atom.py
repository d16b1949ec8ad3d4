"""The networks of ATOM: a backbone, and a head that predicts how well a box overlaps its target.

M. Danelljan, G. Bhat, F. S. Khan, M. Felsberg, "ATOM: Accurate Tracking by Overlap Maximization",
CVPR 2019, arXiv:1811.07628. Modules and their attributes carry the names of the published weights.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from workbench.models.prroi_pool import prroi_pool
from workbench.models.resnet import ResNet, resnet18, resnet50

STAGES = ("layer2", "layer3")
STRIDES = (8, 16)


class Maps(NamedTuple):
    """A pair of maps, vectors or pooled values: one at stride 8, one at stride 16."""

    fine: Tensor
    coarse: Tensor


class LinearBlock(nn.Module):
    """A linear layer over pooled features, batch norm and ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, pooled: Tensor) -> Tensor:
        """(N, C, h, w) to (N, outputs)."""
        x = self.linear(pooled.flatten(1))
        return torch.relu(self.bn(x[..., None, None]))[..., 0, 0]


def _conv(inputs: int, outputs: int, kernel: int = 3, padding: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, padding=padding), nn.BatchNorm2d(outputs), nn.ReLU()
    )


class AtomIoUNet(nn.Module):
    """Predicts the overlap of boxes with a target it was shown in one reference image.

    The reference branch turns the target's appearance into one vector for each of two feature levels
    (the modulation); the test branch weighs its maps with them, pools each box, and predicts.

    Args:
        inputs: channels of the backbone's maps.
        width: channels inside.
    """

    def __init__(self, inputs: tuple[int, int] = (128, 256), width: int = 256) -> None:
        super().__init__()
        fine, coarse = inputs
        self.conv3_1r = _conv(fine, 128)
        self.conv3_1t = _conv(fine, width)
        self.conv3_2t = _conv(width, width)
        self.fc3_1r = _conv(128, 256, padding=0)
        self.conv4_1r = _conv(coarse, 256)
        self.conv4_1t = _conv(coarse, width)
        self.conv4_2t = _conv(width, width)
        self.fc34_3r = _conv(512, width, kernel=1, padding=0)
        self.fc34_4r = _conv(512, width, kernel=1, padding=0)
        self.fc3_rt = LinearBlock(width * 5 * 5, 256)
        self.fc4_rt = LinearBlock(width * 3 * 3, 256)
        self.iou_predictor = nn.Linear(512, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, mode="fan_in")
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def get_modulation(self, features: tuple[Tensor, ...], boxes: Tensor) -> Maps:
        """What the head remembers of a target.

        Args:
            features: backbone maps of the reference images, (B, C, h, w) each.
            boxes: (B, 4) x, y, w, h in pixels.

        Returns:
            Two vectors, (B, width, 1, 1).
        """
        corners = _corners(boxes[:, None])
        fine = prroi_pool(self.conv3_1r(features[0]), corners, size=3, scale=1 / STRIDES[0])[:, 0]
        coarse = prroi_pool(self.conv4_1r(features[1]), corners, size=1, scale=1 / STRIDES[1])[:, 0]
        both = torch.cat([self.fc3_1r(fine), coarse], dim=1)  # (B, 512, 1, 1)
        return Maps(self.fc34_3r(both), self.fc34_4r(both))

    def get_iou_feat(self, features: tuple[Tensor, ...]) -> Maps:
        """The maps boxes are pooled from, (B, width, h, w) each."""
        return Maps(self.conv3_2t(self.conv3_1t(features[0])), self.conv4_2t(self.conv4_1t(features[1])))

    def predict_iou(
        self, modulation: tuple[Tensor, ...], features: tuple[Tensor, ...], boxes: Tensor
    ) -> Tensor:
        """Predicted overlap, scaled as in training (IoU * 2 - 1).

        Args:
            modulation: of ``get_modulation``.
            features: of ``get_iou_feat``.
            boxes: (B, N, 4) x, y, w, h in pixels.

        Returns:
            (B, N).
        """
        corners = _corners(boxes)
        # Weighing what was pooled equals pooling what was weighed, and is far less work.
        fine = prroi_pool(features[0], corners, size=5, scale=1 / STRIDES[0]) * modulation[0][:, None]
        coarse = prroi_pool(features[1], corners, size=3, scale=1 / STRIDES[1]) * modulation[1][:, None]
        vectors = torch.cat([self.fc3_rt(fine.flatten(0, 1)), self.fc4_rt(coarse.flatten(0, 1))], dim=1)
        overlaps: Tensor = self.iou_predictor(vectors)
        return overlaps.view(boxes.shape[:2])

    def forward(
        self, reference: tuple[Tensor, ...], test: tuple[Tensor, ...], box: Tensor, proposals: Tensor
    ) -> Tensor:
        """Predicted overlaps for training.

        Args:
            reference: maps of S sequences' reference images, (S, C, h, w).
            test: maps of their test images, frame by frame, (T * S, C, h, w).
            box: (S, 4) in the reference images.
            proposals: (T, S, N, 4) in the test images.

        Returns:
            (T, S, N).
        """
        frames = proposals.shape[0]
        modulation = self.get_modulation(reference, box)
        repeated = tuple(vector.repeat(frames, 1, 1, 1) for vector in modulation)
        overlaps = self.predict_iou(repeated, self.get_iou_feat(test), proposals.flatten(0, 1))
        return overlaps.view(*proposals.shape[:3])


class AtomNet(nn.Module):
    """Backbone and overlap head.

    Args:
        backbone: gives maps at stride 8 and 16.
        bb_regressor: the head.
    """

    def __init__(self, backbone: ResNet, bb_regressor: AtomIoUNet) -> None:
        super().__init__()
        self.feature_extractor = backbone
        self.bb_regressor = bb_regressor

    def backbone_maps(self, images: Tensor) -> Maps:
        """Maps at stride 8 and 16 of normalised images (B, 3, h, w)."""
        maps = self.feature_extractor.features(images, STAGES)
        return Maps(*(maps[name] for name in STAGES))

    def forward(self, train: Tensor, test: Tensor, box: Tensor, proposals: Tensor) -> Tensor:
        """Predicted overlaps (T, S, N) of proposals in test images, given the target in a train image.

        Args:
            train: (S, 3, h, w) normalised, one reference image for each of S sequences.
            test: (T, S, 3, h, w) or (S, 3, h, w).
            box: (S, 4) x, y, w, h of the target in the reference images.
            proposals: (T, S, N, 4) or (S, N, 4).
        """
        reference = self.backbone_maps(train)
        maps = self.backbone_maps(test.reshape(-1, *test.shape[-3:]))
        per_frame = proposals if proposals.dim() == 4 else proposals[None]
        overlaps: Tensor = self.bb_regressor(reference, maps, box, per_frame)
        return overlaps


def atom_resnet18() -> AtomNet:
    """The network of the published tracker."""
    return AtomNet(resnet18(), AtomIoUNet((128, 256)))


def atom_resnet50() -> AtomNet:
    """The same head on a deeper backbone."""
    return AtomNet(resnet50(), AtomIoUNet((512, 1024)))


def _corners(boxes: Tensor) -> Tensor:
    """x, y, w, h to left, top, right, bottom."""
    return torch.cat([boxes[..., :2], boxes[..., :2] + boxes[..., 2:]], dim=-1)
