import importlib.util
import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.reference_golden import Golden
from workbench.models import dcn
from workbench.models.dcn import DCN, deform_conv2d


def layer_inputs(size=(5, 6), *, channels=3, outputs=2, batch=2, dtype=torch.float64):
    random = torch.Generator().manual_seed(5)
    shapes = {
        "x": (batch, channels, *size),
        "offset": (batch, 18, *size),
        "mask": (batch, 9, *size),
        "weight": (outputs, channels, 3, 3),
        "bias": (outputs,),
    }
    return {name: torch.randn(shape, generator=random, dtype=dtype) for name, shape in shapes.items()}


def test_layer_and_its_gradients_agree_with_the_published_kernel():
    golden = Golden("dcn_layer")
    near = golden.about["tolerance"]["default"]
    layer = DCN(6, 5)
    names = ("weight", "bias", "conv_offset_mask.weight", "conv_offset_mask.bias")
    assert tuple(layer.state_dict()) == names
    layer.load_state_dict({name: torch.from_numpy(golden[f"param_{name}"]) for name in names})
    x = torch.from_numpy(golden["x"]).requires_grad_()
    with torch.no_grad():
        golden.check("offset_mask_raw", layer.conv_offset_mask(x), **near)
    out = layer(x)
    out.backward(torch.from_numpy(golden["grad_out"]))
    golden.check("out", out.detach(), **near)
    golden.check("grad_x", x.grad, **near)
    for name, parameter in layer.named_parameters():
        golden.check(f"grad_{name}", parameter.grad, **near)


def test_gradients_of_all_five_inputs_agree_with_differences():
    inputs = [value.requires_grad_() for value in layer_inputs(batch=1).values()]
    assert torch.autograd.gradcheck(deform_conv2d, inputs)


def sampled(plane, y, x):
    """The bilinear surface of a plane that is zero outside."""
    rows, columns = plane.shape
    total = 0.0
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            if 0 <= row < rows and 0 <= column < columns:
                total += plane[row, column] * (1 - abs(y - row)) * (1 - abs(x - column))
    return total


def test_each_tap_reads_the_masked_bilinear_surface_at_its_place():
    """Against explicit loops, with offsets that leave the map by less and by more than a cell."""
    inputs = layer_inputs((4, 5))
    inputs["offset"] *= 2
    out = deform_conv2d(**inputs)
    x, offset, mask, weight, bias = (value.numpy() for value in inputs.values())
    expected = np.zeros(out.shape)
    for b, o, r, c in np.ndindex(*out.shape):
        expected[b, o, r, c] = bias[o]
        for k in range(9):
            y, z = r - 1 + k // 3 + offset[b, 2 * k, r, c], c - 1 + k % 3 + offset[b, 2 * k + 1, r, c]
            for channel in range(x.shape[1]):
                read = mask[b, k, r, c] * sampled(x[b, channel], y, z)
                expected[b, o, r, c] += weight[o, channel].flat[k] * read
    np.testing.assert_allclose(out, expected, atol=1e-12)


@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 1, 1), (2, 1, 1), (1, 2, 2), (1, 0, 1)])
def test_without_offsets_it_is_a_convolution(stride, padding, dilation):
    inputs = layer_inputs((7, 9))
    place = {"stride": stride, "padding": padding, "dilation": dilation}
    dense = functional.conv2d(inputs["x"], inputs["weight"], inputs["bias"], **place)
    inputs["offset"] = torch.zeros(2, 18, *dense.shape[2:], dtype=torch.float64)
    inputs["mask"] = torch.ones(2, 9, *dense.shape[2:], dtype=torch.float64)
    torch.testing.assert_close(deform_conv2d(**inputs, **place), dense)


def test_a_new_layer_is_half_a_convolution():
    layer = DCN(4, 3)
    x = torch.randn(1, 4, 6, 6)
    torch.testing.assert_close(layer(x), 0.5 * functional.conv2d(x, layer.weight, padding=1))


def test_a_place_one_cell_outside_has_no_slope():
    """As the published kernel has it; a new layer's border taps lie exactly there."""
    inputs = layer_inputs()
    offset = torch.zeros_like(inputs["offset"]).requires_grad_()
    deform_conv2d(**(inputs | {"offset": offset})).sum().backward()
    assert not offset.grad[:, 0, 0].any()  # tap 0 of the first row reads row -1
    assert offset.grad[:, 0, 1:, 1:].all()


@pytest.mark.parametrize("budget", [1, 2000, 4000])
def test_pieces_give_the_same_result_and_gradients(budget):
    whole, parts = layer_inputs(), layer_inputs()
    expected = deform_conv2d(**{name: value.requires_grad_() for name, value in whole.items()})
    pieced = deform_conv2d(**{name: value.requires_grad_() for name, value in parts.items()}, budget=budget)
    torch.testing.assert_close(pieced, expected)
    expected.square().sum().backward()
    pieced.square().sum().backward()
    for name, value in whole.items():
        torch.testing.assert_close(parts[name].grad, value.grad)


def test_weights_first_where_channels_grow_few_is_the_same():
    inputs = layer_inputs(channels=4 * dcn.NARROWING, outputs=4)
    with torch.no_grad():
        fast = deform_conv2d(**inputs)
    assert torch.is_grad_enabled()  # here the samples come first
    torch.testing.assert_close(fast, deform_conv2d(**inputs))
    assert fast.stride() == deform_conv2d(**inputs).stride()


def test_sum_without_embedding_bag_is_the_same():
    random = torch.Generator().manual_seed(1)
    table = torch.randn(20, 3, generator=random)
    index = torch.randint(20, (7, 4), generator=random, dtype=torch.int32)
    weights = torch.rand(7, 4, generator=random)
    torch.testing.assert_close(dcn.gathered_sum(table, index, weights), dcn.bag_sum(table, index, weights))


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e30])
def test_an_offset_gone_wild_spoils_its_own_cell_only(value):
    inputs = layer_inputs()
    expected = deform_conv2d(**inputs)
    inputs["offset"][0, 7, 2, 3] = value
    changed = (deform_conv2d(**inputs) != expected).any(1)
    assert changed.nonzero().tolist() in ([], [[0, 2, 3]])


@pytest.mark.skipif(importlib.util.find_spec("torchvision") is None, reason="torchvision is not installed")
def test_torchvision_agrees():
    compiled = dcn._compiled()
    if compiled is None:
        pytest.skip("torchvision does not fit this torch")
    x, offset, mask, weight, bias = layer_inputs().values()
    theirs = compiled(x, offset, weight, bias, 1, 1, 1, mask)
    torch.testing.assert_close(theirs, deform_conv2d(x, offset, mask, weight, bias))
