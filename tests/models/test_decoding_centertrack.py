"""CenterTrack's decoder against the published one on made-up maps of all heads."""

import numpy as np
import pytest
import torch

from tests.reference_fill import generator
from tests.reference_golden import Golden
from workbench.models.centertrack import HEADS
from workbench.models.decoding.activation import activated, merged_views
from workbench.models.decoding.centertrack import decode_centertrack

C, H, W, K = 10, 24, 32, 30
CHANNELS = {"hm": C, "reg": 2, "wh": 2} | {k: v for heads in HEADS.values() for k, v in heads.items()}
SCALES = {"hm": 2, "hm_hp": 2.5, "wh": 4, "hps": 3, "dim": 0.3, "ltrb": 4, "ltrb_amodal": 4}
MEANS = {"hm": -3, "hm_hp": -3, "wh": 8, "dep": -2, "dim": 1.6}
NAMES = {  # ours by the published ones
    "scores": "score", "clses": "class", "cts": "center", "bboxes": "box", "tracking": "offset",
    "dep": "depth", "rot": "rotation", "dim": "dimensions", "amodel_offset": "center_offset",
    "nuscenes_att": "attributes", "velocity": "velocity", "hps": "joints", "kps_score": "pose_score",
    "bboxes_amodal": "box", "xs": "x", "ys": "y",
}  # fmt: skip
SIDES = torch.tensor([-6.0, -6.0, 6.0, 6.0])[:, None, None]


def maps_of(seed="", only=None):
    """All heads, before activation."""
    maps = {}
    for name, channels in CHANNELS.items():
        draw = generator(f"ct_dec/public/{seed}{name}").standard_normal((1, channels, H, W))
        values = (MEANS.get(name, 0) + SCALES.get(name, 1) * draw).astype(np.float32)
        maps[name] = torch.from_numpy(values) + (SIDES if name.startswith("ltrb") else 0)
    return {name: values for name, values in maps.items() if only is None or name in only}


def check_decoded(golden, case, found, *, names=NAMES, **near):
    """All that is stored of a case."""
    golden[f"{case}/scores"]  # skips where this case is not among the copies
    found = found | dict(zip("xy", found["center"].unbind(2), strict=True))
    keys = [key for key in golden.arrays if key.startswith(f"{case}/")]
    for key in keys:
        published = golden[key]
        ours = found[names[key.removeprefix(f"{case}/")]]
        golden.check(key, ours.reshape(published.shape), **near)


@pytest.fixture
def golden():
    return Golden("ct_decode")


@pytest.mark.parametrize(
    ("case", "without"),
    [
        ("full", ()),
        ("noltrb", ("ltrb", "ltrb_amodal")),
        ("nohmhp", ("hm_hp", "hp_offset")),
        ("nooff", ("hp_offset",)),
        ("nooff_noreg", ("hp_offset", "reg")),
        ("min", ("ltrb", "ltrb_amodal", "wh", "hps", "hm_hp", "hp_offset")),
    ],
)
def test_decoded_heads(golden, case, without):
    maps = activated(maps_of(only=set(CHANNELS) - set(without)))
    found = decode_centertrack(maps, K)
    names = NAMES
    if case == "nohmhp":  # without heat maps of joints the published code returns the joints twice
        names = {**NAMES, "kps_score": "joints"}
    check_decoded(golden, case, found, names=names, rtol=1e-5, atol=1e-3)


def test_both_views_of_a_flip_test(golden):
    maps, second = activated(maps_of()), {}
    for name, values in maps.items():
        draw = generator(f"ct_dec/public/flip2/{name}").standard_normal(values.shape).astype(np.float32)
        second[name] = torch.cat([values, torch.from_numpy(draw)])
    for name, values in merged_views(second).items():
        golden.check(f"flip/{name}", values, rtol=1e-5, atol=1e-3)
