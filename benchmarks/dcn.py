"""Deformable convolution against a dense 3x3 convolution of the same shape.

    python benchmarks/dcn.py [threads]

Baseline: torch's dense convolution. The layer predicts its offsets and mask by a convolution of its own,
whose time is counted. The shapes are those of the deformable layers of DLA-34 at 512x512. The last columns
are ratios of other ways with offsets and mask given. Best of several, taken in turn; one thread: processor
time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from workbench.models import dcn
from workbench.models.dcn import DCN, TAPS, deform_conv2d

BAR = 3.0  # times the baseline
REPEATS = 30
SHAPES = (  # channels in, channels out, side
    (64, 64, 128),
    (128, 64, 64),
    (128, 128, 64),
    (256, 64, 32),
    (256, 128, 32),
    (256, 256, 32),
    (512, 256, 16),
)


def in_one_piece(x: Tensor, offset: Tensor, mask: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """As ours, all samples at once."""
    return deform_conv2d(x, offset, mask, weight, bias, budget=1 << 30)


def weights_first(x: Tensor, offset: Tensor, mask: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The map times each tap's weights, then 36 rows of the product summed for each cell."""
    _, channels, height, width = x.shape
    cells, shares = dcn._corners(offset, mask, (height, width), stride=1, padding=1, dilation=1)
    index = (cells * TAPS + torch.arange(TAPS, dtype=torch.int32)[:, None]).flatten(1)
    table = dcn._bordered(x) @ weight.permute(1, 2, 3, 0).reshape(channels, -1)
    rows = table.view(-1, len(weight))
    sums = functional.embedding_bag(index, rows, mode="sum", per_sample_weights=shares.flatten(1)) + bias
    return sums.t().reshape(1, -1, height, width)


def unrolled_by_grid_sample(x: Tensor, offset: Tensor, mask: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """As published, with ``grid_sample`` in the place of the compiled unrolling."""
    _, channels, height, width = x.shape
    moved = offset.view(TAPS, 2, height, width)
    tap = torch.arange(TAPS)[:, None, None]
    y = moved[:, 0] + torch.arange(height)[:, None] + tap // 3 - 1
    z = moved[:, 1] + torch.arange(width) + tap % 3 - 1
    grid = torch.stack([(2 * z + 1) / width - 1, (2 * y + 1) / height - 1], -1)
    samples = functional.grid_sample(x, grid.view(1, -1, width, 2), align_corners=False)
    masked = samples.view(channels, TAPS, -1) * mask.view(TAPS, -1)
    product = weight.flatten(1) @ masked.view(channels * TAPS, -1) + bias[:, None]
    return product.view(1, -1, height, width)


WAYS = {
    "this": deform_conv2d,
    "in one piece": in_one_piece,
    "weights first": weights_first,
    "grid_sample": unrolled_by_grid_sample,
}


def race(actions: dict[str, Callable[[], object]], clock: Callable[[], float]) -> dict[str, float]:
    """Milliseconds of each, best of several, taken in turn so that all meet the same load."""
    best = dict.fromkeys(actions, float("inf"))
    for _ in range(REPEATS):
        for name, action in actions.items():
            begun = clock()
            action()
            best[name] = min(best[name], 1e3 * (clock() - begun))
    return best


def measure(inputs: int, outputs: int, side: int, clock: Callable[[], float]) -> dict[str, float]:
    """Milliseconds of the dense convolution, the layer and the ways of sampling."""
    layer = DCN(inputs, outputs)
    nn.init.normal_(layer.conv_offset_mask.weight, std=(inputs * TAPS) ** -0.5)  # offsets of about a cell
    x = torch.randn(1, inputs, side, side)
    moves = layer.conv_offset_mask(x)
    given = (x, moves[:, : 2 * TAPS], moves[:, 2 * TAPS :].sigmoid(), layer.weight, layer.bias)
    actions: dict[str, Callable[[], object]] = {
        "dense": lambda: functional.conv2d(x, layer.weight, layer.bias, padding=1),
        "layer": lambda: layer(x),
    }
    expected = deform_conv2d(*given)
    for name, way in WAYS.items():
        torch.testing.assert_close(way(*given), expected, rtol=1e-3, atol=1e-3)
        actions[name] = partial(way, *given)
    return race(actions, clock)


@torch.inference_mode()
def main() -> None:
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    clock = time.process_time if threads == 1 else time.perf_counter
    print("| shape | dense, ms | layer, ms | ratio | bar | met | " + " | ".join(WAYS) + " |")
    print("|---" * (6 + len(WAYS)) + "|")
    for inputs, outputs, side in SHAPES:
        took = measure(inputs, outputs, side, clock)
        ratio = took["layer"] / took["dense"]
        ways = " | ".join(f"{took[name] / took['dense']:.2f}" for name in WAYS)
        shape, met = f"{inputs} -> {outputs}, {side}x{side}", "yes" if ratio <= BAR else "no"
        print(
            f"| {shape} | {took['dense']:.1f} | {took['layer']:.1f} | {ratio:.2f} | {BAR:.0f} | {met} "
            f"| {ways} |"
        )


if __name__ == "__main__":
    main()
