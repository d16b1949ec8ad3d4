"""``workbench models``, as a user types it."""

import subprocess
import sys

import pytest
import torch

from workbench.__main__ import main
from workbench.models.atom import atom_resnet18


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "atom_default.pth"
    torch.save({"net_type": "ATOMnet", "net": atom_resnet18().state_dict()}, path)
    return path


def test_a_model_is_added_shown_checked_and_removed(weights, capsys):
    def says(*words):
        assert main(["models", *words]) == 0
        return capsys.readouterr().out

    assert "ctdet_coco_dla_2x" in says("list")
    assert "GPL-3.0" in says("add", str(weights))
    assert "Added by you:\n  atom_default  atom sot resnet18" in says("list")
    assert "LaSOT AUC 51.5" in says("info", "atom_default")
    assert "atom_default is as it was added" in says("verify", "atom_default")
    assert "was removed" in says("remove", "atom_default")
    assert "Added by you" not in says("list")
    assert weights.is_file()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["add", "none.pth"], "none.pth cannot be read"),
        (["info", "magic"], "There is no model 'magic'"),
        (["verify", "atom_default"], "is not here; it needs atom_default.pth from https://"),
        (["remove", "atom_default"], "is not installed"),
        (["download", "mot17_half"], "get mot17_half.pth from https://"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(capsys, words, sentence):
    assert main(["models", *words]) == 1
    error = capsys.readouterr().err
    assert sentence in error
    assert "Traceback" not in error


def test_listing_needs_no_torch():
    code = (
        "import sys; from workbench.__main__ import main; main(['models', 'list']); "
        "sys.exit(bool({'torch', 'cv2', 'PySide6', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
