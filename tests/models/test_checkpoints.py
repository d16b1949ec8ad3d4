import pickle
import sys
import types
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tests.reference_golden import FOLDER
from workbench.core.errors import ModelError
from workbench.models.atom import atom_resnet18
from workbench.models.checkpoints import LoadReport, load_into, read_checkpoint


def network() -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 2))


@pytest.fixture
def pytracking_modules(monkeypatch):
    """The authors' class names, importable while a file is written and gone when it is read."""
    made = {}

    def enter(package):
        for module, names in {
            "model_constructor": ["NetConstructor"],
            "stats": ["AverageMeter"],
            "settings": ["Settings"],
            "local": ["EnvironmentSettings"],
        }.items():
            name = f"{package}.{module}"
            monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
            for cls in names:
                made[cls] = type(cls, (), {"__module__": name})
                setattr(sys.modules[name], cls, made[cls])
        for count in range(1, package.count(".") + 2):
            parent = ".".join(package.split(".")[:count])
            monkeypatch.setitem(sys.modules, parent, types.ModuleType(parent))
        return made

    return enter


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize("package", ["ltr.admin", "dlframework.common.utils"])
def test_what_pytracking_saved_is_read_without_its_classes(
    tmp_path, monkeypatch, pytracking_modules, package, zipped
):
    classes = pytracking_modules(package)
    settings, meter, constructor = (
        classes[name]() for name in ("Settings", "AverageMeter", "NetConstructor")
    )
    settings.env, meter.history, constructor.args = classes["EnvironmentSettings"](), [1.0], (1,)
    source = network()
    content = {
        "epoch": 40,
        "net_type": "ATOMnet",
        "net": source.state_dict(),
        "constructor": constructor,
        "stats": OrderedDict(train=OrderedDict(loss=meter)),
        "settings": settings,
        "optimizer": torch.optim.Adam(source.parameters()).state_dict(),
    }
    path = tmp_path / "ATOMnet_ep0040.pth.tar"
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    monkeypatch.undo()
    before = set(torch.serialization.get_safe_globals())
    checkpoint = read_checkpoint(path)
    assert set(torch.serialization.get_safe_globals()) == before
    assert (checkpoint.network, checkpoint.epoch) == ("ATOMnet", 40)
    target = network()
    report = load_into(target, checkpoint)
    assert report == LoadReport()
    for name, value in source.state_dict().items():
        assert torch.equal(target.state_dict()[name], value), name


@pytest.mark.parametrize("name", ["zip", "legacy", "dlframework"])
def test_files_with_the_published_structure_fit_the_network(name):
    path = FOLDER / "checkpoints" / f"atom_structure_{name}.pth.tar"
    if not path.exists():
        pytest.skip("the reference figures are not here")
    checkpoint = read_checkpoint(path)
    assert load_into(atom_resnet18(), checkpoint) == LoadReport()


def test_data_parallel_prefix_and_optimizer_are_left_out(tmp_path):
    source = network()
    state = {f"module.{name}": value for name, value in source.state_dict().items()}
    path = tmp_path / "model_last.pth"
    torch.save({"epoch": 3, "state_dict": state, "optimizer": {"state": {}}}, path)
    checkpoint = read_checkpoint(path)
    assert set(checkpoint.state) == set(source.state_dict())
    assert checkpoint.epoch == 3


def test_safetensors_are_read_whatever_they_are_called(tmp_path):
    source = network()
    for name in ("weights.safetensors", "weights.bin"):
        save_file(source.state_dict(), tmp_path / name)
        assert torch.equal(read_checkpoint(tmp_path / name).state["2.weight"], source[2].weight)


