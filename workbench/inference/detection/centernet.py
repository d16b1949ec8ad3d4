"""CenterNet's tasks as sessions: boxes, people and joints, 3D boxes, extreme points.

X. Zhou et al. 2019, arXiv:1904.07850; extreme points: X. Zhou et al. 2019, arXiv:1901.08043.
"""

from __future__ import annotations

import torch
from torch import Tensor

from workbench.inference.detection.options import NmsOptions
from workbench.inference.detection.placement import Placement, Size, fixed
from workbench.inference.detection.session import Session
from workbench.models.decoding.ctdet import decode_ctdet
from workbench.models.decoding.ddd import decode_ddd
from workbench.models.decoding.exdet import ExdetOptions, decode_exdet
from workbench.models.decoding.multi_pose import decode_multi_pose
from workbench.models.decoding.peaks import Found
from workbench.models.heads import Maps

DECODERS = {"ctdet": decode_ctdet, "multi_pose": decode_multi_pose, "ddd": decode_ddd}


class CenterNetSession(Session):
    """Boxes, joints or 3D boxes, as the network's task is."""

    def decode(self, maps: Maps, k: int) -> Found:
        """Up to ``k`` objects of each image."""
        return DECODERS[self.header.spec.task](maps, k)

    def placement(self, size: Size, scale: float) -> Placement:
        """As published, the image's width is what fits where the task is 3D boxes."""
        if self.header.spec.task == "ddd" and self.options.resolution == "fix":
            return fixed(size, self.input_size, scale=scale, by_width=True)
        return super().placement(size, scale)


class ExdetSession(Session):
    """Boxes from extreme points. Each view is read by itself, and the boxes of both are thinned out."""

    def read(self, maps: Maps) -> tuple[Found, Maps]:
        """What is found in the maps of all views, and those of the images as they are."""
        found = self.decode(maps, self.options.top or self.top)
        if not self.options.flip:
            return found, maps
        width = next(iter(maps.values())).shape[3]
        views = {name: values.chunk(2) for name, values in found.items()}
        both = {name: torch.cat([a, _mirrored(name, b, width)], 1) for name, (a, b) in views.items()}
        return both, {name: values.chunk(2)[0] for name, values in maps.items()}

    def decode(self, maps: Maps, k: int) -> Found:
        """Boxes of each image from up to ``k`` points a side."""
        o = self.options
        return decode_exdet(maps, ExdetOptions(k, o.points_threshold, o.center_threshold, o.aggregation))

    @property
    def nms(self) -> NmsOptions:
        """Always: many combinations of points are nearly the same box."""
        return self.options.nms or NmsOptions()


def _mirrored(name: str, values: Tensor, width: int) -> Tensor:
    """What was found in a mirror image of ``width`` cells, where it is in the image."""
    if name == "box":
        left, top, right, bottom = values.unbind(2)
        return torch.stack([width - right, top, width - left, bottom], 2)
    if name == "extremes":
        points = torch.stack([width - values[..., 0], values[..., 1]], 3)
        return points[:, :, [0, 3, 2, 1]]  # what was leftmost is rightmost
    return values
