"""Which network a file of published weights belongs to, told from its parameters' names and shapes.

The files say nothing about themselves, but their names do: each trunk has modules of its own, and what is
not trunk is a head, whose last layer has as many channels as it has numbers to give. Reads names and
shapes only, so it needs no torch.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

RUNNABLE = frozenset({"atom", "centernet", "fairmot", "centertrack", "stgcn"})  # kinds whose network is here
Shapes = Mapping[str, tuple[int, ...]]

DLA = {"base", "dla_up", "ida_up"}
RESNET = {"conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "deconv_layers", "fc"}
HOURGLASS = {"pre", "kps", "cnvs", "inters", "inters_", "cnvs_"}
RESNETS: dict[
    tuple[tuple[int, ...], bool], str
] = {  # blocks of the four stages, and whether they are bottlenecks
    ((2, 2, 2, 2), False): "18",
    ((3, 4, 6, 3), False): "34",
    ((3, 4, 6, 3), True): "50",
    ((3, 4, 23, 3), True): "101",
    ((3, 8, 36, 3), True): "152",
}
SLIM = {  # what models.atom_slim is built from, and whose channels say it
    "width": "feature_extractor.conv1.weight",
    "head_width": "bb_regressor.conv3_1t.0.weight",
}
OFFSETS = "conv_offset_mask.weight"  # of a deformable convolution

CENTERNET_TASKS = {  # a head that only this task has, and all heads of the task
    "exdet": ("hm_t", ("hm_t", "hm_l", "hm_b", "hm_r", "hm_c", "reg_t", "reg_l", "reg_b", "reg_r")),
    "multi_pose": ("hps", ("hm", "wh", "hps", "reg", "hm_hp", "hp_offset")),
    "ddd": ("dep", ("hm", "dep", "rot", "dim", "wh", "reg")),
    "ctdet": ("hm", ("hm", "wh", "reg")),
}
FAIRMOT_HEADS = ("hm", "wh", "id", "reg")
CENTERTRACK_HEADS = (
    "hm", "reg", "wh", "tracking", "dep", "rot", "dim", "amodel_offset", "hps", "hm_hp", "hp_offset",
    "ltrb", "ltrb_amodal", "nuscenes_att", "velocity",
)  # fmt: skip
CENTERTRACK_ONLY = ("tracking", "amodel_offset", "ltrb", "ltrb_amodal", "nuscenes_att", "velocity")


@dataclass(frozen=True)
class Spec:
    """What a network is built from.

    Args:
        kind: "atom", "centernet", "fairmot", "centertrack", "stgcn".
        task: what it is for, as its authors name it; several are joined by commas.
        arch: the trunk, as its authors name it.
        heads: channels of each head's output, in the task's order.
        head_conv: channels of a head's hidden layers; none for heads of one layer.
        classes: how many classes it tells apart.
        options: what else its kind needs to know.
    """

    kind: str
    task: str = ""
    arch: str = ""
    heads: Mapping[str, int] = field(default_factory=dict)
    head_conv: tuple[int, ...] = ()
    classes: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join(filter(None, (self.kind, self.task, self.arch)))


def recognise(shapes: Shapes) -> Spec | None:
    """The network with parameters of these names and shapes; None for none that is known."""
    for of_kind in (_atom, _stgcn, _of_points):
        spec = of_kind(shapes)
        if spec is not None:
            return spec
    return None


def _atom(shapes: Shapes) -> Spec | None:
    if not any(name.startswith("bb_regressor.") for name in shapes):
        return None
    if shapes.get(SLIM["width"], ())[2:] == (5, 5):
        return Spec("atom", "sot", "slim", options={k: shapes[name][0] for k, name in SLIM.items()})
    blocks = _blocks(shapes, "feature_extractor.")
    arch = RESNETS.get((blocks, "feature_extractor.layer1.0.conv3.weight" in shapes))
    return None if arch is None else Spec("atom", "sot", f"resnet{arch}")


def _stgcn(shapes: Shapes) -> Spec | None:
    streams = [p for p in ("", "origin_stream.", "motion_stream.") if f"{p}data_bn.weight" in shapes]
    if not streams:
        return None
    graph, last = shapes.get(f"{streams[0]}A"), shapes.get(f"{streams[0]}fcn.weight")
    if graph is None or last is None or len(graph) != 3:
        return None
    subsets, joints = graph[:2]
    options = {
        "joints": joints,
        "channels": shapes[f"{streams[0]}data_bn.weight"][0] // joints,
        "subsets": subsets,
        "edge_importance": f"{streams[0]}edge_importance.0" in shapes,
    }
    arch = "st_gcn" if len(streams) == 1 else "st_gcn_twostream"
    return Spec("stgcn", "action", arch, classes=last[0], options=options)


def _of_points(shapes: Shapes) -> Spec | None:
    """CenterNet and what grew out of it: a trunk with a map at stride 4, and heads on it."""
    arch, trunk = _trunk(shapes)
    if arch is None:
        return None
    heads = _heads(shapes, trunk)
    pre = {name: f"base.{name}_layer.0.weight" in shapes for name in ("pre_img", "pre_hm")}
    options = _dla_options(shapes) if trunk is DLA else {}
    if any(pre.values()) or any(name in heads for name in CENTERTRACK_ONLY):
        return _spec("centertrack", _centertrack_task(heads), arch, CENTERTRACK_HEADS, heads, options | pre)
    if "id" in heads:
        return _spec("fairmot", "mot", arch, FAIRMOT_HEADS, heads, options)
    for task, (mark, names) in CENTERNET_TASKS.items():
        if mark in heads:
            return _spec("centernet", task, arch, names, heads, options)
    return None


@dataclass(frozen=True)
class _Head:
    """Channels of the output, and of the layers before it."""

    output: int
    hidden: tuple[int, ...]


def _spec(
    kind: str,
    task: str,
    arch: str,
    names: tuple[str, ...],
    heads: Mapping[str, _Head],
    options: Mapping[str, Any],
) -> Spec:
    found = {name: heads[name] for name in names if name in heads}
    channels = {name: head.output for name, head in found.items()}
    hidden = max((head.hidden for head in found.values()), key=len, default=())
    shorter = [name for name, head in found.items() if len(head.hidden) < len(hidden)]
    classes = channels.get("hm_c") or channels.get("hm", 1)
    if task == "exdet" and channels["hm_t"] < classes:
        task = "agnex"  # extreme points that belong to no class
    one_conv = {"one_conv": shorter} if shorter else {}
    return Spec(kind, task, arch, channels, hidden, classes, {**options, **one_conv})


def _trunk(shapes: Shapes) -> tuple[str | None, set[str]]:
    """Its name, and the modules it consists of."""
    deformable = any(name.endswith(OFFSETS) for name in shapes)
    if "base.level0.0.weight" in shapes:
        bottlenecks = "base.level2.tree1.conv3.weight" in shapes
        if bottlenecks or "base.level3.tree2.tree2.conv1.weight" not in shapes:
            return None, DLA
        has_last_step = any(name.startswith("ida_up.") for name in shapes)
        return ("dla_34" if has_last_step else "dlav0_34"), DLA
    if any(name.startswith("kps.") for name in shapes):
        return "hourglass", HOURGLASS
    if any(name.startswith("deconv_layers.") for name in shapes):
        depth = RESNETS.get((_blocks(shapes, ""), "layer1.0.conv3.weight" in shapes))
        return depth and f"{'resdcn' if deformable else 'res'}_{depth}", RESNET
    return None, set()


def _blocks(shapes: Shapes, prefix: str) -> tuple[int, ...]:
    """How many residual blocks each stage has."""
    pattern = re.compile(re.escape(prefix) + r"layer([1-4])\.(\d+)\.conv1\.weight")
    found = [match for match in map(pattern.fullmatch, shapes) if match]
    return tuple(sum(match[1] == stage for match in found) for stage in "1234")


def _dla_options(shapes: Shapes) -> dict[str, Any]:
    """How the trunk merges its levels (by deformable, plain or large separable convolutions), and whether
    the classifier it was first trained with is still there."""
    options: dict[str, Any] = {"classifier": "base.fc.weight" in shapes}
    node = "ida_up.node_1.conv."
    if any(name.startswith(node) for name in shapes):
        deformable, plain = f"{node}{OFFSETS}" in shapes, f"{node}0.weight" in shapes
        options["node"] = "dcn" if deformable else "conv" if plain else "gcn"
    return options


def _heads(shapes: Shapes, trunk: set[str]) -> dict[str, _Head]:
    """What is no trunk: name of the module, number of the stack where there are some, and of the layer."""
    pattern = re.compile(r"0\.\d+\.(conv\.)?weight" if trunk is HOURGLASS else r"(\d+\.)?weight")
    layers = defaultdict(list)
    for name, shape in shapes.items():
        module, _, rest = name.partition(".")
        if module not in trunk and len(shape) == 4 and pattern.fullmatch(rest):
            layers[module].append((rest, shape[0]))
    channels = {module: [number for _, number in sorted(found)] for module, found in layers.items()}
    return {module: _Head(numbers[-1], tuple(numbers[:-1])) for module, numbers in channels.items()}


def _centertrack_task(heads: Mapping[str, _Head]) -> str:
    marks = {"tracking": "tracking", "dep": "ddd", "hps": "multi_pose"}
    return ",".join(task for head, task in marks.items() if head in heads) or "ctdet"
