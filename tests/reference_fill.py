"""Weights and inputs that the reference figures were made with, rebuilt from names alone.

A tensor is a function of its name and shape: ``name`` seeds a generator through its CRC, and one draw of
normal numbers is scaled by what kind of parameter it is. So no weights have to be stored with the tests.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Image = NDArray[np.uint8]


def generator(name: str) -> np.random.Generator:
    """The generator a name stands for."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def fill_state_dict(state: Mapping[str, Tensor], *, salt: str = "") -> dict[str, Tensor]:
    """Values for every parameter and buffer of a network."""
    norms = {key.rpartition(".")[0] for key in state if key.endswith(".running_mean")}
    return {key: _filled(key, value, key.rpartition(".")[0] in norms, salt) for key, value in state.items()}


def _filled(key: str, like: Tensor, is_norm: bool, salt: str) -> Tensor:
    kind = key.rpartition(".")[2]
    if kind == "num_batches_tracked":
        return torch.zeros(like.shape, dtype=like.dtype)
    if kind == "A":  # a graph is what it is
        return like.clone()
    draw = generator(salt + key).standard_normal(tuple(like.shape))
    if kind == "running_var":
        draw = 1 + 0.1 * np.abs(draw)
    elif kind == "running_mean" or (is_norm and kind == "bias"):
        draw = 0.1 * draw
    elif is_norm or "edge_importance" in key:
        draw = 1 + 0.1 * draw
    elif kind == "bias":
        draw = _bias(key, draw)
    else:
        gain, fan = _gain_and_fan(key, tuple(like.shape))
        draw = gain * np.sqrt(2 / fan) * draw
    return torch.from_numpy(np.asarray(draw)).to(like.dtype).reshape(like.shape)


# The last layer of a head for heat maps, of one stack or of several.
_HEATMAP = r"hm(_\w+)?\.(2|\d+\.1)"


def _bias(key: str, draw: NDArray[np.float64]) -> NDArray[np.float64]:
    if re.match(_HEATMAP + r"\.bias$", key):
        return -2 + 0.3 * draw
    return (0.8 if key.endswith("conv_offset_mask.bias") else 0.01) * draw


def _gain_and_fan(key: str, shape: tuple[int, ...]) -> tuple[float, float]:
    """The gain keeps the outputs in range: small at the end of residual branches and at the last layers."""
    fan = float(np.prod(shape[1:]))
    deconvolution = re.search(r"deconv_layers\.\d+\.weight$", key) is not None
    if re.search(r"(^|\.)up_\d+\.weight$", key) and shape[1] == 1:
        return 1.0, 4
    if deconvolution and shape[2:] == (4, 4):
        return 1.0, 4 * shape[0]
    if deconvolution and shape[2:] == (3, 3):
        return 2.0, fan
    rules = {
        r"conv_offset_mask\.weight$": 0.12,
        r"(proj|node)_\d+\.conv\.weight$": 1.6,
        r"^(cnvs|cnvs_|inters_)\.": 0.25,
        r"\.(conv[23]|tcn\.2)\.weight$": 0.4,
        rf"^{_HEATMAP}\.weight$": 0.35,
        r"iou_predictor\.weight$": 0.03,
    }
    return next((gain for rule, gain in rules.items() if re.search(rule, key)), 1.0), fan


def randn(name: str, *shape: int) -> NDArray[np.float32]:
    """Normal numbers."""
    return generator(name).standard_normal(shape).astype(np.float32)


def smooth(
    name: str,
    channels: int,
    height: int,
    width: int,
    *,
    cells: tuple[int, ...] = (4, 9, 23),
    amplitudes: tuple[float, ...] = (1.0, 0.7, 0.5),
) -> NDArray[np.float64]:
    """Bilinearly interpolated random grids of several finenesses, added, (channels, height, width)."""
    random = generator(name)
    total = np.zeros((channels, height, width))
    for count, amplitude in zip(cells, amplitudes, strict=True):
        grid = random.standard_normal((channels, count, count))
        rows = _between(grid, height)
        total += amplitude * _between(rows.transpose(0, 2, 1), width).transpose(0, 2, 1)
    return total


def _between(grid: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Linear interpolation of (c, n, m) to (c, size, m), end points included."""
    at = np.linspace(0, grid.shape[1] - 1, size)
    low = np.minimum(at.astype(int), grid.shape[1] - 2)
    share = (at - low)[None, :, None]
    return grid[:, low] * (1 - share) + grid[:, low + 1] * share


def net_input(name: str, number: int, channels: int, height: int, width: int) -> NDArray[np.float32]:
    """A batch of network inputs: smooth and white noise."""
    images = np.stack([smooth(f"{name}/{i}", channels, height, width) for i in range(number)])
    return (images + 0.3 * generator(name + "/white").standard_normal(images.shape)).astype(np.float32)


def image_u8(name: str, height: int, width: int) -> Image:
    """A textured image (height, width, 3)."""
    field = smooth(name, 3, height, width, cells=(4, 9, 23, 61), amplitudes=(1.0, 0.7, 0.5, 0.5))
    return np.ascontiguousarray(
        np.clip(np.rint(110 + 45 * field), 0, 255).astype(np.uint8).transpose(1, 2, 0)
    )


def clip(
    name: str, frames: int, *, height: int = 240, width: int = 320, kind: str = "lin"
) -> tuple[list[Image], NDArray[np.float64]]:
    """A textured patch moving over a textured background, and its boxes (frames, 4) x, y, w, h.

    "lin" goes straight and grows, "circ" runs in a circle, "dis" does so with a paler double in frames
    6 to 16 and nothing at all in frames 20 to 24.
    """
    background = image_u8(name + "/bg", height, width)
    texture = image_u8(name + "/target", 44, 52).astype(np.int32)
    texture = np.clip((texture - 110) * 2 + np.array([150, 90, 60]), 0, 255).astype(np.uint8)
    images, boxes = [], []
    for frame in range(frames):
        x, y, w, h = box = _place(frame, kind)
        patch = texture[(np.arange(h) * 44 / h).astype(int)][:, (np.arange(w) * 52 / w).astype(int)]
        image = background.copy()
        _paste(image, patch, x, y)
        if kind == "dis" and 6 <= frame <= 16:
            _paste(image, np.rint(0.7 * patch + 33).astype(np.uint8), x + 118 - 3 * (frame - 6), y + 60)
        images.append(background.copy() if kind == "dis" and 20 <= frame <= 24 else image)
        boxes.append(box)
    return images, np.array(boxes, float)


def _place(frame: int, kind: str) -> tuple[int, int, int, int]:
    if kind == "lin":
        x, y, grown = 90 + 4.0 * frame, 100 + 10 * np.sin(frame / 4), 1 + 0.008 * frame
    else:
        x, y, grown = 160 + 60 * np.cos(frame / 6), 120 + 45 * np.sin(frame / 6), 1.0
    h, w = round(44 * grown), round(52 * grown)
    return round(float(x - w / 2)), round(float(y - h / 2)), w, h


def _paste(image: Image, patch: Image, x: int, y: int) -> None:
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + patch.shape[1], image.shape[1]), min(y + patch.shape[0], image.shape[0])
    if right > left and bottom > top:
        image[top:bottom, left:right] = patch[top - y : bottom - y, left - x : right - x]
