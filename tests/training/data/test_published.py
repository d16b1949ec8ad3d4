"""Draw by draw, the data side of ATOM's training gives what the published code gave."""

import json

import numpy as np
import pytest
import torch

from tests.reference_golden import Golden, photo
from tests.training.data.made_sets import Known
from workbench.models.published import IMAGENET_MEAN, IMAGENET_STD
from workbench.training.data.crops import box_in_crop, jittered_box, sample_target
from workbench.training.data.draws import Draws
from workbench.training.data.labels import gaussian_density, gaussian_label
from workbench.training.data.processing import Frames, ProcessingOptions, process, with_proposals
from workbench.training.data.proposals import (
    ProposalOptions,
    perturbed_box,
    proposals,
    rect_to_rel,
    rel_to_rect,
    sample_box_gmm,
)
from workbench.training.data.sampler import SamplerOptions, sample
from workbench.training.data.transforms import TransformOptions

PICTURE = (240, 446, 3)


@pytest.fixture(scope="module")
def golden():
    return Golden("atom_ltr")


@pytest.fixture(scope="module")
def near(golden):
    return golden.about["tolerance"]["default"]


@pytest.fixture(params=range(4))
def drawn(request, golden):
    """Number of a box, the box, and generators at the beginning."""
    return request.param, golden["boxes"][request.param].astype(float), lambda: _draws(golden, request.param)


def _draws(golden, offset):
    return Draws.seeded(int(golden["seed0"]) + offset)


def test_proposals(drawn, golden, near):
    i, box, draws = drawn
    boxes, overlaps = proposals(box, options=ProposalOptions(), draws=draws())
    golden.check(f"proposals_{i}", boxes, **near)
    golden.check(f"proposal_iou_{i}", 2 * overlaps - 1, **near)
    near_box, overlap = perturbed_box(box, sigma=0.1, least=0.5, draws=draws())
    golden.check(f"perturb_{i}", near_box, **near)
    golden.check(f"perturb_iou_{i}", [overlap], **near)


def test_jittered_boxes(drawn, golden, near):
    i, box, draws = drawn
    for name, center, scale in (("test", 4.5, 0.5), ("train", 0, 0)):
        moved = jittered_box(box, center=center, scale=scale, generator=draws().torch)
        golden.check(f"jitter_{name}_{i}", moved, **near)


def test_boxes_of_a_mixture(drawn, golden, near):
    i, box, draws = drawn
    found = sample_box_gmm(
        box,
        sigmas=[(0.05, 0.05), (0.5, 0.5)],
        truth=(0.05, 0.05),
        number=16,
        add_mean=True,
        generator=draws().torch,
    )
    for name, value in zip(("prop", "dens", "gt"), found, strict=True):
        golden.check(f"gmm_{name}_{i}", value, **near)


def test_relative_boxes(golden, near):
    boxes = golden["crop_boxes"]
    relative = rect_to_rel(boxes, boxes[:, 2:])
    golden.check("rect_to_rel", relative, **near)
    golden.check("rel_to_rect", rel_to_rect(relative, boxes[:, 2:]), **near)


def test_labels(golden, near):
    boxes = golden["crop_boxes"][:4].astype(float)
    shape = {"sigma": 0.25, "features": 18, "image": 288}
    golden.check("gaussian_label", gaussian_label(boxes, kernel=4, **shape), **near)
    density = gaussian_density(boxes, kernel=3, uniform=0.01, **shape)
    golden.check("gaussian_label_odd", density, rtol=near["rtol"], atol=near["atol"] / 1000)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("atom_interval", SamplerOptions()),
        ("atom_gap5", SamplerOptions(max_gap=5)),
        ("interval_2_3", SamplerOptions(max_gap=4, train_frames=2, test_frames=3)),
        ("causal_3test_3train", SamplerOptions(max_gap=30, train_frames=3, test_frames=3, mode="causal")),
    ],
)
def test_sampled_frames(name, options, golden):
    visible = json.loads(str(golden["visible_json"]))
    sets = [Known(v, not video) for v, video in zip(visible, golden["is_video"], strict=True)]
    rng = _draws(golden, 7).python
    rows = []
    for _ in range(40):
        found = sample(sets, [1, 2, 1], options=options, rng=rng)
        stills = int(sets[found.source].stills)  # the published code counts single pictures from 1
        rows.append([v for frame in found.train + found.test for v in (found.sequence, frame + stills)])
    np.testing.assert_array_equal(rows, golden[f"sampler_{name}_seq_frame_pairs"])


def test_places_in_crops(golden, near):
    blank = np.zeros(PICTURE, np.uint8)
    for i, box in enumerate(golden["crop_boxes"].astype(float)):
        _, factor = sample_target(blank, box, search_area=5, size=96)
        assert factor == pytest.approx(golden[f"crop_rf_{i}"])
        other = box + np.array([3, -2, 4, 1])
        golden.check(f"crop_box_{i}", box_in_crop(other, box, factor=factor, size=96), **near)
        whole, _ = sample_target(blank, box, search_area=2)
        assert whole.shape == tuple(golden[f"crop_nores_shape_{i}"])


def test_pictures_of_crops(golden):
    image = photo()
    for i, box in enumerate(golden["crop_boxes"].astype(float)):
        crop, _ = sample_target(image, box, search_area=5, size=96)
        golden.check(f"crop_{i}", crop.astype(int), rtol=0, atol=1)


def _processed(golden, k, image):
    draws = _draws(golden, 50 + k)
    options = ProcessingOptions(size=96, transforms=TransformOptions(grayscale=0.5))
    moved = np.roll(image, 7, axis=1)
    train, test = (
        Frames([frame], np.array([box], float))
        for frame, box in ((image, [178, 84, 40, 50]), (moved, [201, 96, 44, 46]))
    )
    crops = process(train, test, options=options, draws=draws)
    return crops, with_proposals(crops[1], options=ProposalOptions(), draws=draws)


@pytest.mark.parametrize("k", range(3))
def test_boxes_of_whole_samples(k, golden, near):
    crops, (boxes, overlaps) = _processed(golden, k, np.zeros(PICTURE, np.uint8))
    for part, crop in zip(("train", "test"), crops, strict=True):
        golden.check(f"proc{k}/{part}_anno", crop.boxes, **near)
    golden.check(f"proc{k}/test_proposals", boxes, **near)
    golden.check(f"proc{k}/proposal_iou", 2 * overlaps - 1, **near)


@pytest.mark.parametrize("k", range(3))
def test_pictures_of_whole_samples(k, golden, near):
    crops, _ = _processed(golden, k, photo())
    mean, std = (torch.tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))
    for part, crop in zip(("train", "test"), crops, strict=True):
        golden.check(f"proc{k}/{part}_images", (crop.images / 255 - mean) / std, **near)
