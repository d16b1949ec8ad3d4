"""ATOM with its published networks: the features, and the tracker."""

from __future__ import annotations

import torch
from torch import Tensor

from workbench.inference.atom.draws import Draws
from workbench.inference.atom.extraction import Features
from workbench.inference.atom.options import AtomOptions
from workbench.inference.atom.refinement import IoURefinement
from workbench.inference.atom.tracker import AtomTracker
from workbench.models.atom import AtomNet

MEAN = (0.485, 0.456, 0.406)  # of the images the backbone was trained on, RGB in [0, 1]
STD = (0.229, 0.224, 0.225)


class BackboneFeatures:
    """The backbone's layer3 for the classifier, and layer2 and layer3 for the overlap head.

    Args:
        network: in evaluation mode.
        device: that the network is on.
    """

    stride = 16

    def __init__(self, network: AtomNet, *, device: torch.device) -> None:
        self._network = network
        self._device = device
        self._mean = torch.tensor(MEAN, device=device)[:, None, None]
        self._std = torch.tensor(STD, device=device)[:, None, None]

    @torch.no_grad()
    def __call__(self, crops: Tensor) -> Features:
        """Crops (B, 3, S, S) RGB in [0, 255] to maps of stride 16, and those of stride 8 and 16."""
        images = (crops.to(self._device) / 255 - self._mean) / self._std
        maps = self._network.backbone_maps(images)
        return Features(unit_power(maps.coarse), tuple(maps))


def unit_power(maps: Tensor) -> Tensor:
    """Maps (B, C, h, w) divided by the root of their mean square, each image for itself."""
    return maps / (maps.square().mean(dim=(1, 2, 3), keepdim=True) + 1e-10).sqrt()


def atom_tracker(
    network: AtomNet,
    *,
    options: AtomOptions | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
    refine: bool = True,
) -> AtomTracker:
    """The published tracker on a network.

    Args:
        network: is moved to the device and set to evaluation.
        options: the authors' defaults where not given.
        seed: of every random number.
        device: where the networks and the filter run.
        refine: adjust the box by predicted overlap; without it, give options with several scales.
    """
    options, device = options or AtomOptions(), torch.device(device)
    network.eval().requires_grad_(False).to(device)
    draws = Draws(seed)
    refinement = None
    if refine:
        refinement = IoURefinement(network.bb_regressor, options=options.iou, draws=draws)
    extractor = BackboneFeatures(network, device=device)
    return AtomTracker(extractor, refinement, options=options, draws=draws)
