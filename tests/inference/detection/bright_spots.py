"""A network without weights that finds bright squares, to see where sessions put what a network says."""

import torch
from torch.nn import functional

from workbench.models.heads import HeatmapNetwork, NetworkSpec
from workbench.models.recognition import Spec
from workbench.models.weights_header import Header


class BrightSpots(HeatmapNetwork):
    """Peaks in the middle of what is red are class 0, of what is blue class 1; every box has 8 x 4 cells.

    Args:
        embedding: give an embedding, too, that tells how green the place is.
    """

    def __init__(self, *, embedding=False):
        super().__init__(NetworkSpec("bright", {"hm": 2, "wh": 2}))
        self.embedding = embedding
        self.batches = []  # how many inputs came at once
        self.marker = torch.nn.Parameter(torch.zeros(()))

    def forward(self, images):
        self.batches.append(len(images))
        smooth = functional.avg_pool2d(images, 4)
        for _ in range(2):
            smooth = functional.avg_pool2d(smooth, 5, 1, 2)
        red, green, blue = smooth.unbind(1)
        maps = {"hm": torch.stack([red - blue, blue - red], 1).clamp(0.01, 0.99).logit()}
        maps["wh"] = torch.tensor([8.0, 4.0])[None, :, None, None].expand_as(maps["hm"])
        maps["reg"] = torch.full_like(maps["hm"], 0.5)
        if self.embedding:
            maps["id"] = torch.stack([green, 1 - green], 1)
        return maps


def header(**more):
    return Header(Spec("centernet", "ctdet", "bright", classes=2), ("red", "blue"), (128, 128), **more)
