import pytest
import torch

from tests.reference_fill import fill_state_dict
from tests.reference_golden import published_keys
from workbench.core.errors import ModelError
from workbench.models.atom import AtomNet, atom_resnet18
from workbench.models.atom_slim import SlimAtomNet
from workbench.models.checkpoints import LoadReport
from workbench.models.loading import BUILDERS, build, inspect, load
from workbench.models.recognition import RUNNABLE, Spec
from workbench.models.weights_file import write_weights
from workbench.models.weights_header import Header

SLIM = Spec("atom", "sot", "slim", options={"width": 8, "classifier_channels": 6, "head_width": 16})


def published_state(name):
    """Weights with the published names and shapes, made from the names alone."""
    like = {
        key: torch.empty(shape, dtype=getattr(torch, kind[6:])) for key, shape, kind in published_keys(name)
    }
    return fill_state_dict(like)


def published_file(path, state):
    """As CenterNet's trainer saves it from several GPUs."""
    named = {f"module.{name}": value for name, value in state.items()}
    torch.save({"epoch": 140, "state_dict": named, "optimizer": {"state": {}, "param_groups": []}}, path)
    return path


def test_our_file_is_known_by_its_header(tmp_path):
    source = build(SLIM)
    header = write_weights(tmp_path / "w.safetensors", source.state_dict(), Header(SLIM, licence="CC0"))
    model = load(tmp_path / "w.safetensors")
    assert isinstance(model.network, SlimAtomNet)
    assert not model.network.training
    assert (model.kind, model.header, model.report) == ("atom", header, LoadReport())
    assert all(torch.equal(v, source.state_dict()[k]) for k, v in model.network.state_dict().items())


def test_published_atom_is_known_by_its_names(tmp_path):
    path = tmp_path / "atom_default.pth"
    torch.save({"net_type": "ATOMnet", "net": atom_resnet18().state_dict()}, path)
    model = load(path, kind="atom")
    assert isinstance(model.network, AtomNet)
    assert model.header.spec == Spec("atom", "sot", "resnet18")
    assert model.header.colour == "RGB"


def test_what_is_called_runnable_can_be_built():
    assert set(BUILDERS) == RUNNABLE


def test_st_gcn_is_known_but_not_run_yet(tmp_path):
    path = tmp_path / "st_gcn.kinetics.pt"
    torch.save(published_state("stgcn_kinetics"), path)
    assert inspect(path).spec.classes == 400
    with pytest.raises(ModelError, match="stgcn action st_gcn cannot be run by this version"):
        load(path)


def test_another_kind_is_refused(tmp_path):
    write_weights(tmp_path / "w.safetensors", build(SLIM).state_dict(), Header(SLIM))
    with pytest.raises(ModelError, match=r"w\.safetensors holds atom sot slim, not centernet"):
        load(tmp_path / "w.safetensors", kind="centernet")


def test_weights_of_no_known_network_are_named(tmp_path):
    torch.save({"encoder.weight": torch.zeros(3, 3)}, tmp_path / "w.pth")
    with pytest.raises(ModelError, match=r"w\.pth holds weights of no network that is known .*encoder"):
        load(tmp_path / "w.pth")


def test_a_trunk_in_parts_is_refused(tmp_path):
    state = {k: v for k, v in build(SLIM).state_dict().items() if "layer3" not in k}
    torch.save(state, tmp_path / "w.pth")
    with pytest.raises(ModelError, match=r"not the whole of atom sot slim: it lacks .*layer3.* and 24 more"):
        load(tmp_path / "w.pth")


@pytest.mark.parametrize(
    "spec", [Spec("atom", "sot", "vgg"), Spec("atom", arch="slim", options={"width": -1}), Spec("yolo")]
)
def test_a_header_that_describes_no_network_is_one_clear_error(tmp_path, spec):
    write_weights(tmp_path / "w.safetensors", {"a": torch.zeros(3)}, Header(spec))
    with pytest.raises(ModelError, match=r"No network can be built from|cannot be run by this version"):
        load(tmp_path / "w.safetensors")
