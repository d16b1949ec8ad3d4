import math

import numpy as np
import pytest
import torch

from tests.reference_golden import Golden
from workbench.inference.atom.fourier import (
    centered,
    cfft2,
    resample,
    resampling_matrix,
    sample_fs,
    shift_fs,
)

SIZES = [(18, 18), (15, 17), (18, 22)]


@pytest.mark.parametrize("size", SIZES)
def test_series_agrees_with_the_published_one(size):
    golden = Golden("atom_dcf")
    name, near = f"{size[0]}x{size[1]}", {"rtol": 1e-5, "atol": 1e-5}
    spectrum = torch.view_as_complex(torch.from_numpy(golden[f"cfft2_{name}"]))
    once = spectrum[..., : size[0], :]  # an even size has its highest frequency in both end rows
    scores = torch.fft.irfft2(torch.fft.ifftshift(once, dim=-2), s=size)
    golden.check(f"cfft2_{name}", torch.view_as_real(cfft2(scores)), **near)
    shifted = shift_fs(spectrum / math.prod(size), (0.37 * math.pi, -1.1))
    golden.check(f"shift_fs_{name}", torch.view_as_real(shifted), **near)
    for points in ((64, 64), (37, 50)):
        golden.check(f"sample_fs_{name}_to{points[0]}x{points[1]}", sample_fs(shifted, points), **near)
    rows, columns = (resampling_matrix(n, 288, even_kernel=True).float() for n in size)
    golden.check(f"atom_upsample_{name}_to288", resample(scores, rows, columns), **near)


@pytest.mark.parametrize(("cells", "even_kernel"), [(26, False), (18, True), (17, False)])
def test_matrices_equal_the_series(cells, even_kernel):
    """Also at an odd kernel and at a size that needs no phase at all."""
    scores = torch.from_numpy(np.random.default_rng(0).normal(size=(cells, cells)))
    matrix = resampling_matrix(cells, 104, even_kernel=even_kernel)
    shift = math.pi * (1 - (0 if even_kernel else 1) / cells)
    series = sample_fs(shift_fs(cfft2(scores) / cells**2, (shift, shift)), (104, 104))
    torch.testing.assert_close(resample(scores, matrix, matrix), series)


def test_a_label_peaks_at_zero_displacement():
    """An odd kernel's label is centred on the map, and the fine map's middle stands for that."""
    cells = torch.arange(26) - 12.5
    label = torch.exp(-0.5 * ((cells[:, None] - 2) ** 2 + (cells - 0) ** 2) / 1.3**2).double()
    matrix = resampling_matrix(26, 208, even_kernel=False)
    fine = centered(resample(label, matrix, matrix))
    y, x = divmod(int(fine.argmax()), 208)
    assert (y - 104, x - 104) == (16, 0)
