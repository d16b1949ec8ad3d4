"""What a configuration file says of ATOM's training: pairs and networks."""

import pickle

import pytest
import torch

from tests.training.data import made_sets
from workbench.core.errors import UserError
from workbench.models.atom import AtomNet, atom_resnet18
from workbench.models.atom_slim import SlimAtomNet
from workbench.models.loading import load
from workbench.training.atom.mixture import parts_of
from workbench.training.atom.recipe import make
from workbench.training.options import TrainerOptions
from workbench.training.saving import Checkpoints
from workbench.training.trainer import Trainer

BANK = {"patches": 8, "objects": 6, "poses": 1, "backgrounds": 2, "background_side": 96}
MADE = {"batch": 4, "size": 64, "search_area": 4.0, "bank": BANK}
SLIM = {"width": 8, "head_width": 8, "validation": 1, "made": MADE}


def train(task, folder, steps=1):
    trainer = Trainer(
        task,
        TrainerOptions(steps=steps, schedule="step", device="cpu"),
        checkpoints=Checkpoints(folder / "checkpoints", digest="test"),
        weights=folder / "weights.safetensors",
    )
    events = [event.name for event in trainer.run()]
    assert "restarted" not in events
    return load(folder / "weights.safetensors", kind="atom")


def test_real_sets_of_a_file_are_mixed_with_made_pairs_by_their_shares(tmp_path):
    made_sets.got10k(tmp_path / "got")
    made_sets.coco(tmp_path / "coco")
    real = [
        {"kind": "got10k", "root": str(tmp_path / "got"), "share": 2},
        {"kind": "coco", "root": str(tmp_path / "coco")},
    ]
    task = make({**SLIM, "real": real}, seed=3, device="cpu")
    batch, sent = task.batch(1), pickle.loads(pickle.dumps(task.source))  # to a process that makes batches
    again = task.prepared(sent.batch(1), 1)
    assert batch.images.shape == (2, 4, 3, 64, 64)
    assert all(torch.equal(a, b) for a, b in zip(batch, again, strict=True))
    # The real pictures have one colour each.
    found = [c for c in range(4) if (batch.images[:, c].std(dim=(2, 3)) < 3).all()]
    assert found == [1, 2, 3]
    side = batch.boxes[0, found, 2:].prod(1).sqrt()
    torch.testing.assert_close(side, torch.full((3,), 64 / 4.0), rtol=0.03, atol=0)
    model = train(task, tmp_path)
    assert isinstance(model.network, SlimAtomNet)
    assert model.header.data == "coco; got10k; pairs painted by workbench.training.synthetic"


@pytest.mark.parametrize(
    ("batch", "made", "real", "wanted"),
    [
        (32, 1, 0, (32, 0)),
        (32, 0, 5, (0, 32)),
        (32, 1, 1, (16, 16)),
        (32, 100, 1, (31, 1)),
        (32, 1, 100, (1, 31)),
        (1, 1, 1, (0, 1)),
    ],
)
def test_parts_of_a_batch(batch, made, real, wanted):
    assert parts_of(batch, made=made, real=real) == wanted


def test_of_the_published_network_the_head_alone_is_trained(tmp_path):
    torch.manual_seed(0)
    before = atom_resnet18().feature_extractor
    torch.save(before.state_dict(), tmp_path / "resnet18.pth")  # a backbone as it is published
    options = {"architecture": "resnet18", "initial": str(tmp_path / "resnet18.pth"), "validation": 1}
    task = make({**options, "made": {**MADE, "batch": 2}}, seed=3, device="cpu")
    head = {name: value.clone() for name, value in task.network.bb_regressor.named_parameters()}
    model = train(task, tmp_path)
    assert isinstance(model.network, AtomNet)
    assert model.header.input_size == (64, 64)
    for name, value in before.named_parameters():
        assert torch.equal(value, task.network.feature_extractor.get_parameter(name)), name
    assert all(
        not torch.equal(v, head[n])
        for n, v in task.network.bb_regressor.named_parameters()
        if n.endswith("weight")
    )
    torch.testing.assert_close(
        model.network.bb_regressor.iou_predictor.weight,
        task.network.bb_regressor.iou_predictor.weight,
        rtol=1e-3,
        atol=1e-6,
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"architecture": "resnet18"}, "needs a trained backbone"),
        ({"architecture": "vgg"}, "architecture must be 'slim' or 'resnet18'"),
        ({"made_share": 0}, "above 0 where there are no real sets"),
        (
            {"real": [{"kind": "lasot", "root": "/nowhere", "share": 0}]},
            r"\[task\.real\] share must be above 0",
        ),
        ({"real": [{"kind": "vot", "root": "/nowhere"}]}, "kind must be 'lasot' or"),
        ({"real": [{"kind": "got10k", "root": "/nowhere"}]}, "holds no GOT-10k sequence"),
        ({"real": {"kind": "got10k"}}, "real must be a list"),
    ],
)
def test_what_cannot_be_trained_is_one_sentence(options, message):
    with pytest.raises(UserError, match=message):
        make({**SLIM, **options}, seed=0, device="cpu")
