"""The whole tracker against runs of the published one.

Sixty conjugate gradient steps amplify rounding, and the flat top of a score map may then peak one point
further, after which two runs go apart. So the runs are compared "forced": after every frame the tracker is
put where the published one was, and what it says about the next frame is compared. Frames before the
published tracker departs from itself (with another convolution library) are compared unforced as well.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.reference_fill import clip, fill_state_dict
from tests.reference_golden import Golden
from workbench.core.errors import UserError
from workbench.inference.atom import options
from workbench.inference.atom.draws import Draws
from workbench.inference.atom.extraction import Features
from workbench.inference.atom.localization import Flag
from workbench.inference.atom.options import AtomOptions, ClassifierOptions, IoUOptions, SampleOptions
from workbench.inference.atom.pretrained import BackboneFeatures
from workbench.inference.atom.refinement import IoURefinement, Target
from workbench.inference.atom.tracker import AtomTracker
from workbench.models.atom import atom_resnet18


@pytest.fixture(scope="module", autouse=True)
def two_threads():
    """As the published runs; the order of summing, and with it the rounding, depends on it."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


FLAGS = [Flag.NONE, Flag.NOT_FOUND, Flag.UNCERTAIN, Flag.HARD_NEGATIVE]
LITERAL = replace(options.default(), sample=SampleOptions(crop_rule="literal"))
ONE_BOX = replace(options.default(), iou=IoUOptions(random_boxes=0, keep=1))


class PublishedDraws:
    """The random choices of a published run."""

    def __init__(self, golden):
        self._golden = golden
        self._shifts = iter(golden["shifts"][5:23].tolist())

    def shift(self, extent):
        return tuple(next(self._shifts))

    def kept(self, copies, channels, probability):
        return torch.from_numpy(self._golden["dropout_keep_mask"]).float()

    def projection(self, shape, std):
        return torch.from_numpy(self._golden["P0"]).reshape(shape)

    def filter(self, shape, std):
        return torch.from_numpy(self._golden["f0"]).reshape(shape)


class Watched(AtomTracker):
    """Keeps its scores."""

    def locate(self, scores):
        self.raw_scores, self.place = scores, super().locate(scores)
        return self.place


class WatchedRefinement(IoURefinement):
    """Keeps the boxes it ended at, and starts from given ones."""

    given = None

    def candidates(self, box):
        return super().candidates(box) if self.given is None else self.given

    def climb(self, features, boxes):
        self.ended, before, self.overlaps = super().climb(features, boxes)
        return self.ended, before, self.overlaps


@pytest.fixture(scope="module")
def network():
    made = atom_resnet18()
    made.load_state_dict(fill_state_dict(made.state_dict()))
    return made.eval().requires_grad_(False)


def started(golden, network, chosen):
    """A tracker in the first frame of a published run, and the frames that follow."""
    _, name, rest, kind, _ = golden.about["clip"].split("'")
    images, boxes = clip(name, int(rest.split(",")[1]), height=400, width=560, kind=kind)
    draws, refinement = PublishedDraws(golden), None
    if len(chosen.sample.scale_factors) == 1:
        refinement = WatchedRefinement(network.bb_regressor, options=chosen.iou, draws=draws)
    extractor = BackboneFeatures(network, device=torch.device("cpu"))
    tracker = Watched(extractor, refinement, options=chosen, draws=draws)
    tracker.start(images[0], tuple(boxes[0]))
    return tracker, refinement, images[1:]


def test_first_frame_agrees_with_the_published_tracker(network):
    golden = Golden("atom_run_clipA_default_intdiv")
    tracker, refinement, _ = started(golden, network, options.default())
    np.testing.assert_allclose(tracker.classifier.memory.labels, golden["init_labels"], atol=1e-6)
    np.testing.assert_allclose(tracker.scale, golden["init_target_scale"], rtol=1e-6)
    np.testing.assert_allclose(tracker.base_size, golden["base_target_sz"], rtol=1e-6)
    for level in (0, 1):
        published = golden[f"modulation{level + 3}"]
        np.testing.assert_allclose(refinement._overlap.modulation[level][0], published, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("run", "chosen", "frames"),
    [
        ("clipA_default_intdiv", options.default(), 11),
        ("clipA_default_literal", LITERAL, 2),
        ("clipD8_default_intdiv", options.default(), 21),  # a double from frame 6 on, then nothing
        ("clipN2_default_intdiv", ONE_BOX, 2),
        ("clipS_multiscale_no_iounet_intdiv", options.multiscale_no_iounet(), 3),
    ],
)
def test_forced_frames_agree_with_the_published_tracker(network, run, chosen, frames):
    golden = Golden(f"atom_run_{run}")
    near = golden.about["tolerance"]["forced"]
    tracker, refinement, images = started(golden, network, chosen)
    rows, states = golden["rows_frame_xywh_maxscore_flag"], golden["state_after_posyx_szhw_scale_posiou"]
    refined = 0
    for frame in range(frames):
        if refinement is not None and FLAGS[int(rows[frame, 6])] is not Flag.NOT_FOUND:
            refinement.given = torch.from_numpy(golden["init_boxes"][refined])
        state = tracker.step(images[frame])
        np.testing.assert_allclose(
            tracker.raw_scores[0, 0], golden["scores_raw_18x18"][frame], **near["scores_raw"]
        )
        assert tracker.place.flag is FLAGS[int(rows[frame, 6])], frame
        np.testing.assert_allclose(state.box, rows[frame, 1:5], atol=0.05)
        assert state.found is (tracker.place.flag is not Flag.NOT_FOUND)
        if refinement is not None and state.found:
            published = golden["output_boxes"][refined], golden["output_iou"][refined]
            np.testing.assert_allclose(refinement.ended, published[0], **near["output_boxes"])
            np.testing.assert_allclose(refinement.overlaps, published[1], **near["output_iou"])
            refined += 1
        y, x, h, w, scale = states[frame, :5]
        tracker.target, tracker.scale = Target(np.array([y, x]), np.array([h, w])), scale


