"""A network on images: pictures in, detections and heat maps out, in pixels of the source.

What is common to CenterNet (X. Zhou et al. 2019, arXiv:1904.07850), FairMOT and CenterTrack: an image is
placed in the network's input, once for each scale; peaks are read from the maps; what they say is mapped back
and merged. Images are RGB here; networks that want blue first get it at their door.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils import convert_conv2d_weight_memory_format

from workbench.core.boxes3d import default_camera
from workbench.core.detections import Detections
from workbench.core.errors import ModelError, UserError
from workbench.core.heatmaps import Heatmap
from workbench.core.plurals import counted
from workbench.inference.detection.merging import merged
from workbench.inference.detection.options import DetectionOptions, NmsOptions
from workbench.inference.detection.placement import Placement, Size, fixed, kept, shortened
from workbench.inference.detection.results import Values, detections_of
from workbench.models import coco_joints
from workbench.models.decoding.activation import activated, merged_views, with_mirrored
from workbench.models.decoding.peaks import Found
from workbench.models.geometry import Array, Image
from workbench.models.heads import HeatmapNetwork, Maps
from workbench.models.weights_header import Header


@dataclass(frozen=True, eq=False)
class Prepared:
    """An image as the network takes it.

    Args:
        size: of the image, width and height in pixels.
        inputs: (h, w, 3) uint8 RGB, one for each scale.
        placements: where the image lies in them.
    """

    size: Size
    inputs: tuple[Image, ...]
    placements: tuple[Placement, ...]


@dataclass(frozen=True, eq=False)
class Output:
    """What a session says of one image.

    Args:
        detections: best first.
        heatmaps: of the first scale, one for each head that has one; empty unless they were asked for.
    """

    detections: Detections
    heatmaps: tuple[Heatmap, ...] = ()


class Session:
    """A network that looks at images; it takes the network over, to its device and precision.

    Subclasses say how an image is placed and how maps are read.

    Args:
        network: in evaluation mode.
        header: classes, input size, colours, mean and deviation of the input.
        options: how it looks.
        device: where it runs.
        camera: (3, 4) projection for 3D boxes; None = a common one in the middle of each image.
    """

    top = 100  # peaks that are read and detections that are given, where the options do not say
    sequential = False  # images must come one by one, in order

    def __init__(
        self,
        network: HeatmapNetwork,
        header: Header,
        options: DetectionOptions | None = None,
        *,
        device: torch.device | str = "cpu",
        camera: Array | None = None,
    ) -> None:
        self.options = options or DetectionOptions()
        self.header = header
        self.camera = camera
        self.device = torch.device(device)
        self._precision = torch.float16 if self.options.half and self.device.type == "cuda" else torch.float32
        self.network = network.to(self.device, self._precision).eval()
        convert_conv2d_weight_memory_format(self.network, torch.channels_last)
        mean, std = (torch.tensor(values, device=self.device) for values in (header.mean, header.std))
        self._gain, self._shift = (v[:, None, None] for v in (1 / (255 * std), -mean / std))

    def __call__(self, image: Image) -> Output:
        """What is in one image, uint8 (H, W, 3) RGB.

        Raises:
            ModelError: the device has not enough memory.
        """
        return self.run([self.prepare(image)])[0]

    def prepare(self, image: Image) -> Prepared:
        """Place an image in the network's input; needs no GPU, and may be called in any thread.

        Args:
            image: uint8 (H, W, 3) RGB.
        """
        size = (image.shape[1], image.shape[0])
        placements = tuple(self.placement(size, scale) for scale in self.options.scales)
        return Prepared(size, tuple(p.cut(image) for p in placements), placements)

    @torch.inference_mode()
    def run(self, batch: Sequence[Prepared]) -> list[Output]:
        """What is in each of some images; those of one size are looked at together.

        Raises:
            UserError: the network cannot take inputs of this size.
            ModelError: the device has not enough memory.
        """
        if not batch:
            return []
        if len({one.size for one in batch}) > 1:
            return [output for one in batch for output in self.run([one])]
        scales = [self._look(batch, scale) for scale in range(len(self.options.scales))]
        return [self._output(one, [looks[i] for looks in scales]) for i, one in enumerate(batch)]

    def placement(self, size: Size, scale: float) -> Placement:
        """Where an image of (width, height) lies in the input."""
        if self.options.resolution == "keep":
            return kept(size, self.network.multiple, scale=scale)
        if self.options.resolution == "short":
            return shortened(size, self.options.short)
        return fixed(size, self.input_size, scale=scale)

    def read(self, maps: Maps) -> tuple[Found, Maps]:
        """What is found in activated maps, and the maps to show.

        Args:
            maps: of the images, and behind them of their mirror images where the options want these.
        """
        if self.options.flip:
            maps = merged_views(maps)
        return self.decode(maps, self.options.top or self.top), maps

    def decode(self, maps: Maps, k: int) -> Found:
        """Up to ``k`` objects of each image from its maps, activated."""
        raise NotImplementedError

    @property
    def input_size(self) -> Size:
        """Width, height of the input that images are scaled to."""
        height, width = self.header.input_size or (512, 512)
        return self.options.input_size or (width, height)

    @property
    def nms(self) -> NmsOptions | None:
        """How overlapping boxes are thinned out; None = not at all."""
        several = len(self.options.scales) > 1
        return self.options.nms or (NmsOptions() if several else None)

    def _look(self, batch: Sequence[Prepared], scale: int) -> list[_Look]:
        """Run the network on one scale of every image."""
        inputs = torch.from_numpy(np.stack([one.inputs[scale] for one in batch]))
        size = "{} x {}".format(*batch[0].placements[scale].size)
        if any(side % self.network.multiple for side in inputs.shape[1:3]):
            raise UserError(
                f"The network takes no inputs of {size} pixels: choose multiples of {self.network.multiple}."
            )
        try:
            maps = activated(self.forward(self.normalised(inputs), batch[0].placements[scale]))
            found, maps = self.read(maps)
            columns = to_host(found)
        except torch.OutOfMemoryError as error:
            images = counted(len(batch), "image")
            raise ModelError(
                f"{self.device} has not enough memory for {images} of {size} pixels: choose a "
                "smaller input or fewer images at once."
            ) from error
        heat: list[tuple[Heatmap, ...]] = [()] * len(batch)
        if self.options.heatmaps and scale == 0:
            heat = self._heatmaps(maps, [one.placements[scale] for one in batch])
        values = [{name: column[i] for name, column in columns.items()} for i in range(len(batch))]
        return [_Look(*pair) for pair in zip(values, heat, strict=True)]

    def normalised(self, inputs: Tensor) -> Tensor:
        """Inputs (B, h, w, 3) uint8 RGB as the network wants them, (B, 3, h, w); mirror images come last."""
        pixels = inputs.to(self.device, non_blocking=True).permute(0, 3, 1, 2)
        if self.header.colour == "BGR":
            pixels = pixels.flip(1)
        values = (pixels.float() * self._gain + self._shift).to(self._precision)
        values = with_mirrored(values) if self.options.flip else values
        return values.contiguous(memory_format=torch.channels_last)

    def forward(self, inputs: Tensor, placement: Placement) -> Maps:
        """The maps of inputs (B, 3, h, w) that all lie as ``placement`` says."""
        maps: Maps = self.network(inputs)
        return maps

    def _output(self, one: Prepared, looks: list[_Look]) -> Output:
        camera = default_camera(*one.size) if self.camera is None else self.camera
        parts = []
        for look, placement in zip(looks, one.placements, strict=True):
            high = look.values["score"] > self.options.threshold  # no score grows, so the rest is not missed
            values = {name: column[high] for name, column in look.values.items()}
            parts.append(detections_of(values, placement.to_source(self.network.stride), camera))
        detections = merged(parts, nms=self.nms, limit=self.options.limit or self.top)
        return Output(detections[detections.scores > self.options.threshold], looks[0].heatmaps)

    def _heatmaps(self, maps: Maps, placements: Sequence[Placement]) -> list[tuple[Heatmap, ...]]:
        heads = [name for name in maps if name.startswith("hm")]
        values = {name: maps[name].cpu().numpy() for name in heads}
        of = [placement.to_source(self.network.stride) for placement in placements]
        return [
            tuple(Heatmap(name, self._channels(len(v[i])), v[i], of[i]) for name, v in values.items())
            for i in range(len(placements))
        ]

    def _channels(self, count: int) -> tuple[str, ...]:
        """Names of a heat map's channels: of the classes, or of the joints, or numbers."""
        if count == len(self.header.classes):
            return self.header.classes
        return coco_joints.NAMES if count == len(coco_joints.NAMES) else tuple(map(str, range(count)))


@dataclass(frozen=True, eq=False)
class _Look:
    values: Values
    heatmaps: tuple[Heatmap, ...]


def to_host(found: Found) -> dict[str, NDArray[np.float32]]:
    """The same as arrays, fetched in one piece, since each fetch waits for the GPU."""
    flat = {
        name: values.float().flatten(2) if values.dim() > 2 else values.float()[..., None]
        for name, values in found.items()
    }
    every = torch.cat(list(flat.values()), 2).cpu().numpy()
    ends = np.cumsum([values.shape[2] for values in flat.values()])[:-1]
    parts = zip(found.items(), np.split(every, ends, axis=2), strict=True)
    return {name: np.ascontiguousarray(part).reshape(values.shape) for (name, values), part in parts}
