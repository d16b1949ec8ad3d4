"""Names of the classes of the data sets that published weights were trained on, in the networks' order."""

from __future__ import annotations

COCO = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
    "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee",
    "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard",
    "tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple",
    "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch",
    "potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard",
    "cell phone", "microwave", "oven", "toaster", "sink", "refrigerator", "book", "clock", "vase",
    "scissors", "teddy bear", "hair drier", "toothbrush",
)  # fmt: skip
PASCAL_VOC = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable",
    "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
KITTI = ("pedestrian", "car", "cyclist")
NUSCENES = (
    "car", "truck", "bus", "trailer", "construction vehicle", "pedestrian", "motorcycle", "bicycle",
    "traffic cone", "barrier",
)  # fmt: skip
PERSON = ("person",)
BY_COUNT = {len(names): names for names in (COCO, PASCAL_VOC, KITTI, NUSCENES, PERSON)}


def class_names(count: int) -> tuple[str, ...]:
    """The names of the data set with so many classes; numbers from 1 where there is none."""
    return BY_COUNT.get(count) or tuple(f"class {number + 1}" for number in range(count))
