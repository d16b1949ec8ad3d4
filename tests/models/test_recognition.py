"""What published names tell, checked on the names of the published state dicts."""

import pytest

from tests.reference_golden import published_keys
from workbench.models.atom_slim import SlimAtomNet
from workbench.models.recognition import Spec, recognise

HEADS = {
    "ctdet": {"hm": 80, "wh": 2, "reg": 2},
    "multi_pose": {"hm": 1, "wh": 2, "hps": 34, "reg": 2, "hm_hp": 17, "hp_offset": 2},
    "ddd": {"hm": 3, "dep": 1, "rot": 8, "dim": 3, "wh": 2, "reg": 2},
}
EXDET = {f"hm_{side}": 80 for side in "tlbrc"} | {f"reg_{side}": 2 for side in "tlbr"}
FULL = (
    {"hm": 10, "reg": 2, "wh": 2, "tracking": 2, "dep": 1, "rot": 8, "dim": 3, "amodel_offset": 2}
    | {"hps": 34, "hm_hp": 17, "hp_offset": 2, "ltrb": 4, "ltrb_amodal": 4, "nuscenes_att": 8, "velocity": 3}
)  # fmt: skip
FAIRMOT = {"hm": 1, "wh": 4, "id": 128, "reg": 2}
MOT = {"hm": 1, "reg": 2, "wh": 2, "tracking": 2}
DLA = {"node": "dcn", "classifier": True}
PRE = {"node": "dcn", "classifier": False, "pre_img": True, "pre_hm": True}


def centernet(task, arch, head_conv, classes, heads=None):
    options = {"dla_34": DLA, "dlav0_34": {"classifier": True}}.get(arch, {})
    return Spec("centernet", task, arch, heads or HEADS[task], (head_conv,), classes, options)


SPECS = {
    "atom_resnet18": Spec("atom", "sot", "resnet18"),
    "atom_resnet50": Spec("atom", "sot", "resnet50"),
    "cn_ctdet_dla_34": centernet("ctdet", "dla_34", 256, 80),
    "cn_ctdet_dlav0_34": centernet("ctdet", "dlav0_34", 256, 80),
    "cn_ctdet_hourglass": centernet("ctdet", "hourglass", 256, 80),
    "cn_ctdet_res_101": centernet("ctdet", "res_101", 64, 80),
    "cn_ctdet_res_18": centernet("ctdet", "res_18", 64, 80),
    "cn_ctdet_resdcn_101": centernet("ctdet", "resdcn_101", 64, 80),
    "cn_ctdet_resdcn_18": centernet("ctdet", "resdcn_18", 64, 80),
    "cn_ddd_dla_34": centernet("ddd", "dla_34", 256, 3),
    "cn_ddd_resdcn_18": centernet("ddd", "resdcn_18", 64, 3),
    "cn_exdet_hourglass": centernet("exdet", "hourglass", 256, 80, EXDET),
    "cn_exdet_agn_hourglass": centernet(
        "agnex", "hourglass", 256, 80, EXDET | {f"hm_{side}": 1 for side in "tlbr"}
    ),
    "cn_multi_pose_dla_34": centernet("multi_pose", "dla_34", 256, 1),
    "cn_multi_pose_hourglass": centernet("multi_pose", "hourglass", 256, 1),
    "cn_multi_pose_res_18": centernet("multi_pose", "res_18", 64, 1),
    "fairmot_dla_34": Spec("fairmot", "mot", "dla_34", FAIRMOT, (256,), 1, DLA),
    "ct_mot_dla_34": Spec("centertrack", "tracking", "dla_34", MOT | {"ltrb_amodal": 4}, (256,), 1, PRE),
    "ct_coco_dla_34": Spec("centertrack", "tracking", "dla_34", MOT | {"hm": 80}, (256,), 80, PRE),
    "ct_full_dla_34": Spec("centertrack", "tracking,ddd,multi_pose", "dla_34", FULL, (256,), 10, PRE),
    "ct_full_dlaconv_34": Spec(
        "centertrack", "tracking,ddd,multi_pose", "dla_34", FULL, (256, 256), 10,
        PRE | {"node": "conv", "one_conv": ["reg"]},
    ),
    "stgcn_kinetics": Spec(
        "stgcn", "action", "st_gcn", classes=400,
        options={"joints": 18, "channels": 3, "subsets": 3, "edge_importance": True},
    ),
    "stgcn_twostream_ntu": Spec(
        "stgcn", "action", "st_gcn_twostream", classes=60,
        options={"joints": 25, "channels": 3, "subsets": 3, "edge_importance": True},
    ),
    "stgcn_ntuedge_dist_noew": Spec(
        "stgcn", "action", "st_gcn", classes=60,
        options={"joints": 24, "channels": 3, "subsets": 2, "edge_importance": False},
    ),
}  # fmt: skip


def shapes_of(name):
    return {key: tuple(shape) for key, shape, *_ in published_keys(name)}


@pytest.mark.parametrize("name", SPECS)
def test_published_networks_are_told_by_their_names(name):
    assert recognise(shapes_of(name)) == SPECS[name]


def test_the_slim_tracker_is_told_from_the_published_one():
    state = SlimAtomNet(width=8, head_width=16).state_dict()
    options = {"width": 8, "head_width": 16}
    assert recognise({k: tuple(v.shape) for k, v in state.items()}) == Spec(
        "atom", "sot", "slim", options=options
    )


def test_another_number_of_classes_and_heads_of_others_are_seen():
    shapes = shapes_of("cn_ctdet_dla_34") | {"hm.2.weight": (7, 256, 1, 1), "mask.0.weight": (256, 64, 3, 3)}
    del shapes["reg.0.weight"], shapes["reg.2.weight"]
    assert recognise(shapes) == Spec("centernet", "ctdet", "dla_34", {"hm": 7, "wh": 2}, (256,), 7, DLA)


def test_heads_of_one_layer_have_no_width():
    shapes = {k: v for k, v in shapes_of("cn_ctdet_res_18").items() if k[:2] not in ("hm", "wh", "re")}
    spec = recognise(shapes | {"hm.weight": (5, 256, 1, 1), "wh.weight": (2, 256, 1, 1)})
    assert (spec.heads, spec.head_conv) == ({"hm": 5, "wh": 2}, ())


@pytest.mark.parametrize(
    "shapes",
    [
        {},
        {"conv1.weight": (64, 3, 7, 7), "layer1.0.conv1.weight": (64, 64, 3, 3), "fc.weight": (1000, 512)},
        {"deconv_layers.0.weight": (256, 256, 4, 4), "hm.2.weight": (80, 64, 1, 1)},
        {"base.level0.0.weight": (16, 16, 3, 3), "base.level2.tree1.conv3.weight": (1, 1, 1, 1)},
        {"bb_regressor.iou_predictor.weight": (1, 512)},
        {"data_bn.weight": (54,), "A": (3,), "fcn.weight": ()},
    ],
)
def test_what_is_not_known_is_not_guessed(shapes):
    assert recognise(shapes) is None
