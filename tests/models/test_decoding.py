"""Decoders against the published ones on made-up maps."""

import numpy as np
import pytest
import torch

from tests.reference_fill import generator
from tests.reference_golden import Golden
from workbench.models.decoding.activation import depth, mirrored_joint_offsets, mirrored_joints
from workbench.models.decoding.ctdet import decode_ctdet
from workbench.models.decoding.ddd import decode_ddd
from workbench.models.decoding.exdet import SIDES, ExdetOptions, decode_exdet
from workbench.models.decoding.fairmot import decode_mot
from workbench.models.decoding.multi_pose import decode_multi_pose
from workbench.models.decoding.peaks import gather, suppressed, top_peaks

B, C, H, W, K = 2, 7, 24, 32, 40
PREFIX = "cn_decode/public/"


def normal(name, channels, scale=1.0, mean=0.0):
    draw = generator(PREFIX + name).standard_normal((B, channels, H, W))
    return torch.from_numpy((mean + scale * draw).astype(np.float32))


def uniform(name, channels):
    return torch.from_numpy(generator(PREFIX + name).random((B, channels, H, W)).astype(np.float32))


def heat(name, channels, scale=2.0, mean=-3.0):
    return normal(name, channels, scale, mean).sigmoid()


def boxes(name, channels, with_reg=True):
    maps = {"hm": heat(name, channels), "wh": normal("wh", 2, 4, 8)}
    return maps | ({"reg": uniform("reg", 2)} if with_reg else {})


@pytest.fixture
def golden():
    return Golden("cn_decode")


def check(golden, key, found, names):
    columns = [found[name].float().reshape(*found["score"].shape, -1) for name in names]
    golden.check(key, torch.cat(columns, 2), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    ("key", "maps"),
    [
        ("ctdet", lambda: boxes("hm", C)),
        ("ctdet_noreg", lambda: boxes("hm", C, with_reg=False)),
        ("ctdet_catspec", lambda: boxes("hm", C) | {"wh": normal("cwh", 2 * C, 3, 9)}),
    ],
)
def test_boxes(golden, key, maps):
    check(golden, key, decode_ctdet(maps(), K), ["box", "score", "class"])


@pytest.mark.parametrize(
    ("key", "without"),
    [
        ("multi_pose", ()),
        ("multi_pose_nohp", ("hm_hp", "hp_offset")),
        ("multi_pose_nooffset", ("hp_offset", "reg")),
    ],
)
def test_joints(golden, key, without):
    maps = boxes("hm1", 1) | {"hps": normal("hps", 34, 3), "hm_hp": heat("hm_hp", 17, 2.5, -4)}
    maps["hp_offset"] = uniform("hpo", 2)
    found = decode_multi_pose({k: v for k, v in maps.items() if k not in without}, K)
    check(golden, key, found, ["box", "score", "joints", "class"])
    assert (found["joint_scores"] > 0).all()


@pytest.mark.parametrize(("key", "size"), [("ddd", ["size"]), ("ddd_nowh", [])])
def test_boxes_in_space(golden, key, size):
    maps = boxes("hm3", 3) | {"rot": normal("rot", 8), "dim": normal("dim", 3, 0.3, 1.6)}
    maps["dep"] = depth(normal("dep", 1, 1, -2))
    if not size:
        del maps["wh"]
    names = ["center", "score", "rotation", "depth", "dimensions", *size, "class"]
    check(golden, key, decode_ddd(maps, K), names)


def extreme_maps(points=C, with_reg=True):
    maps = {f"hm_{side}": heat(f"ex_{side}", C, 1.5, -1)[:, :points] for side in SIDES}
    offsets = {f"reg_{side}": uniform(f"exreg_{side}", 2) for side in SIDES}
    return maps | {"hm_c": heat("ex_c", C, 1.5, -1)} | (offsets if with_reg else {})


