"""Networks with the weights of the recipe, decoded as published."""

import numpy as np
import pytest
import torch

from tests.models.test_decoding import in_order, surely_chosen
from tests.models.test_decoding_centertrack import NAMES
from tests.reference_golden import Golden
from tests.reference_network import filled, golden_input
from workbench.models import centernet, centertrack, fairmot
from workbench.models.decoding.activation import activated
from workbench.models.decoding.centertrack import decode_centertrack
from workbench.models.decoding.ctdet import decode_ctdet
from workbench.models.decoding.ddd import decode_ddd
from workbench.models.decoding.exdet import SIDES, ExdetOptions, decode_exdet
from workbench.models.decoding.fairmot import decode_mot
from workbench.models.decoding.multi_pose import decode_multi_pose
from workbench.models.geometry import draw_umich_gaussian

TASKS = {
    "ctdet": (decode_ctdet, 80, ["box", "score", "class"]),
    "multi_pose": (decode_multi_pose, 1, ["box", "score", "joints", "class"]),
    "ddd": (decode_ddd, 3, ["center", "score", "rotation", "depth", "dimensions", "size", "class"]),
}


def rows_of(found, names):
    columns = [found[name].float() for name in names]
    return torch.cat([c.flatten(2) if c.dim() > 2 else c[:, :, None] for c in columns], 2)


@pytest.mark.parametrize("task", TASKS)
def test_centernet(task):
    decode, classes, names = TASKS[task]
    golden = Golden(f"cn_{task}_dla_34")
    network = filled(lambda: centernet.build(centernet.spec(task, classes=classes)))
    found = decode(activated(network(golden_input(golden))), 100)
    golden.check("dets", rows_of(found, names), rtol=1e-3, atol=1e-3)


def test_fairmot():
    golden = Golden("fairmot_dla_34")
    maps = activated(filled(lambda: fairmot.build(fairmot.spec()))(golden_input(golden)))
    found = decode_mot(maps, 60)
    golden.check("dets", rows_of(found, ["box", "score", "class"]), rtol=1e-3, atol=1e-3)
    plain = decode_mot({"hm": maps["hm"], "wh": maps["wh"][:, :2]}, 60)
    golden.check("dets_noltrb", rows_of(plain, ["box", "score", "class"]), rtol=1e-3, atol=1e-3)
    golden.check("id_feature", found["embedding"], rtol=1e-3, atol=1e-4)


CENTERTRACK = {
    "ct_coco_dla_34": centertrack.spec("tracking", classes=80),
    "ct_mot_dla_34": centertrack.spec("tracking", "ltrb_amodal", classes=1),
    "ct_full_dla_34": centertrack.spec(*centertrack.HEADS, classes=10),
}


@pytest.mark.parametrize("name", CENTERTRACK)
def test_centertrack(name):
    golden = Golden(name)
    image, before = golden_input(golden), golden_input(golden, "/pre")
    heat = np.zeros(image.shape[2:], np.float32)
    for x, y, radius in golden["pre_hm_draws_x_y_r"]:
        draw_umich_gaussian(heat, (x, y), int(radius))
    network = filled(lambda: centertrack.build(CENTERTRACK[name]))
    maps = network(image, before, torch.from_numpy(heat)[None, None])
    found = decode_centertrack(activated(maps), 40)
    for published, ours in NAMES.items():
        if f"dec/{published}" in golden:
            shape = golden[f"dec/{published}"].shape
            golden.check(f"dec/{published}", found[ours].reshape(shape), rtol=1e-3, atol=2e-3)


@pytest.fixture(scope="module")
def trunk():
    """All of the hourglass but its heads, made once."""
    state = filled(lambda: centernet.build(centernet.spec("ctdet", "hourglass", classes=1))).state_dict()
    return {key: value for key, value in state.items() if not key.startswith(("hm", "wh", "reg"))}


@pytest.mark.parametrize(
    ("name", "task"), [("cn_exdet_hourglass", "exdet"), ("cn_exdet_agn_hourglass_x", "agnex")]
)
def test_extreme_points(name, task, trunk):
    golden = Golden(name)
    network = filled(lambda: centernet.build(centernet.spec(task, "hourglass", classes=80)), trunk)
    maps = activated(network(golden_input(golden)))
    check_extremes(golden["dets"], maps)
    check_extremes(golden["dets_aggr"], maps, aggregation=0.1)
    if task == "exdet":
        points = {f"hm_{side}": maps[f"hm_{side}"].amax(1, keepdim=True) for side in SIDES}
        check_extremes(golden["dets_agn_maxreduced"], maps | points)


def check_extremes(published, maps, *, aggregation=0.0):
    found = decode_exdet(maps, ExdetOptions(20, aggregation=aggregation, count=200))
    ours = rows_of(found, ["box", "score", "extremes", "class"])[0].numpy()
    ours, published = (surely_chosen(rows, 200) for rows in (ours, published[0]))
    np.testing.assert_allclose(in_order(ours), in_order(published), rtol=1e-3, atol=1e-3)
