"""What is decoded from the outputs of CenterNet and FairMOT, against the published detections."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from tests.models.test_decoding import in_order, surely_chosen
from tests.reference_golden import Golden
from workbench.models.decoding.activation import activated
from workbench.models.decoding.ctdet import decode_ctdet
from workbench.models.decoding.ddd import decode_ddd
from workbench.models.decoding.exdet import SIDES, ExdetOptions, decode_exdet
from workbench.models.decoding.multi_pose import decode_multi_pose
from workbench.models.decoding.peaks import Found
from workbench.models.heads import Maps

TASKS = {
    "ctdet": (decode_ctdet, ["box", "score", "class"]),
    "multi_pose": (decode_multi_pose, ["box", "score", "joints", "class"]),
    "ddd": (decode_ddd, ["center", "score", "rotation", "depth", "dimensions", "size", "class"]),
}


def rows_of(found: Found, names: Iterable[str]) -> Tensor:
    """Columns side by side, (B, K, columns)."""
    columns = [found[name].float() for name in names]
    return torch.cat([c.flatten(2) if c.dim() > 2 else c[:, :, None] for c in columns], 2)


def check_detections(golden: Golden, task: str, maps: Maps) -> None:
    """The best hundred of what the outputs tell, before activation."""
    decode, names = TASKS[task]
    golden.check("dets", rows_of(decode(activated(maps), 100), names), rtol=1e-3, atol=1e-3)


def check_extremes(golden: Golden, maps: Maps) -> None:
    """Boxes of extreme points, plain and aggregated, and of any class where that is stored."""
    maps = activated(maps)
    _check_extremes(golden["dets"], maps)
    _check_extremes(golden["dets_aggr"], maps, aggregation=0.1)
    if "dets_agn_maxreduced" in golden:
        points = {f"hm_{side}": maps[f"hm_{side}"].amax(1, keepdim=True) for side in SIDES}
        _check_extremes(golden["dets_agn_maxreduced"], maps | points)


def _check_extremes(published: np.ndarray, maps: Maps, *, aggregation: float = 0.0) -> None:
    found = decode_exdet(maps, ExdetOptions(20, aggregation=aggregation, count=200))
    ours = rows_of(found, ["box", "score", "extremes", "class"])[0].numpy()
    ours, published = (surely_chosen(rows, 200) for rows in (ours, published[0]))
    np.testing.assert_allclose(in_order(ours), in_order(published), rtol=1e-3, atol=1e-3)
