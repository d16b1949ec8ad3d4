"""The networks of CenterNet: what each task predicts, and the architectures it is published with.

X. Zhou, D. Wang, P. Krahenbuhl, "Objects as Points", 2019, arXiv:1904.07850: an object is the peak of its
class's heat map, and all else about it is regressed there. Extreme points: X. Zhou, J. Zhuo, P. Krahenbuhl,
"Bottom-up Object Detection by Grouping Extreme and Center Points", CVPR 2019, arXiv:1901.08043.
"""

from __future__ import annotations

from collections.abc import Callable

from workbench.core.errors import ModelError
from workbench.models.dla_up import DLASeg
from workbench.models.dlav0 import DLAv0
from workbench.models.heads import HeatmapNetwork, NetworkSpec
from workbench.models.hourglass import HourglassNet
from workbench.models.resnet_deconv import DEPTHS, ResNetDeconv

JOINTS = 17
EXTREMES = "tlbr"  # top, left, bottom, right

ARCHITECTURES: dict[str, Callable[[NetworkSpec], HeatmapNetwork]] = {
    "dla_34": DLASeg,
    "dlav0_34": DLAv0,
    **{f"{kind}_{layers}": ResNetDeconv for kind in ("res", "resdcn") for layers in DEPTHS},
    "hourglass": HourglassNet,
}

TASKS = ("ctdet", "multi_pose", "ddd", "exdet", "agnex")


def heads_for(task: str, classes: int) -> dict[str, int]:
    """The channels of every output of a task.

    Args:
        task: "ctdet" (boxes), "multi_pose" (people and their joints), "ddd" (3D boxes), "exdet" (extreme
            points of each class) or "agnex" (extreme points of any class).
        classes: how many there are.

    Raises:
        ModelError: there is no such task.
    """
    if task == "ctdet":
        return {"hm": classes, "wh": 2, "reg": 2}
    if task == "multi_pose":
        return {"hm": classes, "wh": 2, "hps": 2 * JOINTS, "reg": 2, "hm_hp": JOINTS, "hp_offset": 2}
    if task == "ddd":
        return {"hm": classes, "dep": 1, "rot": 8, "dim": 3, "wh": 2, "reg": 2}
    if task in ("exdet", "agnex"):
        points = classes if task == "exdet" else 1
        heatmaps = {f"hm_{side}": points for side in EXTREMES}
        return heatmaps | {"hm_c": classes} | {f"reg_{side}": 2 for side in EXTREMES}
    raise ModelError(f"CenterNet has no task '{task}'; choose one of {', '.join(TASKS)}.")


def spec(task: str, arch: str = "dla_34", *, classes: int) -> NetworkSpec:
    """What is published for a task and an architecture: its heads, their width, their start.

    Raises:
        ModelError: there is no such task.
    """
    return NetworkSpec(arch, heads_for(task, classes), head_conv=(256,) if "dla" in arch else (64,))


def build(spec: NetworkSpec) -> HeatmapNetwork:
    """A network with new weights.

    Raises:
        ModelError: there is no such architecture.
    """
    if spec.arch not in ARCHITECTURES:
        raise ModelError(
            f"There is no architecture '{spec.arch}'; choose one of {', '.join(sorted(ARCHITECTURES))}."
        )
    return ARCHITECTURES[spec.arch](spec)
