import numpy as np
import pytest
import torch

from tests.reference_fill import randn
from tests.reference_golden import Golden
from workbench.models.prroi_pool import prroi_pool


@pytest.mark.parametrize(
    ("name", "size", "scale"),
    [("3x3_s8", 3, 1 / 8), ("5x5_s8", 5, 1 / 8), ("1x1_s16", 1, 1 / 16), ("3x3_s16", 3, 1 / 16)],
)
def test_pooling_and_both_gradients_agree_with_the_published_kernel(name, size, scale):
    golden = Golden("prroi_pool")
    features = torch.from_numpy(golden["feat"]).requires_grad_()
    rois = torch.from_numpy(golden[f"{name}/rois"]).requires_grad_()
    images = rois[:, 0].long()  # the published kernel's boxes say of which picture they are
    pooled = prroi_pool(features[images], rois[:, None, 1:], size=size, scale=scale)[:, 0]
    pooled.backward(torch.from_numpy(randn(golden[f"{name}/grad_out_name"].item(), *pooled.shape)))
    near = {"rtol": 1e-4, "atol": 1e-5}
    golden.check(f"{name}/out", pooled.detach(), **near)
    golden.check(f"{name}/grad_rois", rois.grad, **near)
    golden.check(f"{name}/grad_feat", features.grad, **near)


def test_a_bin_is_the_mean_of_the_bilinear_surface():
    """Against a fine midpoint sum, with a box that sticks out of the map."""
    rng = np.random.default_rng(3)
    surface = rng.normal(size=(5, 6))
    box = (-0.7, 0.6, 4.9, 3.35)
    pooled = prroi_pool(
        torch.from_numpy(surface)[None, None],
        torch.tensor([[box]], dtype=torch.float64),
        size=(2, 3),
        scale=1,
    )

    fine = 400
    ys = box[1] + (np.arange(2 * fine) + 0.5) / (2 * fine) * (box[3] - box[1])
    xs = box[0] + (np.arange(3 * fine) + 0.5) / (3 * fine) * (box[2] - box[0])
    rows = np.clip(1 - abs(ys[:, None] - np.arange(5)), 0, None)
    columns = np.clip(1 - abs(xs[:, None] - np.arange(6)), 0, None)
    dense = rows @ surface @ columns.T
    expected = dense.reshape(2, fine, 3, fine).mean(axis=(1, 3))
    np.testing.assert_allclose(pooled[0, 0, 0], expected, atol=1e-5)


def test_a_box_without_area_pools_to_zero_and_has_finite_gradients():
    boxes = torch.tensor([[[3.0, 3.0, 3.0, 9.0], [5.0, 5.0, 2.0, 8.0]]], requires_grad=True)
    pooled = prroi_pool(torch.ones(1, 2, 8, 8), boxes, size=3, scale=1.0)
    pooled.sum().backward()
    assert not pooled.any()
    assert torch.isfinite(boxes.grad).all()
