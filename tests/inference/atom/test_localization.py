import ast

import numpy as np

from tests.reference_golden import Golden
from workbench.inference.atom.localization import Flag, localize
from workbench.inference.atom.options import LocalizationOptions


def made_map(*peaks: tuple[float, float, float], size: int = 288) -> np.ndarray:
    """Gaussian peaks (y, x, height) of 9 points, the higher one where they meet, (1, size, size)."""
    at = np.arange(size)
    maps = [height * np.exp(-((at[:, None] - y) ** 2 + (at - x) ** 2) / (2 * 9**2)) for y, x, height in peaks]
    return np.max(maps, axis=0)[None]


def test_decisions_agree_with_the_published_ones():
    golden = Golden("atom_dcf")
    cases = ast.literal_eval(golden["localize_cases_json"].item())
    flags, moves = [], []
    for peaks, size, scale in cases:
        place = localize(made_map(*peaks), (size[0] / scale, size[1] / scale), LocalizationOptions())
        flags.append("None" if place.flag is Flag.NONE else place.flag.value)
        moves.append(np.array(place.displacement) * scale)
    assert flags == golden["localize_flags"].tolist()
    np.testing.assert_allclose(moves, golden["localize_translation"], rtol=1e-5, atol=1e-5)


def test_best_scale_is_chosen_by_its_peak():
    maps = np.concatenate([made_map((144, 144, 0.6)), made_map((150, 140, 0.8))])
    place = localize(maps, (40, 40), LocalizationOptions())
    assert (place.scale, place.displacement) == (1, (6, -4))
    assert abs(place.score - 0.8) < 1e-9
