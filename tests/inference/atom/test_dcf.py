import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.reference_golden import Golden
from workbench.inference.atom.dcf import (
    convolve,
    convolve_adjoint,
    gauss_fourier,
    gauss_label,
    hann1d,
    hann2d,
    hann2d_clipped,
    max2d,
    mlu,
    mlu_slope,
)

NEAR = {"rtol": 1e-5, "atol": 1e-5}


def test_windows_agree_with_the_published_ones():
    golden = Golden("atom_dcf")
    for size in (7, 18, 22):
        golden.check(f"hann1d_c_{size}", hann1d(size), **NEAR)
        golden.check(f"hann1d_n_{size}", hann1d(size, centered=False), **NEAR)
    golden.check("hann2d_18x15", hann2d((18, 15), centered=False), **NEAR)
    golden.check("hann2d_clipped", hann2d_clipped((22, 22), (12, 12), centered=False), **NEAR)
    golden.check("hann2d_clipped_c", hann2d_clipped((22, 22), (14, 14)), **NEAR)


def test_labels_and_activation_agree_with_the_published_ones():
    golden = Golden("atom_dcf")
    for key in (key for key in golden.arrays if key.startswith("label/")):
        _, size, center, sigma = key.split("/")
        rows, columns = map(int, size.split("x"))
        y, x = map(float, center[1:].split("_"))
        golden.check(key, gauss_label((rows, columns), float(sigma[1:]), (y, x)), **NEAR)
    golden.check("label_endpad", gauss_label((18, 18), 1.5, (0.5, -1.0), extra=(1, 1)), **NEAR)
    golden.check("gauss_fourier_19_2", gauss_fourier(19, 2), **NEAR)
    golden.check("gauss_fourier_19_2_half", gauss_fourier(19, 2, half=True), **NEAR)
    golden.check("mlu_0.05", mlu(torch.from_numpy(golden["mlu_in"]), 0.05), **NEAR)


def test_activation_slope_is_its_derivative():
    x = torch.linspace(-0.4, 0.4, 41, dtype=torch.float64, requires_grad=True)
    mlu(x, 0.05).sum().backward()
    np.testing.assert_allclose(mlu_slope(x.detach(), 0.05), x.grad, rtol=1e-12)


@pytest.mark.parametrize("kernel", [(4, 4), (5, 5), (3, 4), (1, 2)])
def test_convolution_keeps_the_size_and_pads_an_even_kernel_at_the_top_left(kernel):
    torch.manual_seed(0)
    samples, taps = torch.randn(3, 6, 10, 11), torch.randn(6, *kernel)
    rows, columns = kernel
    whole = functional.conv2d(samples, taps[None], padding=(rows // 2, columns // 2))
    torch.testing.assert_close(convolve(samples, taps), whole[..., :10, :11], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kernel", [(4, 4), (5, 5)])
def test_adjoint_is_the_transpose_of_the_convolution(kernel):
    torch.manual_seed(1)
    samples, taps = torch.randn(3, 6, 10, 11).double(), torch.randn(6, *kernel).double()
    maps = torch.randn(3, 1, 10, 11).double()
    there = (convolve(samples, taps) * maps).sum()
    back = (convolve_adjoint(samples, maps, kernel) * taps).sum()
    torch.testing.assert_close(there, back)


def test_highest_point_is_given_as_row_and_column():
    maps = np.zeros((2, 4, 5))
    maps[0, 1, 3], maps[1, 3, 0] = 2.0, 1.0
    values, places = max2d(maps)
    assert values.tolist() == [2.0, 1.0]
    assert places.tolist() == [[1, 3], [3, 0]]
