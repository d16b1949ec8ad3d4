"""The reference photograph's made-up objects, and how targets made of them are compared."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.reference_golden import Golden
from workbench.training.targets.annotations import Annotation, mirrored
from workbench.training.targets.crops import Crop

SIZE = (446, 240)
PICTURES = {"args", "input", "image", "pre_img", "pre_hm"}


def objects(golden: Golden, key: str) -> list[dict[str, Any]]:
    """What is told of each object, in the words of the COCO format."""
    return json.loads(str(golden[key]))


def turned(crop: Crop, annotations: list[Annotation]) -> list[Annotation]:
    """Mirrored, if the crop is."""
    return [mirrored(a, SIZE[0]) for a in annotations] if crop.flipped else annotations


def check_targets(golden: Golden, case: str, targets: dict[str, NDArray[Any]], *, atol: float) -> None:
    """Compare all targets of a case, and that none is missing."""
    names = {key.split("/")[1].split("__")[0] for key in golden.arrays if key.startswith(f"{case}/")}
    assert set(targets) == names - PICTURES
    for name, values in targets.items():
        check_map(golden, f"{case}/{name}", values, atol=atol)


def check_map(golden: Golden, key: str, values: NDArray[Any], *, atol: float) -> None:
    """Compare the whole, or the cells that are not 0 where only those are stored."""
    if f"{key}__nz_idx" not in golden:
        golden.check(key, values, rtol=1e-5, atol=atol)
        return
    assert values.shape == tuple(golden[f"{key}__shape"])
    sums = [np.count_nonzero(values), values.sum(dtype=float)]
    np.testing.assert_allclose(sums, golden[f"{key}__nnz_sum"], rtol=1e-5)
    at = tuple(golden[f"{key}__nz_idx"].T)
    np.testing.assert_allclose(values[at], golden[f"{key}__nz_val"], rtol=1e-5, atol=atol, err_msg=key)
