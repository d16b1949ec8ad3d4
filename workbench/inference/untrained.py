"""Trackers that need no weights: ATOM's classifier on fixed features, correlation filters for the box.

The options were chosen by measurement (``benchmarks/sot.py``) on synthetic scenes and on six of twelve
sequences: mot-Campus-id2, mot-Campus-id5, otb-Crossing, tld-david, tld-pedestrian1 and vot15-bag; the
others were only looked at afterwards. What differs from the published parameters: cells of 8 pixels in a
smaller crop, so a sharper label and a filter of odd size; a smaller memory, fewer channels and fewer first
views, since they cost time in proportion and bought nothing; a faster learning rate, since fixed features
generalise less. The filters learn in every second frame, twice as fast. A frame is called lost where that
costs next to nothing on targets in full view.
"""

from __future__ import annotations

from dataclasses import replace

from workbench.inference.atom.draws import Draws
from workbench.inference.atom.extraction import FeatureExtractor
from workbench.inference.atom.options import (
    AtomOptions,
    AugmentationOptions,
    CandidateOptions,
    ClassifierOptions,
    LocalizationOptions,
    LostOptions,
    SampleOptions,
)
from workbench.inference.atom.tracker import AtomTracker
from workbench.inference.correlation import CorrelationRefinement
from workbench.inference.features import HogColour, RandomResNet
from workbench.tracking.scale_filter import ScaleFilterOptions
from workbench.tracking.translation_filter import TranslationFilterOptions


def untrained_options() -> AtomOptions:
    """The parameters of the trackers without weights."""
    return AtomOptions(
        sample=SampleOptions(side=208),
        augmentation=AugmentationOptions(
            blurs=((2, 0.2), (0.2, 2)), rotations=(5, -5, 10, -10, 20, -20), dropout=(4, 0.2)
        ),
        classifier=ClassifierOptions(
            kernel=(5, 5), output_sigma=0.15, compressed_channels=32, memory=50, learning_rate=0.015
        ),
        localization=LocalizationOptions(not_found=0.1),
        candidates=CandidateOptions(most=5),
    )


def place_options() -> TranslationFilterOptions:
    """How the place is corrected."""
    return TranslationFilterOptions(learning_rate=0.04)


def size_options() -> ScaleFilterOptions:
    """How the size is followed."""
    return ScaleFilterOptions(learning_rate=0.05)


def hog_tracker(*, seed: int = 0) -> AtomTracker:
    """ATOM's classifier on HOG and colour."""
    return _tracker(HogColour(), seed, lost_below=0.16)


def random_tracker(*, seed: int = 0) -> AtomTracker:
    """ATOM's classifier on a residual network that was never trained."""
    return _tracker(RandomResNet(), seed, lost_below=0.13)


def _tracker(extractor: FeatureExtractor, seed: int, *, lost_below: float) -> AtomTracker:
    return AtomTracker(
        extractor,
        CorrelationRefinement(place=place_options(), size=size_options()),
        options=replace(untrained_options(), lost=LostOptions(below=lost_below)),
        draws=Draws(seed),
    )