class Bomb:
    """Would leave a file behind if it were unpickled."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return Path.touch, (self.trace,)


@pytest.mark.parametrize("how", ["zip", "legacy", "pickle", "beside weights"])
def test_code_in_a_file_is_refused_and_never_run(tmp_path, how):
    trace, path = tmp_path / "ran", tmp_path / "weights.pth"
    content = {"net": network().state_dict(), "settings": Bomb(trace)}
    if how == "pickle":
        path.write_bytes(pickle.dumps(Bomb(trace), protocol=2))
    elif how == "beside weights":
        torch.save(content, path)
    else:
        torch.save(Bomb(trace), path, _use_new_zipfile_serialization=how == "zip")
    with pytest.raises(ModelError, match=r"weights\.pth holds more than weights .*nothing .* is run"):
        read_checkpoint(path)
    assert not trace.exists()


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors"])
def test_a_cut_file_is_called_damaged(tmp_path, kind):
    path = tmp_path / "weights.pth"
    if kind == "safetensors":
        save_file(network().state_dict(), path)
    else:
        torch.save({"net": network().state_dict()}, path, _use_new_zipfile_serialization=kind == "zip")
    whole = path.read_bytes()
    for share in (0.05, 0.3, 0.6, 0.9, 0.999):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(ModelError, match="is damaged"):
            read_checkpoint(path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\n<!DOCTYPE html><html>Too many requests</html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "text"),
        (b'{"error": "not found"}', "text"),
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(300), "damaged or no file of weights"),
        (bytes(range(256)) * 4, "damaged or no file of weights"),
    ],
)
def test_other_files_are_named_for_what_they_are(tmp_path, content, problem):
    path = tmp_path / "atom_default.pth"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=rf"atom_default\.pth is .*{problem}"):
        read_checkpoint(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    for path in (tmp_path / "absent.pth", tmp_path):
        with pytest.raises(ModelError, match="cannot be read"):
            read_checkpoint(path)


@pytest.mark.parametrize("content", [[1, 2], {"epoch": 3, "lr": 0.1}, torch.zeros(3), {"state_dict": {}}])
def test_a_file_without_weights_is_refused(tmp_path, content):
    path = tmp_path / "other.pth"
    torch.save(content, path)
    with pytest.raises(ModelError, match="holds no weights"):
        read_checkpoint(path)


def test_an_archive_of_arrays_is_no_file_of_weights(tmp_path):
    np.savez(tmp_path / "arrays.npz", a=np.zeros(3))
    with pytest.raises(ModelError, match="damaged or no file of weights"):
        read_checkpoint(tmp_path / "arrays.npz")


def saved(tmp_path, state):
    path = tmp_path / "weights.pth"
    torch.save({"state_dict": state}, path)
    return read_checkpoint(path)


def test_weights_of_another_network_are_refused_and_change_nothing(tmp_path):
    target, state = network(), network().state_dict()
    before = {name: value.clone() for name, value in target.state_dict().items()}
    lacking = {name: value for name, value in state.items() if name != "2.bias"}
    with pytest.raises(ModelError, match=r"weights\.pth .* lacks 2\.bias"):
        load_into(target, saved(tmp_path, lacking))
    with pytest.raises(ModelError, match=r"another size for 2\.weight"):
        load_into(target, saved(tmp_path, {**state, "2.weight": torch.zeros(5, 4)}))
    assert all(torch.equal(value, before[name]) for name, value in target.state_dict().items())


def test_partial_loading_reports_what_it_left(tmp_path):
    target, state = network(), network().state_dict()
    state["2.weight"], state["extra"] = torch.zeros(5, 4), torch.zeros(1)
    del state["2.bias"], state["1.num_batches_tracked"]
    report = load_into(target, saved(tmp_path, state), partial=True)
    assert report.skipped == ("extra",)
    assert report.missing == ("1.num_batches_tracked", "2.bias")
    assert report.misshaped == ("2.weight",)
    assert torch.equal(target[0].weight, state["0.weight"])


@pytest.mark.parametrize(
    "value",
    [
        torch.eye(3).to_sparse(),
        torch.zeros(3, dtype=torch.complex64),
        torch.zeros(3, device="meta"),
    ],
)
def test_tensors_that_are_not_plain_numbers_are_refused(tmp_path, value):
    torch.save({"conv.weight": value}, tmp_path / "w.pth")
    with pytest.raises(ModelError, match="not plain numbers"):
        read_checkpoint(tmp_path / "w.pth")


def test_weights_of_a_training_that_failed_are_refused_and_nothing_is_changed(tmp_path):
    state = network().state_dict()
    state["0.weight"][0, 0, 0, 0] = torch.nan
    torch.save(state, tmp_path / "w.pth")
    target = network()
    before = {name: value.clone() for name, value in target.state_dict().items()}
    with pytest.raises(ModelError, match=r"0\.weight is not a number everywhere"):
        load_into(target, read_checkpoint(tmp_path / "w.pth"))
    assert all(torch.equal(value, before[name]) for name, value in target.state_dict().items())
