"""The losses of ATOM's training do what their papers say, and a network learns from them."""

from itertools import pairwise

import pytest
import torch
from torch.nn import functional

from workbench.models.atom_slim import STRIDE, SlimAtomNet
from workbench.training.atom.filter_loss import (
    FilterLossOptions,
    _label,
    _Spectra,
    filter_loss,
    learn_filters,
)
from workbench.training.atom.objective import ObjectiveOptions, objective
from workbench.training.atom.proposals import ProposalOptions, overlap, proposals
from workbench.training.batches import PairBatch


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(3)


@pytest.fixture
def pictures(generator):
    """Features of four targets, (4, 6, 14, 18), and their boxes in pixels."""
    boxes = torch.tensor([[40.0, 40, 30, 24]]).repeat(4, 1) + 8 * torch.rand(4, 4, generator=generator)
    return torch.randn(4, 6, 14, 18, generator=generator), boxes


def test_filters_answer_as_a_convolution_does(pictures, generator):
    features, _ = pictures
    kernels = torch.randn(4, 6, 5, 5, generator=generator)
    wanted = torch.cat(
        [functional.conv2d(f[None], k[None], padding=2) for f, k in zip(features, kernels, strict=True)]
    )
    torch.testing.assert_close(_Spectra(features, 5).answer(kernels), wanted[:, 0], rtol=1e-4, atol=1e-4)


def test_the_adjoint_belongs_to_the_answer(pictures, generator):
    features, _ = pictures
    spectra = _Spectra(features, 5)
    kernels = torch.randn(4, 6, 5, 5, generator=generator)
    answers = torch.randn(4, 14, 18, generator=generator)
    left = (spectra.answer(kernels) * answers).sum((1, 2))
    right = (spectra.adjoint(answers) * kernels).sum((1, 2, 3))
    torch.testing.assert_close(left, right, rtol=1e-4, atol=1e-3)


def test_every_step_brings_the_answer_nearer_to_the_label(pictures):
    features, boxes = pictures
    labels = _label(boxes, features.shape[-2:], STRIDE, torch.full((4,), 0.8))
    errors = []
    for steps in (0, 1, 2, 8):
        options = FilterLossOptions(steps=steps)
        kernels = learn_filters(features, boxes, labels, stride=STRIDE, options=options)
        errors.append((_Spectra(features, 5).answer(kernels) - labels).square().sum((1, 2)))
    for worse, better in pairwise(errors):
        assert (better < worse).all()


def test_the_loss_is_small_where_the_target_is_and_large_where_it_is_not(pictures):
    features, boxes = pictures
    options = FilterLossOptions(steps=20, regularisation=1e-3)
    same = filter_loss(features, features, boxes, boxes, stride=STRIDE, options=options)
    moved = boxes + torch.tensor([32.0, 0, 0, 0])
    wrong = filter_loss(features, features, boxes, moved, stride=STRIDE, options=options)
    assert same < 0.5 * wrong


def test_proposals_lie_around_their_target_and_know_their_overlap(generator):
    boxes = torch.tensor([[10.0, 20, 30, 60], [-50, 0, 8, 8]])
    found, overlaps = proposals(boxes, options=ProposalOptions(number=500), generator=generator)
    assert found.shape == (2, 500, 4)
    assert (found[..., 2:] > 0).all()
    assert (overlaps > 0.1).float().mean() > 0.98
    assert 0.4 < overlaps.mean() < 0.7
    torch.testing.assert_close(overlaps, overlap(found, boxes[:, None]))


def test_overlap_of_known_boxes():
    first = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 10], [0, 0, 10, 10]])
    second = torch.tensor([[0.0, 0, 10, 10], [5, 0, 10, 10], [20, 20, 5, 5]])
    torch.testing.assert_close(overlap(first, second), torch.tensor([1.0, 1 / 3, 0.0]))


def test_a_network_learns_a_batch_by_heart(generator):
    """A bright square on noise, somewhere else in the other frame."""
    torch.manual_seed(0)
    images = 60 + 20 * torch.randn(2, 6, 3, 64, 64, generator=generator)
    boxes = torch.empty(2, 6, 4)
    for frame in range(2):
        for k in range(6):
            x, y = (8 + 8 * torch.randint(0, 4, (2,), generator=generator)).tolist()
            images[frame, k, k % 3, y : y + 18, x : x + 18] = 220
            boxes[frame, k] = torch.tensor([x, y, 18, 18])
    batch = PairBatch(images.clamp(0, 255), boxes, torch.ones(2, 6))
    network = SlimAtomNet(width=8, head_width=16)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    totals = []
    for _ in range(30):
        terms = objective(network, batch, options=ObjectiveOptions(), generator=generator)
        optimizer.zero_grad()
        terms.total.backward()
        optimizer.step()
        totals.append(float(terms.total.detach()))
    assert sum(totals[-5:]) < 0.6 * sum(totals[:5])


def test_targets_out_of_sight_do_not_count(generator):
    torch.manual_seed(0)
    network = SlimAtomNet(width=8, head_width=16).eval()
    images = 255 * torch.rand(2, 5, 3, 64, 64, generator=generator)
    boxes = torch.tensor([20.0, 20, 16, 16]).repeat(2, 5, 1)
    visible = torch.ones(2, 5)
    visible[1, 4] = 0.0
    batch = PairBatch(images, boxes, visible)
    fewer = PairBatch(*(part[:, :4] for part in batch))
    options = ObjectiveOptions(overlap_weight=0.0)
    first, second = (
        objective(network, b, options=options, generator=torch.Generator().manual_seed(1)).total
        for b in (batch, fewer)
    )
    torch.testing.assert_close(first, second, rtol=1e-4, atol=1e-5)


def test_a_batch_in_which_nothing_is_seen_still_has_a_loss(generator):
    torch.manual_seed(0)
    network = SlimAtomNet(width=8, head_width=16)
    boxes = torch.tensor([20.0, 20, 16, 16]).repeat(2, 3, 1)
    batch = PairBatch(255 * torch.rand(2, 3, 3, 64, 64, generator=generator), boxes, torch.zeros(2, 3))
    assert objective(network, batch, options=ObjectiveOptions(), generator=generator).total.isfinite()
