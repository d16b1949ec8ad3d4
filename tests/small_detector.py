"""Detectors that are quick to run: weights of the recipe and a small input. What they find means nothing."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from tests.reference_network import filled
from workbench.models.loading import build
from workbench.models.recognition import Spec
from workbench.models.weights_file import write_weights
from workbench.models.weights_header import Header

HEADS = {
    "ctdet": {"hm": 2, "wh": 2, "reg": 2},
    "multi_pose": {"hm": 1, "wh": 2, "hps": 34, "reg": 2, "hm_hp": 17, "hp_offset": 2},
}
NAMES = {"ctdet": ("person", "bird"), "multi_pose": ("person",)}


def write_detector(path: Path, task: str = "ctdet") -> Path:
    """A file of ours with a CenterNet on ResNet-18 that sees 128 x 96 pixels."""
    spec = Spec("centernet", task, "res_18", HEADS[task], (64,), len(NAMES[task]))
    colours = {"mean": (0.4, 0.45, 0.47), "std": (0.29, 0.27, 0.28), "colour": "BGR"}
    header = Header(spec, NAMES[task], (96, 128), licence="CC0", **colours)
    write_weights(path, _weights(task, spec), header)
    return path


_drawn: dict[str, dict[str, Tensor]] = {}


def _weights(task: str, spec: Spec) -> dict[str, Tensor]:
    """Drawn once in a session: it takes longer than anything that is done with them."""
    if task not in _drawn:
        _drawn[task] = filled(lambda: build(spec)).state_dict()
    return _drawn[task]
