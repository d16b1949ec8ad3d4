"""Single losses against the published values and gradients, and what they do at the edges."""

import pytest
import torch

from tests.reference_golden import Golden
from workbench.training.losses import regression
from workbench.training.losses.focal import fast_focal_loss, focal_loss, identity_focal_loss, probability
from workbench.training.losses.rotation import bin_rotation, rotation_loss


@pytest.fixture
def golden():
    return Golden("cn_losses")


def leaf(golden, key):
    return torch.from_numpy(golden[key]).requires_grad_()


def tensors(golden, *keys):
    return [torch.from_numpy(golden[key]) for key in keys]


def check(golden, name, loss, inputs):
    loss.backward()
    golden.check(f"L_{name}", loss.item(), rtol=2e-5, atol=1e-6)
    golden.check(f"grad_{name}", inputs.grad.numpy(), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "share"), [("focal", 1.0), ("focal_nopos", 0.9)])
def test_focal_loss_of_heatmaps(golden, name, share):
    logits, (target,) = leaf(golden, "logits"), tensors(golden, "gt_hm")
    target = target if share == 1 else target * share
    check(golden, name, focal_loss(probability(logits), target), logits)


@pytest.mark.parametrize(
    ("name", "loss", "mask"),
    [
        ("RegLoss", regression.smooth_l1, "mask"),
        ("RegL1Loss", regression.l1, "mask"),
        ("NormRegL1Loss", regression.normalised_l1, "mask"),
        ("L1Loss", regression.mean_l1, "mask"),
        ("RegWeightedL1Loss", regression.weighted_l1, "cmask"),
    ],
)
def test_regression_at_the_objects(golden, name, loss, mask):
    maps, (mask, index, target) = leaf(golden, "out"), tensors(golden, mask, "ind", "tgt")
    if loss is regression.normalised_l1:
        target = target.abs() + 1  # as the figures were made
    check(golden, name, loss(maps, mask, index, target), maps)


@pytest.mark.parametrize("name", ["BinRotLoss", "BinRotLoss_allzero_bins"])
def test_rotation_in_bins(golden, name):
    maps = leaf(golden, "rot")
    mask, index, bins, residuals = tensors(golden, "mask", "ind", "rotbin", "rotres")
    if name.endswith("bins"):
        bins = bins * 0
    check(golden, name, bin_rotation(maps, mask, index, bins=bins, residuals=residuals), maps)


def test_rotation_of_gathered_rows(golden):
    rows = leaf(golden, "rotpred")
    mask, bins, residuals = tensors(golden, "mask", "rotbin", "rotres")
    check(golden, "compute_rot_loss", rotation_loss(rows, mask, bins=bins, residuals=residuals), rows)


def test_empty_batches_have_finite_losses():
    maps, index = torch.randn(1, 2, 4, 5, requires_grad=True), torch.zeros(1, 3, dtype=torch.int64)
    mask, target = torch.zeros(1, 3), torch.zeros(1, 3, 2)
    losses = [
        focal_loss(probability(maps), torch.zeros(1, 2, 4, 5)),
        fast_focal_loss(probability(maps), torch.zeros(1, 2, 4, 5), index=index, category=index, mask=mask),
        regression.l1(maps, mask, index, target),
        regression.smooth_l1(maps, mask, index, target),
        regression.weighted_bce(maps, mask[:, :, None].expand(1, 3, 2), index, target),
        identity_focal_loss(maps.flatten(0, 2)[:0], index[0, :0]),
    ]
    total = torch.stack(losses).sum()
    total.backward()
    assert total.isfinite()
    assert maps.grad.isfinite().all()


def test_both_focal_forms_agree_on_objects_in_cells_of_their_own():
    logits = torch.randn(1, 2, 4, 5)
    target = torch.rand(1, 2, 4, 5) * 0.9
    target[0, 0, 1, 2] = target[0, 1, 3, 0] = 1
    listed = {
        "index": torch.tensor([[7, 15, 0]]),
        "category": torch.tensor([[0, 1, 0]]),
        "mask": torch.tensor([[1.0, 1.0, 0.0]]),
    }
    fast = fast_focal_loss(probability(logits), target, **listed)
    assert torch.allclose(fast, focal_loss(probability(logits), target), rtol=1e-5)
