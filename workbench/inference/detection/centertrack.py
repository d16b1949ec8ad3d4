"""CenterTrack as a session: it is shown the previous image and where the tracks were in it.

X. Zhou, V. Koltun, P. Krahenbuhl, "Tracking Objects as Points", ECCV 2020, arXiv:2004.01177. The tracks come
from outside: after each image ``follow`` takes what the tracker made of its detections.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from workbench.core.boxes import as_boxes, xywh_to_xyxy
from workbench.core.errors import UserError
from workbench.inference.detection.options import DetectionOptions
from workbench.inference.detection.placement import Placement
from workbench.inference.detection.session import Output, Prepared, Session
from workbench.models.decoding.activation import with_mirrored
from workbench.models.decoding.centertrack import decode_centertrack
from workbench.models.decoding.peaks import Found
from workbench.models.geometry import Array, Map, apply_affine, draw_umich_gaussian, peak_radius
from workbench.models.heads import HeatmapNetwork, Maps
from workbench.models.weights_header import Header


class CenterTrackSession(Session):
    """Boxes with the way to their previous place, and the network's other heads.

    Images must come in order, one by one. The first has itself as the previous one, and no tracks unless some
    are told. The arguments are those of ``Session``.

    Raises:
        UserError: the options want several scales.
    """

    sequential = True

    def __init__(
        self,
        network: HeatmapNetwork,
        header: Header,
        options: DetectionOptions | None = None,
        *,
        device: torch.device | str = "cpu",
        camera: Array | None = None,
    ) -> None:
        super().__init__(network, header, options, device=device, camera=camera)
        if len(self.options.scales) != 1:
            raise UserError("CenterTrack compares an image with the one before: choose one scale.")
        self.reset()

    def follow(self, boxes: ArrayLike, scores: ArrayLike | None = None) -> None:
        """Say where tracks are in the image that was looked at last.

        Args:
            boxes: (N, 4) x, y, w, h in pixels of the image, of the tracks seen in it.
            scores: (N,); those below the options' ``prior_threshold`` are not shown. None = all are.
        """
        every = as_boxes(boxes)
        self._tracks = every if scores is None else every[np.asarray(scores) >= self.options.prior_threshold]

    def reset(self) -> None:
        """Forget the previous image and the tracks, before another video or after a jump."""
        self._previous: Tensor | None = None
        self._tracks = as_boxes(())

    def run(self, batch: Sequence[Prepared]) -> list[Output]:
        """What is in each of the next images, one after the other."""
        return [output for one in batch for output in super(CenterTrackSession, self).run([one])]

    def forward(self, inputs: Tensor, placement: Placement) -> Maps:
        """The maps of one image, given what was before it."""
        if self._previous is not None and self._previous.shape != inputs.shape:
            self.reset()
        prior = torch.from_numpy(prior_heatmap(self._tracks, placement))[None, None]
        prior = prior.to(self.device, self._precision)
        prior = with_mirrored(prior) if self.options.flip else prior
        previous, self._previous = inputs if self._previous is None else self._previous, inputs
        maps: Maps = self.network(inputs, previous, prior)
        return maps

    def decode(self, maps: Maps, k: int) -> Found:
        """Up to ``k`` objects of each image."""
        return decode_centertrack(maps, k)


def prior_heatmap(boxes: ArrayLike, placement: Placement) -> Map:
    """A peak at each box, in pixels of the input, (height, width) in [0, 1].

    Args:
        boxes: (N, 4) x, y, w, h in pixels of the image.
        placement: where the image lies in the input.
    """
    width, height = placement.size
    heat = np.zeros((height, width), np.float32)
    corners = apply_affine(xywh_to_xyxy(boxes).reshape(-1, 2, 2), placement.to_input).astype(np.float32)
    corners = np.clip(corners, 0, np.array([width - 1, height - 1], np.float32))
    for low, high in corners:
        w, h = high - low
        if w > 0 and h > 0:
            draw_umich_gaussian(heat, (low + high) / 2, peak_radius(math.ceil(h), math.ceil(w)))
    return heat
