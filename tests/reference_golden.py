"""Published reference figures, where they are beside the checkout; their tests skip where not."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "reference"


class Golden:
    """One file of figures with its tolerances.

    Large arrays are stored as every n-th value, with their shape.
    """

    def __init__(self, name: str) -> None:
        path = FOLDER / "golden" / f"{name}__public.npz"
        if not path.exists():
            pytest.skip("the reference figures are not here")
        self.arrays = np.load(path)
        self.about = _index()[path.name]

    def __getitem__(self, key: str) -> Any:
        return self.arrays[key]

    def __contains__(self, key: str) -> bool:
        return key in self.arrays.files

    def check(self, key: str, value: ArrayLike, *, rtol: float, atol: float) -> None:
        """Compare ``value`` with what is stored under ``key``."""
        value = np.asarray(value)
        if key in self:
            np.testing.assert_allclose(value, self[key], rtol=rtol, atol=atol, err_msg=key)
            return
        assert value.shape == tuple(self[f"{key}__shape"]), key
        some = value.ravel()[:: int(self[f"{key}__stride"])]
        np.testing.assert_allclose(some, self[f"{key}__sub"], rtol=rtol, atol=atol, err_msg=key)


@cache
def _index() -> dict[str, Any]:
    files = json.loads((FOLDER / "index.json").read_text())["files"]
    return {Path(entry["file"]).name: entry for entry in files}


def photo() -> Any:
    """The reference photograph, RGB uint8; skips where it is absent."""
    path = FOLDER / "golden" / "photo_a.npz"
    if not path.exists():
        pytest.skip("the reference photograph is not here")
    return np.ascontiguousarray(np.load(path)["bgr"][..., ::-1])
