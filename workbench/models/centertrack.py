"""The network of CenterTrack: DLA-34 that also sees the previous image and where objects were in it.

X. Zhou, V. Koltun, P. Krahenbuhl, "Tracking Objects as Points", ECCV 2020, arXiv:2004.01177.
"""

from __future__ import annotations

from torch import Tensor

from workbench.core.errors import ModelError
from workbench.models.dla_up import DLASeg
from workbench.models.heads import Maps, NetworkSpec

HEADS = {
    "tracking": {"tracking": 2},
    "ddd": {"dep": 1, "rot": 8, "dim": 3, "amodel_offset": 2},
    "multi_pose": {"hps": 34, "hm_hp": 17, "hp_offset": 2},
    "ltrb": {"ltrb": 4},
    "ltrb_amodal": {"ltrb_amodal": 4},
    "nuscenes_att": {"nuscenes_att": 8},
    "velocity": {"velocity": 3},
}
PRIOR_BIAS = -4.6


def spec(*tasks: str, classes: int, head_conv: tuple[int, ...] = (256,), node: str = "dcn") -> NetworkSpec:
    """What is published for a set of tasks.

    Args:
        tasks: names out of ``HEADS``, e.g. "tracking", "ddd"; detection is always there.
        classes: how many there are.
        head_conv: channels of the heads' hidden convolutions; "reg" has only the first.
        node: how DLA's aggregation convolves, "dcn" or "conv".

    Raises:
        ModelError: there is no such task.
    """
    unknown = sorted(set(tasks) - set(HEADS))
    if unknown:
        raise ModelError(f"CenterTrack has no task '{unknown[0]}'; choose out of {', '.join(HEADS)}.")
    heads = {"hm": classes, "reg": 2, "wh": 2}
    for task, more in HEADS.items():
        if task in tasks:
            heads |= more
    return NetworkSpec(
        "dla_34",
        heads,
        head_conv=head_conv,
        one_conv=("reg",),
        prior_bias=PRIOR_BIAS,
        classifier=False,
        node=node,
    )


class CenterTrackNet(DLASeg):
    """The network; the previous image and heat map may be left out."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__(spec, previous=True, heads_first=True)

    def stacks(
        self, images: Tensor, previous: Tensor | None = None, heatmap: Tensor | None = None
    ) -> list[Maps]:
        """As ``forward``, as the only entry of a list."""
        return [self(images, previous, heatmap)]

    def forward(self, images: Tensor, previous: Tensor | None = None, heatmap: Tensor | None = None) -> Maps:
        """Outputs by name, (B, channels, h / 4, w / 4) each.

        Args:
            images: (B, 3, h, w), normalised.
            previous: the images before them, alike.
            heatmap: a peak at each object of the previous image, in [0, 1], (B, 1, h, w).
        """
        return self.read(self.features(images, previous, heatmap)[-1])


def build(spec: NetworkSpec) -> CenterTrackNet:
    """A network with new weights."""
    return CenterTrackNet(spec)
