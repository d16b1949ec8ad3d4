"""How published networks want their images: what their files do not say and their authors' code does.

CenterNet and CenterTrack read images with OpenCV and never turn the channels round, so theirs is BGR;
FairMOT turns them and normalises nothing. Sizes are those of the authors' experiments.
"""

from __future__ import annotations

from typing import Any

from workbench.models.class_names import class_names
from workbench.models.recognition import Spec
from workbench.models.weights_header import Header

COCO_MEAN = (0.40789654, 0.44719302, 0.47026115)  # of COCO's images, BGR
COCO_STD = (0.28863828, 0.27408164, 0.27809835)
IMAGENET_MEAN = (0.485, 0.456, 0.406)  # RGB
IMAGENET_STD = (0.229, 0.224, 0.225)
CENTERTRACK_SIZES = {1: (544, 960), 3: (384, 1280), 10: (448, 800)}  # by classes: MOT, KITTI, nuScenes


def published_header(spec: Spec) -> Header:
    """The header a published file would have."""
    names = () if spec.kind in ("atom", "stgcn") else class_names(spec.classes)
    return Header(spec, classes=names, **_input(spec))


def _input(spec: Spec) -> dict[str, Any]:
    coco = {"mean": COCO_MEAN, "std": COCO_STD, "colour": "BGR"}
    imagenet = {"mean": IMAGENET_MEAN, "std": IMAGENET_STD}
    if spec.kind == "atom":
        return imagenet | {"input_size": (288, 288)}
    if spec.kind == "fairmot":
        return {"input_size": (608, 1088)}
    if spec.kind == "centertrack":
        return coco | {"input_size": CENTERTRACK_SIZES.get(spec.classes, (512, 512))}
    if spec.kind == "centernet" and spec.task == "ddd":  # the numbers of RGB, on BGR: as it was trained
        return imagenet | {"input_size": (384, 1280), "colour": "BGR"}
    return coco | {"input_size": (512, 512)} if spec.kind == "centernet" else {}