@pytest.mark.parametrize(
    ("key", "maps", "options"),
    [
        ("exct", extreme_maps, ExdetOptions(12, count=100)),
        ("exct_aggr", extreme_maps, ExdetOptions(12, count=100, aggregation=0.1)),
        ("exct_noreg", lambda: extreme_maps(with_reg=False), ExdetOptions(12, 0.3, 0.2, count=100)),
        ("agnex", lambda: extreme_maps(1), ExdetOptions(12, count=100)),
        ("agnex_aggr", lambda: extreme_maps(1), ExdetOptions(12, count=100, aggregation=0.1)),
    ],
)
def test_boxes_of_extreme_points(golden, key, maps, options):
    found = decode_exdet(maps(), options)
    rows = [found[name].float().flatten(2) for name in ("box", "extremes")]
    rows = torch.cat([rows[0], found["score"][..., None], rows[1], found["class"][..., None]], 2).numpy()
    for ours, published in zip(rows, golden[key], strict=True):
        ours, published = surely_chosen(ours), surely_chosen(published)
        np.testing.assert_allclose(in_order(ours), in_order(published), rtol=1e-5, atol=1e-4)


def surely_chosen(rows, count=100):
    """Those that break no rule, and are not among equal ones of which only some found a place."""
    least = rows[-1, 4] + 1e-6 if len(rows) == count else 0
    return rows[rows[:, 4] > max(least, 0)]


def in_order(rows):
    """By score; equal scores by place, since their order means nothing."""
    return rows[np.lexsort((*rows[:, :4].T, -rows[:, 4].round(5)))]


def test_mirrored_joints(golden):
    flipped = {"flip_lr": mirrored_joints(normal("flip17", 17))}
    flipped["flip_lr_off"] = mirrored_joint_offsets(normal("flip34", 34))
    for key, maps in flipped.items():
        golden.check(key, maps, rtol=1e-5, atol=1e-4)


def test_peaks_are_those_of_pooling_and_sorting():
    heat = torch.rand(2, 9, 33, 17, generator=torch.Generator().manual_seed(1)).round(decimals=2)
    pooled = torch.nn.functional.max_pool2d(heat, 3, 1, 1)
    assert torch.equal(suppressed(heat), heat * (pooled == heat))
    peaks = top_peaks(heat, 50)
    whole = suppressed(heat).flatten(1)
    assert torch.equal(peaks.scores, whole.sort(descending=True).values[:, :50])
    places = peaks.classes * 33 * 17 + peaks.cells
    assert torch.equal(whole.gather(1, places), peaks.scores)
    assert all(len(set(row.tolist())) == 50 for row in places)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (1, 2, 1, 5), (2, 1, 4, 1), (1, 1, 2, 2)])
def test_peaks_of_tiny_maps(shape):
    heat = torch.rand(shape)
    assert torch.equal(suppressed(heat), heat * (torch.nn.functional.max_pool2d(heat, 3, 1, 1) == heat))
    assert top_peaks(heat, 3).scores.shape[1] == min(3, heat[0].numel())


def test_embeddings_have_unit_length_and_boxes_reach_to_their_sides():
    maps = boxes("hm1", 1) | {"wh": uniform("cwh", 4) * 9, "id": normal("flip17", 17)}
    found = decode_mot(maps, 30)
    assert torch.allclose(found["embedding"].norm(dim=2), torch.ones(B, 30))
    peaks = top_peaks(maps["hm"], 30)
    centers = peaks.points + gather(maps["reg"], peaks.cells)
    sides = gather(maps["wh"], peaks.cells)
    assert torch.allclose(found["box"][..., :2], centers - sides[..., :2])
    assert torch.allclose(found["box"][..., 2:], centers + sides[..., 2:])


def test_every_combination_above_zero_is_found_where_all_points_fit():
    """Blocks of combinations give the same as all at once: every point of a side lies beyond the others."""
    maps = {f"hm_{side}": torch.zeros(1, 1, 8, 8) for side in SIDES} | {"hm_c": torch.full((1, 1, 8, 8), 0.5)}
    rows = {
        "t": (0, slice(1, 7, 2)),
        "b": (7, slice(1, 7, 2)),
        "l": (slice(1, 7, 2), 0),
        "r": (slice(1, 7, 2), 7),
    }
    for side, place in rows.items():
        maps[f"hm_{side}"][0, 0][place] = torch.tensor([0.5, 0.6, 0.7])
    scores = decode_exdet(maps, ExdetOptions(3))["score"]
    assert scores.shape == (1, 81)
    assert scores[0, 0] == pytest.approx((4 * 0.7 + 1) / 6)
    assert (scores.diff() <= 0).all()
