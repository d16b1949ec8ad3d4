"""Published reference figures, where they are (see ``tests.shared``); their tests skip where not."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from numpy.typing import ArrayLike

from tests.shared import SHARED

FOLDER = SHARED / "reference"
COPIES = Path(__file__).resolve().parent / "data" / "reference"


class Golden:
    """One file of figures with its tolerances.

    Large arrays are stored as every n-th value, with their shape. Where the whole collection is absent, a
    part of some files is read from copies among the tests' data, and what is not there is skipped.
    """

    def __init__(self, name: str) -> None:
        paths = (FOLDER / "golden" / f"{name}__public.npz", COPIES / f"{name}__public.npz")
        path = next((path for path in paths if path.exists()), None)
        if path is None:
            pytest.skip("the reference figures are not here")
        with np.load(path) as arrays:
            self.arrays = dict(arrays)
        self.about = _index(COPIES if path.parent == COPIES else FOLDER)[path.name]

    def __getitem__(self, key: str) -> Any:
        if key not in self:
            pytest.skip(f"{key} is not among the copied reference figures")
        return self.arrays[key]

    def __contains__(self, key: str) -> bool:
        return key in self.arrays

    def check(self, key: str, value: ArrayLike, *, rtol: float, atol: float) -> None:
        """Compare ``value`` with what is stored under ``key``: the whole, or a part and its statistics."""
        value = np.asarray(value)
        if f"{key}__stat" in self:
            self.check_statistics(f"{key}__stat", value, rtol=rtol, atol=atol)
        if key in self:
            np.testing.assert_allclose(value, self[key], rtol=rtol, atol=atol, err_msg=key)
            return
        assert value.shape == tuple(self[f"{key}__shape"]), key
        some = value.ravel()[:: int(self[f"{key}__stride"])]
        np.testing.assert_allclose(some, self[f"{key}__sub"], rtol=rtol, atol=atol, err_msg=key)

    def check_statistics(self, key: str, value: ArrayLike, *, rtol: float, atol: float) -> None:
        """Compare mean, standard deviation, length, least and largest with those stored under ``key``."""
        x = np.asarray(value, float)
        side = np.sqrt(x.size)  # the length grows with it, and what is allowed for one number does not
        found = [x.mean(), x.std(), np.linalg.norm(x) / side, x.min(), x.max()]
        stored = self[key] / [1, 1, side, 1, 1]
        np.testing.assert_allclose(found, stored, rtol=rtol, atol=atol, err_msg=key)


@cache
def _index(folder: Path) -> dict[str, Any]:
    content = json.loads((folder / "index.json").read_text())
    if folder == COPIES:
        return content
    return {Path(entry["file"]).name: entry for entry in content["files"]}


def published_keys(network: str) -> list[Any]:
    """Name, shape and type of a network's parameters, in their order."""
    with ZipFile(COPIES / "keys.zip") as keys:
        return json.loads(keys.read(f"{network}.json"))


def photo() -> Any:
    """The reference photograph, RGB uint8; skips where it is absent."""
    path = FOLDER / "golden" / "photo_a.npz"
    if not path.exists():
        pytest.skip("the reference photograph is not here")
    return np.ascontiguousarray(np.load(path)["bgr"][..., ::-1])
