import json
import struct

import pytest
import torch
from safetensors.torch import load_file, save_file

from workbench.core.errors import ModelError
from workbench.models.checkpoints import read_checkpoint
from workbench.models.recognition import Spec
from workbench.models.weights_file import digest, read_weights, write_weights
from workbench.models.weights_header import Header, read_header

HEADER = Header(
    Spec("centernet", "ctdet", "dla_34", {"hm": 2, "wh": 2}, (256,), 2, {"deep": [1, 2]}),
    classes=("cat", "köter"),
    input_size=(512, 384),
    mean=(0.4, 0.5, 0.6),
    std=(0.2, 0.3, 0.4),
    colour="BGR",
    licence="CC0",
    data="made",
    training={"steps": 300, "AP": 31.5},
)


@pytest.fixture
def state():
    numbers = torch.Generator().manual_seed(1)
    return {
        "conv.weight": torch.randn(4, 3, 3, 3, generator=numbers),
        "bn.running_var": torch.tensor([1e5, 0.1]),  # more than half precision holds
        "bn.num_batches_tracked": torch.tensor(7),
    }


@pytest.fixture
def path(tmp_path, state):
    path = tmp_path / "made.safetensors"
    write_weights(path, state, HEADER)
    return path


def changed(path, change):
    """The same file with its JSON changed."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    head = json.loads(content[8 : 8 + length])
    change(head)
    text = json.dumps(head).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])
    return path


def test_header_and_numbers_come_back(path, state):
    weights = read_weights(path, kind="centernet")
    assert weights.header == read_header(path)
    assert weights.header == Header(**{**vars(HEADER), "sha256": digest(state)})
    assert weights.state.keys() == state.keys()
    assert all(torch.equal(weights.state[name], state[name]) for name in state)
    assert read_checkpoint(path).state.keys() == state.keys()


def test_half_precision_halves_matrices_and_spares_vectors(tmp_path, path, state):
    state = state | {"fc.weight": torch.randn(300, 300), "large.weight": torch.full((300, 3), 1e6)}
    half = tmp_path / "half.safetensors"
    write_weights(half, state, HEADER, half=True)
    stored = load_file(half)
    assert stored["fc.weight"].dtype == torch.float16
    assert stored["large.weight"].dtype == torch.float32
    read = read_weights(half).state
    assert read["fc.weight"].dtype == torch.float32
    torch.testing.assert_close(read["fc.weight"], state["fc.weight"], rtol=1e-3, atol=1e-6)
    assert torch.equal(read["bn.running_var"], state["bn.running_var"])


def test_digest_is_of_names_shapes_types_and_numbers_in_any_order(state):
    one = digest(state)
    assert digest(dict(reversed(state.items()))) == one
    for other in (
        state | {"conv.weight": state["conv.weight"].flatten()},
        state | {"conv.weight": state["conv.weight"].double()},
        state | {"conv.weight": state["conv.weight"] + 1e-6},
        {f"x{name}": value for name, value in state.items()},
    ):
        assert digest(other) != one


def test_views_and_shared_tensors_are_written_apart(tmp_path):
    base = torch.arange(12.0).reshape(3, 4)
    write_weights(tmp_path / "w.safetensors", {"a": base, "b": base.T}, HEADER)
    assert torch.equal(read_weights(tmp_path / "w.safetensors").state["b"], base.T)


def test_a_failed_writing_leaves_the_old_file_and_nothing_else(path, monkeypatch):
    before = path.read_bytes()
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(ModelError, match=r"made\.safetensors cannot be written .*No space left"):
        write_weights(path, {"a": torch.zeros(3)}, HEADER)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_another_kind_is_refused(path):
    with pytest.raises(ModelError, match="holds centernet ctdet dla_34, not atom"):
        read_weights(path, kind="atom")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_cut_file_says_so(path, share):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ModelError, match=r"made\.safetensors is damaged: it is cut short"):
        read_weights(path)


def test_one_changed_bit_is_noticed(path):
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match="its numbers are not those that were written"):
        read_weights(path)


def test_safetensors_of_others_have_no_header(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"a": torch.zeros(3)}, path)
    assert read_header(path) is None
    with pytest.raises(ModelError, match="has no header of this program"):
        read_weights(path)


def test_a_newer_version_is_named(path):
    changed(path, lambda head: head["__metadata__"].update(workbench="2"))
    with pytest.raises(ModelError, match=r"another version of the program .*update"):
        read_weights(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m.pop("spec"),
        lambda m: m.update(spec="{}"),
        lambda m: m.update(spec="[1]"),
        lambda m: m.update(spec='{"kind": "atom", "colour": 1}'),
        lambda m: m.update(spec='{"kind": 3}'),
        lambda m: m.update(mean="0.5"),
        lambda m: m.update(colour="HSV"),
        lambda m: m.update(input_size="[1]"),
        lambda m: m.update(classes="nothing"),
        lambda m: m.update(spec='{"kind": "atom", "heads": {"hm": "80"}}'),
        lambda m: m.update(training="7"),
        lambda m: m.update(spec="[" * 100_000),
        lambda m: m.update(spec='{"kind": "atom", "heads": {"hm": 0}}'),
        lambda m: m.update(spec=json.dumps({"kind": "atom", "head_conv": [1] * 1000})),
        lambda m: m.update(input_size="[1e999, 3]"),
        lambda m: m.update(input_size="[1000000, 1000000]"),
        lambda m: m.update(mean="[0.5, NaN, 0.5]"),
        lambda m: m.update(mean="[0.5]"),
        lambda m: m.update(std="[1, 0, 1]"),
    ],
)
def test_a_wrong_header_is_called_damaged(path, change):
    changed(path, lambda head: change(head["__metadata__"]))
    with pytest.raises(ModelError, match=r"made\.safetensors has a damaged header"):
        read_weights(path)


@pytest.mark.parametrize(
    "content",
    [
        b"\x08\x00\x00\x00\x00\x00\x00\x00{nothing" + bytes(50),
        b"\x30\x00\x00\x00\x00\x00\x00\x00" + b'{"a": {"data_offsets": ["x", "y"]}}'.ljust(0x30) + bytes(50),
        b"\x30\x00\x00\x00\x00\x00\x00\x00" + b'{"a": {"data_offsets": [0, 1e999]}}'.ljust(0x30) + bytes(50),
        b"\xff\xff\xff\xff\xff\xff\xff\x7f{" + bytes(50),
        b"\x80\x02cos\nsystem\n(S'true'\ntR.",
        b"<html>not found</html>",
        b"",
    ],
)
def test_other_bytes_are_one_clear_error(tmp_path, content):
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"w\.safetensors (is damaged|has no header)"):
        read_weights(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"absent\.safetensors cannot be read"):
        read_weights(tmp_path / "absent.safetensors")
