"""Targets of CenterNet against the published ones: on a photograph with made-up objects."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from numpy.random import RandomState

from tests.reference_golden import Golden, photo
from tests.training.photographed import SIZE, check_targets, objects, turned
from workbench.training.targets.annotations import Annotation
from workbench.training.targets.colour import ColourJitter
from workbench.training.targets.crops import Crop, CropOptions, random_crop
from workbench.training.targets.ctdet import CtdetOptions, ctdet_targets
from workbench.training.targets.ddd import ddd_crop, ddd_targets
from workbench.training.targets.exdet import exdet_targets
from workbench.training.targets.multi_pose import MultiPoseOptions, multi_pose_targets
from workbench.training.targets.network_input import KITTI, network_input

POSE_CROP = CropOptions(rotation_share=0.0)
TURNED_CROP = CropOptions(rotation_share=1.0, rotation=20.0)
EXTREME_CROP = CropOptions(flip_center=False)
COCO_GAPS = (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)


@pytest.fixture
def golden():
    return Golden("cn_targets")


def coco_class(identity):
    return identity - 1 - sum(gap < identity for gap in COCO_GAPS)


def annotations(golden):
    return [
        Annotation(
            box=tuple(a["bbox"]),
            category=coco_class(a["category_id"]),
            joints=np.reshape(a["keypoints"], (17, 3)),
            extremes=np.reshape(a["extreme_points"], (4, 2)),
            alpha=a["alpha"],
            depth=a["depth"],
            dimensions=tuple(a["dim"]),
        )
        for a in objects(golden, "anns_json")
    ]


def drawn_crop(golden, options=CropOptions()):  # noqa: B008 - frozen
    return random_crop(SIZE, RandomState(int(golden["seed"])), options)


def check(golden, case, targets):
    check_targets(golden, case, targets, atol=1e-5)


def check_input(golden, case, crop, size, *, coloured=True, **options):
    colour = ColourJitter(Random(int(golden["seed"])), RandomState(123)) if coloured else None
    picture = network_input(photo(), crop.matrix(size), size, colour=colour, flipped=crop.flipped, **options)
    golden.check(f"{case}/input", picture, rtol=1e-4, atol=0.02)


@pytest.mark.parametrize(
    ("case", "crop", "options"),
    [
        ("ctdet_train", CropOptions(), {}),
        ("ctdet_train_norandcrop_catspec", CropOptions(anywhere=False), {"size": "class"}),
        ("ctdet_train_mse", CropOptions(), {"sigma": 2}),
    ],
)
def test_ctdet(golden, case, crop, options):
    crop = drawn_crop(golden, crop)
    targets = ctdet_targets(
        turned(crop, annotations(golden)), crop.matrix((64, 64)), CtdetOptions(80, (64, 64), **options)
    )
    check(golden, case, targets)


def test_ctdet_of_the_whole_image_with_dense_sizes(golden):
    crop = Crop((SIZE[0] / 2, SIZE[1] / 2), (448.0, 256.0))
    options = CtdetOptions(80, (112, 64), size="dense")
    check(
        golden, "ctdet_val_keepres_dense", ctdet_targets(annotations(golden), crop.matrix((112, 64)), options)
    )


@pytest.mark.parametrize(
    ("case", "crop", "options"),
    [
        ("multi_pose_train", POSE_CROP, {}),
        ("multi_pose_train_dense_rot", TURNED_CROP, {"dense": True}),
    ],
)
def test_multi_pose(golden, case, crop, options):
    crop = drawn_crop(golden, crop)
    persons = turned(crop, annotations(golden))
    check(golden, case, multi_pose_targets(persons, crop, MultiPoseOptions((64, 64), **options)))


def test_exdet(golden):
    crop = drawn_crop(golden, EXTREME_CROP)
    there = turned(crop, annotations(golden))
    targets = exdet_targets(there, crop.matrix((64, 64)), classes=80, grid=(64, 64))
    check(golden, "exdet_train", targets)


def cars(golden):
    """Of the data set with 3D boxes: other classes, and some that are ignored or left out."""
    classes = objects(golden, "cat_ids_ddd_json")
    for annotation, a in zip(annotations(golden), objects(golden, "anns_json"), strict=True):
        number = classes[str(a["category_id"])]
        if number >= 0:
            yield replace(annotation, category=number)
        elif number == -99:
            yield replace(annotation, role="left_out")
        else:
            yield replace(annotation, role="ignored", category=None if number == -1 else -number - 2)


@pytest.mark.parametrize(("case", "share"), [("ddd_val", 0.0), ("ddd_train_aug", 1.0)])
def test_ddd(golden, case, share):
    crop = ddd_crop(SIZE, RandomState(int(golden["seed"])), share=share)
    targets = ddd_targets(
        list(cars(golden)), crop.matrix((80, 24)), classes=3, grid=(80, 24), moved=share > 0
    )
    check(golden, case, targets)


@pytest.mark.parametrize(("case", "share"), [("ddd_val", 0.0), ("ddd_train_aug", 1.0)])
def test_picture_for_3d_boxes(golden, case, share):
    crop = ddd_crop(SIZE, RandomState(int(golden["seed"])), share=share)
    check_input(golden, case, crop, (320, 96), coloured=False, normalisation=KITTI)


@pytest.mark.parametrize(
    ("case", "options"),
    [
        ("multi_pose_train", POSE_CROP),
        ("multi_pose_train_dense_rot", TURNED_CROP),
        ("exdet_train", EXTREME_CROP),
        ("ctdet_train", CropOptions()),
        ("ctdet_train_mse", CropOptions()),
        ("ctdet_train_norandcrop_catspec", CropOptions(anywhere=False)),
    ],
)
def test_picture_of_a_crop(golden, case, options):
    check_input(golden, case, drawn_crop(golden, options), (256, 256))


def test_picture_of_the_whole_image(golden):
    crop = Crop((SIZE[0] / 2, SIZE[1] / 2), (448.0, 256.0))
    check_input(golden, "ctdet_val_keepres_dense", crop, (448, 256), coloured=False)
