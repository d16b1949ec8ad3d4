"""The tracker that ships: ATOM with the slim network, trained by this project on painted video.

What the classifier looks at and what adjusts the box are chosen by options, each an honest one. As
measured, the classifier does better on HOG and colour than on the network's second stage, which painted
video taught what an object is rather than which one. The overlap network follows size and shape where the
filters cannot; they come first, and its correction is taken over as far as it promises a gain.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import torch
from torch import Tensor

from workbench.inference.atom.draws import Draws
from workbench.inference.atom.extraction import Features
from workbench.inference.atom.options import AtomOptions, IoUOptions, LostOptions
from workbench.inference.atom.pretrained import unit_power
from workbench.inference.atom.refinement import BoxRefinement, IoURefinement, Refined, Sight, Target
from workbench.inference.atom.tracker import AtomTracker
from workbench.inference.correlation import CorrelationRefinement
from workbench.inference.features import HogColour, HogColourOptions
from workbench.inference.untrained import place_options, size_options, untrained_options
from workbench.models.atom_slim import STRIDE, SlimAtomNet, channels_last
from workbench.tracking.scale_filter import ScaleFilterOptions
from workbench.tracking.translation_filter import TranslationFilterOptions

Refine = Literal["filters", "overlap", "both"]
Look = Literal["hog", "network"]

FEW = 3  # crops of a frame: the last place, and perhaps one around it; more are views of the first frame


class SlimFeatures:
    """The second and third stage for the overlap head, and what the classifier looks at.

    Args:
        network: in evaluation mode.
        look: HOG and colour, or the second stage.
        device: that the network is on.
    """

    stride = STRIDE

    def __init__(self, network: SlimAtomNet, *, look: Look, device: torch.device) -> None:
        self._network = network
        self._hog = HogColour(HogColourOptions(cell=STRIDE)) if look == "hog" else None
        self._device = device

    @torch.no_grad()
    def __call__(self, crops: Tensor) -> Features:
        """Crops (B, 3, S, S) RGB in [0, 255] to maps of stride 8, and those of stride 8 and 16."""
        if self._hog is None:
            maps = self._maps(crops)
            return Features(unit_power(maps[0]), maps)
        classifier = self._hog(crops).classifier
        if len(crops) <= FEW:
            return Features(classifier, self._maps(crops))
        # The many views are of the first frame, where only the first one meets the overlap head.
        first = self._maps(crops[:1])
        return Features(classifier, tuple(level.expand(len(crops), -1, -1, -1) for level in first))

    def _maps(self, crops: Tensor) -> tuple[Tensor, ...]:
        return tuple(self._network(crops.to(self._device, memory_format=torch.channels_last)))


class InTurn:
    """A refinement after another: each starts from what the one before found.

    Args:
        steps: in order. The likeness is that of the last one that can tell.
    """

    def __init__(self, *steps: BoxRefinement) -> None:
        self._steps = steps

    def start(self, sight: Sight, target: Target) -> None:
        """Learn the target as it looks in the first frame."""
        for step in self._steps:
            step.start(sight, target)

    def refine(self, sight: Sight, target: Target) -> Refined:
        """The target after all steps."""
        likeness = None
        for step in self._steps:
            target, told = step.refine(sight, target)
            likeness = told if told is not None else likeness
        return Refined(target, likeness)

    def learn(self, sight: Sight, target: Target) -> None:
        """Take the final target of this frame as an example."""
        for step in self._steps:
            step.learn(sight, target)


def slim_atom_options() -> AtomOptions:
    """The parameters of ATOM on this network."""
    return replace(
        untrained_options(),
        iou=IoUOptions(random_boxes=0, damping=0.5, trusted_gain=0.2, margin=0.75),
        lost=LostOptions(below=0.16),
    )


@dataclass(frozen=True)
class SlimOptions:
    """The tracker's parameters.

    Args:
        atom: of the classifier, the localisation, the overlap network, and the lost.
        look: what the classifier looks at.
        refine: what adjusts the box.
        place, size: of the correlation filters.
    """

    atom: AtomOptions = field(default_factory=slim_atom_options)
    look: Look = "hog"
    refine: Refine = "both"
    place: TranslationFilterOptions = field(default_factory=place_options)
    size: ScaleFilterOptions = field(default_factory=size_options)


def slim_tracker(
    network: SlimAtomNet,
    *,
    options: SlimOptions | None = None,
    seed: int = 0,
    device: torch.device | str = "cpu",
) -> AtomTracker:
    """A tracker on a slim network, which is moved to the device and set to evaluation."""
    options = options or SlimOptions()
    device = torch.device(device)
    network.eval().requires_grad_(False)
    channels_last(network, device)
    draws = Draws(seed)
    overlap = IoURefinement(network.bb_regressor, options=options.atom.iou, draws=draws)
    filters = CorrelationRefinement(place=options.place, size=options.size)
    ways: dict[Refine, BoxRefinement] = {
        "filters": filters,
        "overlap": overlap,
        "both": InTurn(filters, overlap),
    }
    features = SlimFeatures(network, look=options.look, device=device)
    return AtomTracker(features, ways[options.refine], options=options.atom, draws=draws)
