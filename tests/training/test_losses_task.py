"""Losses of whole tasks against the published values; outputs are rebuilt from names."""

import pytest
import torch

from tests.reference_fill import fill_state_dict, generator
from tests.reference_golden import Golden
from workbench.training.losses.centernet import ctdet_loss, ddd_loss, exdet_loss, multi_pose_loss
from workbench.training.losses.centertrack import centertrack_loss
from workbench.training.losses.fairmot import FairmotLoss
from workbench.training.losses.regression import smooth_l1

SINGLE = {"wh": 2, "reg": 2}
POSE = {**SINGLE, "hm": 1, "hps": 34, "hm_hp": 17, "hp_offset": 2}
EXTREME = {f"hm_{p}": 5 for p in "tlbrc"} | {f"reg_{p}": 2 for p in "tlbr"}
TASKS = {
    "ctdet": (ctdet_loss, {**SINGLE, "hm": 5}, {}, 1),
    "ctdet_norm_wh": (ctdet_loss, {**SINGLE, "hm": 5}, {}, 1),
    "ctdet_reg_losssl1": (ctdet_loss, {**SINGLE, "hm": 5}, {"regression": smooth_l1}, 1),
    "ctdet_cat_spec_wh": (ctdet_loss, {"hm": 5, "wh": 10, "reg": 2}, {"size": "class"}, 1),
    "ctdet_dense_wh": (ctdet_loss, {**SINGLE, "hm": 5}, {"size": "dense"}, 1),
    "multi_pose": (multi_pose_loss, POSE, {}, 1),
    "multi_pose_dense_hp": (multi_pose_loss, POSE, {"dense_joints": True}, 1),
    "ddd": (ddd_loss, {**SINGLE, "hm": 3, "dep": 1, "rot": 8, "dim": 3}, {}, 1),
    "exdet": (exdet_loss, EXTREME, {}, 2),
}
TRACK = {
    "hm": 10, "reg": 2, "wh": 2, "tracking": 2, "dep": 1, "rot": 8, "dim": 3, "amodel_offset": 2, "hps": 34,
    "hm_hp": 17, "hp_offset": 2, "ltrb": 4, "ltrb_amodal": 4, "nuscenes_att": 8, "velocity": 3,
}  # fmt: skip
FAIRMOT = {"hm": 1, "wh": 4, "id": 128, "reg": 2}


def output(name, channels, height, width, *, background=-1.0):
    mean = background if "hm" in name.rpartition("/")[2] else 0.0
    values = mean + 1.5 * generator(name).standard_normal((2, channels, height, width))
    return torch.from_numpy(values).float().requires_grad_()


def outputs(prefix, heads, *size, **options):
    return {head: output(f"{prefix}/{head}", channels, *size, **options) for head, channels in heads.items()}


def batch_of(golden, prefix):
    return {k[len(prefix) :]: torch.from_numpy(v) for k, v in golden.arrays.items() if k.startswith(prefix)}


def check(golden, key, value):
    golden.check(key, value.detach().numpy(), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("task", TASKS)
def test_centernet_task(task):
    golden = Golden("cn_task_losses")
    golden[f"{task}/loss"]  # skips where this task is not among the copies
    loss, heads, options, stacks = TASKS[task]
    batch = batch_of(golden, f"{task}/batch/")
    made = [outputs(f"cn_loss/public/{task}/out{s}", heads, 16, 20) for s in range(stacks)]
    total, terms = loss(made, batch, **options)
    total.backward()
    check(golden, f"{task}/loss", total)
    for name, term in terms.items():
        check(golden, f"{task}/{name}_loss", term)
    for head, maps in made[-1].items():
        check(golden, f"{task}/gradnorm_last/{head}", maps.grad.norm())


def test_centertrack_heads():
    golden = Golden("ct_losses")
    heads = outputs("ct_loss/public/out", TRACK, 16, 20)
    total, terms = centertrack_loss(heads, batch_of(golden, "batch/"))
    total.backward()
    check(golden, "loss/tot", total)
    for name, maps in heads.items():
        check(golden, f"loss/{name}", terms[name])
        check(golden, f"gradnorm/{name}", maps.grad.norm())


def test_centertrack_heatmap_without_objects():
    golden = Golden("ct_losses")
    batch = batch_of(golden, "batch/") | {"mask": torch.zeros(2, 12)}
    heads = outputs("ct_loss/public/out", {"hm": 10}, 16, 20)
    check(golden, "fastfocal_nomask", centertrack_loss(heads, batch).total)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("default", {}),
        ("fix", {"balance": "fixed"}),
        ("sl1", {"regression": smooth_l1}),
        ("noid", {"weights": {"hm": 1, "wh": 0.1, "off": 1, "id": 0}}),
        ("focal", {"identity": "focal"}),
    ],
)
def test_fairmot_balance(name, options):
    golden = Golden("fairmot_loss")
    loss = FairmotLoss(53, **options)
    classifier = {k: v for k, v in loss.state_dict().items() if k.startswith("classifier")}
    loss.load_state_dict(fill_state_dict(classifier, salt="fm_loss/public/"), strict=False)
    batch = batch_of(golden, "batch/")
    if name == "focal":
        batch["ids"] = batch["ids"].clamp(min=0)
    heads = outputs("fm_loss/public/out", FAIRMOT, 20, 32, background=-2.0)
    total, terms = loss(heads, batch)
    total.backward()
    check(golden, f"{name}/loss", total)
    for term, value in terms.items():
        check(golden, f"{name}/{term}_loss", value)
    for head, maps in heads.items():
        check(golden, f"{name}/gradnorm/{head}", maps.grad.norm())
    for key in ("s_det", "s_id"):
        grad = getattr(loss, key).grad
        check(golden, f"{name}/grad_{key}", torch.zeros(1) if grad is None else grad)
    if name != "noid":
        check(golden, f"{name}/gradnorm/classifier", loss.classifier.weight.grad.norm())


def test_fairmot_stretches_embeddings_by_the_number_of_identities():
    golden = Golden("fairmot_loss")
    golden.check("emb_scale", FairmotLoss(53).stretch, rtol=1e-9, atol=0)


def test_fairmot_without_a_known_identity_is_finite():
    golden = Golden("fairmot_loss")
    batch = batch_of(golden, "batch/")
    batch["ids"] = torch.full_like(batch["ids"], -1)
    total, terms = FairmotLoss(53)(outputs("any", FAIRMOT, 20, 32), batch)
    assert total.isfinite()
    assert terms["id"] == 0