@pytest.mark.parametrize(
    ("run", "chosen", "frames"),
    [
        ("clipN2_default_intdiv", ONE_BOX, 10),
        ("clipS_multiscale_no_iounet_intdiv", options.multiscale_no_iounet(), 4),
    ],
)
def test_free_runs_give_the_published_boxes(network, run, chosen, frames):
    golden = Golden(f"atom_run_{run}")
    tracker, _, images = started(golden, network, chosen)
    boxes = [tracker.step(image).box for image in images[:frames]]
    published = golden["rows_frame_xywh_maxscore_flag"][:frames, 1:5]
    np.testing.assert_allclose(boxes, published, atol=0.05)


class Patches:
    """Features without a network: random 8 x 8 filters."""

    stride = 8

    def __init__(self):
        self._filters = torch.randn(24, 3, 8, 8, generator=torch.Generator().manual_seed(0)) / 14

    def __call__(self, crops):
        return Features(torch.relu(torch.nn.functional.conv2d((crops - 110) / 60, self._filters, stride=8)))


def small_tracker(seed=0):
    chosen = AtomOptions(
        sample=SampleOptions(side=208),
        classifier=ClassifierOptions(kernel=(5, 5), compressed_channels=None, memory=50, upsampling=0.5),
    )
    return AtomTracker(Patches(), None, options=chosen, draws=Draws(seed))


def test_other_features_and_an_odd_filter_follow_the_target():
    images, boxes = clip("follow", 25, kind="circ")
    tracker = small_tracker()
    tracker.start(images[0], tuple(boxes[0]))
    for image, box in zip(images[1:], boxes[1:], strict=True):
        state = tracker.step(image)
        assert state.found
        assert 0 <= state.score <= 1
        np.testing.assert_allclose(state.box[:2], box[:2], atol=10)


def test_the_score_map_peaks_where_the_target_was_found():
    images, boxes = clip("follow", 4, kind="circ")
    tracker = small_tracker()
    tracker.start(images[0], tuple(boxes[0]))
    assert tracker.score_map() is None
    for image in images[1:]:
        x, y, w, h = tracker.step(image).box
        shown = tracker.score_map()
        row, column = np.unravel_index(shown.values[0].argmax(), shown.values[0].shape)
        peak = shown.to_source @ (column + 0.5, row + 0.5, 1)
        np.testing.assert_allclose(peak, (x + w / 2, y + h / 2), atol=1e-6)


def test_runs_with_one_seed_are_the_same_and_leave_the_global_generator_alone():
    images, boxes = clip("seeded", 4)
    runs = []
    before = torch.get_rng_state()
    for _ in range(2):
        tracker = small_tracker(seed=7)
        tracker.start(images[0], tuple(boxes[0]))
        runs.append([tracker.step(image) for image in images[1:]])
    assert runs[0] == runs[1]
    assert torch.equal(torch.get_rng_state(), before)


def test_a_lost_target_is_reported_where_it_was_last_seen():
    images, boxes = clip("lost", 5, kind="circ")
    tracker = small_tracker()
    tracker.start(images[0], tuple(boxes[0]))
    seen = tracker.step(images[1])
    lost = tracker.step(np.full_like(images[2], 110))
    assert not lost.found
    assert lost.box == seen.box


def test_two_trackers_over_one_video_do_not_disturb_each_other():
    images, boxes = clip("pair", 5)
    alone, first, second = (small_tracker() for _ in range(3))
    for tracker in (alone, first):
        tracker.start(images[0], tuple(boxes[0]))
    second.start(images[0], (200.0, 20.0, 40.0, 30.0))
    for image in images[1:]:
        expected = alone.step(image)
        second.step(image)
        assert first.step(image) == expected


@pytest.mark.parametrize("box", [(10, 10, 0, 5), (10, 10, 5, -1), (float("nan"), 0, 4, 4)])
def test_a_box_without_area_is_refused(box):
    with pytest.raises(UserError, match="draw one"):
        small_tracker().start(np.zeros((60, 80, 3), dtype=np.uint8), box)
