import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from tests.models.test_recognition import SPECS
from tests.reference_fill import fill_state_dict, net_input
from tests.reference_golden import Golden, published_keys
from workbench.core.errors import ModelError
from workbench.models.atom import AtomNet, atom_resnet18
from workbench.models.atom_slim import SlimAtomNet
from workbench.models.checkpoints import LoadReport
from workbench.models.loading import BUILDERS, build, inspect, load
from workbench.models.recognition import RUNNABLE, Spec
from workbench.models.weights_file import write_weights
from workbench.models.weights_header import Header

SLIM = Spec("atom", "sot", "slim", options={"width": 8, "head_width": 16})


RES18 = "cn_ctdet_res_18"


def published_state(name):
    """Weights with the published names and shapes, made from the names alone."""
    like = {k: torch.empty(shape, dtype=getattr(torch, kind[6:])) for k, shape, kind in published_keys(name)}
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


@pytest.mark.parametrize(
    ("name", "kind", "image"),
    [
        (RES18, "centernet", "cn_ctdet_res_18/public/128x128/4"),
        ("cn_ctdet_dla_34", "centernet", "cn_ctdet_dla_34/public/128x128/0"),
        ("fairmot_dla_34", "fairmot", "fairmot/public/96x160/0"),
    ],
)
def test_a_checkpoint_in_the_published_layout_gives_the_published_numbers(tmp_path, name, kind, image):
    golden = Golden(name)
    model = load(published_file(tmp_path / "model_last.pth", published_state(name)))
    assert (model.kind, model.report) == (kind, LoadReport())
    height, width = map(int, image.split("/")[2].split("x") if kind == "centernet" else (96, 160))
    with torch.inference_mode():
        maps = model.network(torch.from_numpy(net_input(image, 1, 3, height, width)))
    assert maps.keys() == golden.about["heads"].keys()
    for head, tolerance in golden.about["tolerance"].items():
        golden.check(head, maps[head], **tolerance)


@pytest.mark.parametrize("name", [name for name, spec in SPECS.items() if spec.kind in RUNNABLE])
def test_what_is_recognised_is_built_with_exactly_the_published_parameters(name):
    with torch.device("meta"):
        network = build(SPECS[name])
    built = {key: list(value.shape) for key, value in network.state_dict().items()}
    assert built == {key: shape for key, shape, *_ in published_keys(name)}


def test_other_classes_and_heads_are_taken_as_they_are_and_strangers_listed(tmp_path):
    state = published_state(RES18) | {"hm.2.weight": torch.zeros(7, 64, 1, 1), "hm.2.bias": torch.zeros(7)}
    state |= {"mask.weight": torch.zeros(3, 256, 1, 1)}
    state = {name: value for name, value in state.items() if not name.startswith("reg.")}
    model = load(published_file(tmp_path / "w.pth", state))
    assert model.header.spec.heads == {"hm": 7, "wh": 2}
    assert len(model.header.classes) == 7
    assert model.report == LoadReport(skipped=("mask.weight",))
    assert model.untrained == ()


def test_a_head_the_task_needs_is_there_untrained_and_said(tmp_path):
    state = {name: value for name, value in published_state(RES18).items() if not name.startswith("wh.")}
    model = load(published_file(tmp_path / "w.pth", state))
    assert model.untrained == ("wh",)
    assert set(model.report.missing) == {"wh.0.weight", "wh.0.bias", "wh.2.weight", "wh.2.bias"}


def test_weights_go_into_a_network_of_other_classes_to_be_trained_further(tmp_path):
    path = published_file(tmp_path / "w.pth", published_state(RES18))
    spec = replace(inspect(path).spec, heads={"hm": 3, "wh": 2, "reg": 2}, classes=3)
    model = load(path, spec=spec)
    assert model.header.classes == ()
    assert model.report.misshaped == ("hm.2.weight", "hm.2.bias")
    assert model.untrained == ("hm",)


def test_a_centertrack_without_previous_picture_ignores_one(tmp_path):
    state = {k: v for k, v in published_state("ct_mot_dla_34").items() if "pre_hm_layer" not in k}
    model = load(published_file(tmp_path / "w.pth", state))
    assert model.header.spec.options["pre_hm"] is False
    images, peaks = torch.randn(2, 1, 3, 64, 64), torch.rand(1, 1, 64, 64)
    with torch.inference_mode():
        with_peaks, without = (model.network(*images, heatmap) for heatmap in (peaks, None))
    assert all(torch.equal(with_peaks[head], without[head]) for head in without)
    assert model.untrained == ()


def test_what_is_called_runnable_can_be_built():
    assert set(BUILDERS) == RUNNABLE


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


@pytest.mark.parametrize(
    "spec",
    [
        Spec("atom", "sot", "slim", options={"width": 20_000}),
        Spec("centernet", "ctdet", "res_18", {"hm": 100_000_000, "wh": 2}, (64,)),
        Spec("stgcn", "action", "st_gcn", options={"joints": 10**6, "channels": 3, "subsets": 3}),
    ],
)
def test_a_header_that_asks_for_more_memory_than_the_file_holds_is_refused(tmp_path, spec):
    write_weights(tmp_path / "w.safetensors", {"a": torch.zeros(3)}, Header(spec))
    with pytest.raises(ModelError, match=r"not the whole of|cannot be built|No network"):
        load(tmp_path / "w.safetensors")


def test_a_network_is_measured_without_the_compiler_of_torch():
    """Importing it takes seconds, and the first pass of a tracker would wait for that."""
    program = """
import sys
from tests.models.test_recognition import SPECS
from workbench.models.loading import numbers_of
from workbench.models.recognition import RUNNABLE
print([numbers_of(spec) for spec in SPECS.values() if spec.kind in RUNNABLE], "torch._dynamo" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    with torch.device("meta"):
        networks = [build(spec) for spec in SPECS.values() if spec.kind in RUNNABLE]
    wanted = [sum(value.numel() for value in network.state_dict().values()) for network in networks]
    assert done.stdout.strip() == f"{wanted} False"


@pytest.mark.parametrize("shapes", [{"hm.0": (1 << 22, 64, 3, 3)}, {"hm.2": (1 << 24, 64, 1, 1)}])
def test_a_pickle_whose_tensors_are_larger_than_it_is_refused(tmp_path, shapes):
    large = {f"{name}.weight": torch.zeros(1).expand(shape) for name, shape in shapes.items()}
    with pytest.raises(ModelError, match=r"not the whole of|no network that is known"):
        load(published_file(tmp_path / "w.pth", published_state(RES18) | large))
