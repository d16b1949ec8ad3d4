"""Parameters of ATOM, and the published sets of them.

Lengths are pixels of the search crop unless said otherwise. The names follow the paper where it names a
thing; the defaults are the authors' ``default`` parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

CropRule = Literal["intdiv", "literal"]


@dataclass(frozen=True)
class SampleOptions:
    """The search crop.

    Args:
        side: width and height of the crop; made an even number of feature cells.
        search_area: side of the crop over the side of a square with the target's area.
        crop_rule: how the corner of an even-sized crop is rounded, see ``crops.sample_patch``.
        scale_factors: relative scales searched in each frame. More than one makes sense only without
            a box refinement.
    """

    side: int = 288
    search_area: float = 5.0
    crop_rule: CropRule = "intdiv"
    scale_factors: tuple[float, ...] = (1.0,)


@dataclass(frozen=True)
class AugmentationOptions:
    """The views of the first frame that the classifier starts from.

    Args:
        expansion: side of the crop that is transformed over the side of the search crop.
        random_shift: extent of the random shift of each transformed view, relative to the crop.
        relative_shifts: pure shifts (y, x) relative to half the crop.
        mirror: add a mirrored view.
        blurs: standard deviations (y, x) in pixels.
        rotations: degrees.
        dropout: number of copies of the first view with feature channels dropped, and the probability.
    """

    expansion: float = 2.0
    random_shift: float = 1 / 3
    relative_shifts: tuple[tuple[float, float], ...] = ((0.6, 0.6), (-0.6, 0.6), (0.6, -0.6), (-0.6, -0.6))
    mirror: bool = True
    blurs: tuple[tuple[float, float], ...] = ((2, 0.2), (0.2, 2), (3, 1), (1, 3), (2, 2))
    rotations: tuple[float, ...] = (5, -5, 10, -10, 20, -20, 30, -30, 45, -45, -60, 60)
    dropout: tuple[int, float] = (7, 0.2)


@dataclass(frozen=True)
class ClassifierOptions:
    """The online-learned filter.

    Args:
        kernel: height and width of the filter in feature cells.
        compressed_channels: channels after the learned projection; None = no projection.
        output_sigma: standard deviation of the label over the target's side.
        filter_reg, projection_reg: weights of the squared parameters in the loss.
        negative_slope: bend of the response activation (MLU) below zero.
        memory: number of samples kept.
        learning_rate: weight of a new sample.
        initial_minimum: share of the weight the samples of the first frame keep; 0 = none.
        start_gn, start_cg: Gauss-Newton steps at the start, and conjugate gradient steps in each.
        train_every, train_cg: frames between updates of the filter, and steps in each.
        hard_negative_rate, hard_negative_cg: weight of a sample with a distractor in it, and the
            steps taken at once.
        fletcher_reeves: that formula instead of Polak and Ribiere's.
        direction_forget: how much of the search direction survives between updates; 0 = none.
        upsampling: size of the score map over the size of the crop.
        window_output: weigh the score map with a Hann window.
    """

    kernel: tuple[int, int] = (4, 4)
    compressed_channels: int | None = 64
    output_sigma: float = 0.25
    filter_reg: float = 0.1
    projection_reg: float = 1e-4
    negative_slope: float = 0.05
    memory: int = 250
    learning_rate: float = 0.01
    initial_minimum: float = 0.25
    start_gn: int = 6
    start_cg: int = 10
    train_every: int = 10
    train_cg: int = 5
    hard_negative_rate: float = 0.02
    hard_negative_cg: int = 5
    fletcher_reeves: bool = False
    direction_forget: float = 0.0
    upsampling: float = 1.0
    window_output: bool = False


@dataclass(frozen=True)
class LocalizationOptions:
    """When a peak of the score map is the target, a distractor, or nothing.

    Args:
        not_found: peaks below this are no target.
        distractor: a second peak above this share of the first makes the place uncertain.
        hard_negative: a second peak above this share is learned as a negative.
        neighborhood: extent around the first peak where no second one is looked for, in target sizes.
        displacement: displacements beyond this share of half the map are far away.
    """

    not_found: float = 0.25
    distractor: float = 0.8
    hard_negative: float = 0.5
    neighborhood: float = 2.2
    displacement: float = 0.8


@dataclass(frozen=True)
class CandidateOptions:
    """Following what looks like the target, see ``candidates``. Not in the paper, and off by default.

    Args:
        most: candidates in a frame at most, the target among them; 0 = the highest peak is the target.
        above: lower peaks are no candidates.
        spacing: so near to a higher one there is no other candidate, in target sizes.
        reach: how far a candidate goes from frame to frame at most, in sides of a square of its area.
        sure: the target's score above which what is seen beside it is something else.
        age: frames of these after which that is believed.
        share: of the highest peak that the target's own must have, or else it is lost.
    """

    most: int = 0
    above: float = 0.1
    spacing: float = 0.5
    reach: float = 0.5
    sure: float = 0.3
    age: int = 3
    share: float = 0.3


@dataclass(frozen=True)
class IoUOptions:
    """The refinement of the box by the predicted overlap.

    Args:
        random_boxes: boxes tried besides the classifier's own.
        jitter_position, jitter_size: their spread relative to the target's side.
        iterations, step, step_decay: gradient ascent on the predicted overlap.
        keep: number of best boxes averaged.
        max_aspect: boxes more elongated than this are dropped.
        damping: share of the change that is taken over, in (0, 1]; not in the paper, since one frame's
            estimate of a small network is noisy.
        trusted_gain: a predicted gain of overlap from which on the change is taken over so; of a smaller
            one only in proportion, since it may be noise. 0 = always, as published.
        margin: so much of the crop around the box is looked at, over the box's larger side; None = all of
            it, as published. What is farther away has next to no influence, and costs time.
    """

    random_boxes: int = 9
    jitter_position: float = 0.1
    jitter_size: float = 0.5
    iterations: int = 5
    step: float = 1.0
    step_decay: float = 1.0
    keep: int = 3
    max_aspect: float = 6.0
    damping: float = 1.0
    trusted_gain: float = 0.0
    margin: float | None = None


@dataclass(frozen=True)
class LostOptions:
    """When a target counts as lost although a peak was found, and where it is looked for then.

    The score of a frame is the classifier's peak; where the refinement tells how much the place looks
    like the target, it is the geometric mean of both. Not in the paper, and off by default.

    Args:
        below: scores under this report the target lost; its place is kept and nothing is learned.
        patience: lost frames after which the search widens; None = it never does.
        reach: how far the first ring of places looked at lies, over the side of the search crop; every
            further ring lies half as far again outside.
        rings: rings that are gone through, eight places each, one place a frame.
        regain: a score away from the last place must be this high to be believed.
    """

    below: float = 0.0
    patience: int | None = None
    reach: float = 0.6
    rings: int = 2
    regain: float = 0.3


@dataclass(frozen=True)
class AtomOptions:
    """Everything ATOM can be told, by part."""

    sample: SampleOptions = field(default_factory=SampleOptions)
    augmentation: AugmentationOptions = field(default_factory=AugmentationOptions)
    classifier: ClassifierOptions = field(default_factory=ClassifierOptions)
    localization: LocalizationOptions = field(default_factory=LocalizationOptions)
    candidates: CandidateOptions = field(default_factory=CandidateOptions)
    iou: IoUOptions = field(default_factory=IoUOptions)
    lost: LostOptions = field(default_factory=LostOptions)


def default() -> AtomOptions:
    """The authors' parameters for general tracking."""
    return AtomOptions()


def default_vot() -> AtomOptions:
    """The authors' parameters for the VOT challenge: smaller search area, windowed scores, never lost."""
    return AtomOptions(
        sample=SampleOptions(side=224, search_area=4.0),
        classifier=ClassifierOptions(learning_rate=0.0075, initial_minimum=0.0, window_output=True),
        localization=LocalizationOptions(not_found=-1, distractor=100, hard_negative=0.3, displacement=0.7),
    )


def multiscale_no_iounet() -> AtomOptions:
    """The authors' parameters without the overlap network: the classifier is run on five scales."""
    factors = tuple(1.02**k for k in range(-2, 3))
    return replace(default(), sample=SampleOptions(scale_factors=factors))
