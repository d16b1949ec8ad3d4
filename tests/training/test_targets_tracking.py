"""Targets of CenterTrack and FairMOT against the published ones."""

from random import Random

import numpy as np
import pytest
from numpy.random import RandomState

from tests.reference_golden import Golden, photo
from tests.training.photographed import SIZE, check_map, check_targets, objects, turned
from workbench.training.targets.annotations import Annotation
from workbench.training.targets.centertrack import REGRESSIONS, CentertrackOptions, centertrack_targets
from workbench.training.targets.colour import ColourJitter
from workbench.training.targets.crops import CropOptions, random_crop, whole_image
from workbench.training.targets.fairmot import fairmot_targets
from workbench.training.targets.fairmot_picture import Augmentation, fairmot_input, fairmot_picture
from workbench.training.targets.network_input import network_input
from workbench.training.targets.previous_frame import Disturbance, previous_crop, previous_objects

ALL_HEADS = frozenset(REGRESSIONS) | {"rot", "hps"}
FEW_HEADS = frozenset({"reg", "wh", "tracking", "ltrb_amodal"})
CURRENT = CropOptions(rotation_share=0.0, flip_center=False)
CASES = {
    "train": (ALL_HEADS, CropOptions(shift=0.05, scale=0.05), Disturbance(0.05, 0.4, 0.1)),
    "train_sameaug": (FEW_HEADS, CropOptions(shift=0.0, scale=0.0), Disturbance()),
    "val": (ALL_HEADS, None, Disturbance()),
}


def annotations(golden, key):
    return [
        Annotation(
            box=tuple(a["bbox"]),
            category=a["category_id"] - 1,
            role="crowd" if a["iscrowd"] else "object",
            track=a["track_id"],
            joints=np.reshape(a["keypoints"], (17, 3)),
            alpha=a["alpha"],
            depth=a["depth"],
            dimensions=tuple(a["dim"]),
            centre=tuple(a["amodel_center"]),
            attribute=a["attributes"] - 1,
            velocity=tuple(a["velocity"]),
        )
        for a in objects(golden, key)
    ]


def sample(golden, case):
    """Crops, previous frame and previous objects in the published order of random numbers."""
    random = RandomState(int(golden["seed"]))
    _, jitter, disturbance = CASES[case]
    current, before = annotations(golden, "anns_json"), annotations(golden, "pre_anns_json")
    crop = random_crop(SIZE, random, CURRENT) if jitter else whole_image(SIZE)
    candidates = [before, current] if jitter else [before]
    chosen = candidates[random.choice(len(candidates))]
    same = chosen is before and case != "train"
    other = crop if same else previous_crop(crop, random, jitter)
    previous = previous_objects(
        turned(crop, chosen), other.matrix((160, 96)), (160, 96), random=random, disturbance=disturbance
    )
    return crop, other, turned(crop, current), chosen is before, previous


@pytest.mark.parametrize("case", CASES)
def test_centertrack(case):
    golden = Golden("ct_targets")
    crop, _, current, _, previous = sample(golden, case)
    options = CentertrackOptions(3, (40, 24), CASES[case][0], places=12)
    targets = centertrack_targets(
        current,
        crop.matrix((40, 24)),
        options,
        previous=previous.centers,
        zoom=crop.scale / max(SIZE),
    )
    check_targets(golden, case, targets, atol=1e-4)
    check_map(golden, f"{case}/pre_hm", previous.heatmap, atol=1e-4)


@pytest.mark.parametrize("case", CASES)
def test_centertrack_pictures(case):
    golden = Golden("ct_targets")
    crop, other, _, is_before, _ = sample(golden, case)
    colour = ColourJitter(Random(int(golden["seed"])), RandomState(123)) if case != "val" else None
    before = np.roll(photo(), 6, axis=1) if is_before else photo()
    for key, image, place in (("image", photo(), crop), ("pre_img", before, other)):
        picture = network_input(
            image, place.matrix((160, 96)), (160, 96), colour=colour, flipped=place.flipped
        )
        golden.check(f"{case}/{key}", picture, rtol=1e-5, atol=0.02)


def fairmot_labels(golden):
    """Boxes in pixels of the photograph, and identities counted over all videos."""
    labels = golden["labels_cls_id_cx_cy_w_h_normalised"].astype(float)
    scale = np.array(SIZE * 2)
    return np.concatenate([labels[:, 2:4] - labels[:, 4:] / 2, labels[:, 4:]], axis=1) * scale, (
        labels[:, 1].astype(int) + 100
    )


def chance(golden, changed):
    return Random(int(golden["seed"])) if changed else None


FAIRMOT_CASES = [("plain", False, None), ("aug", True, None), ("mse", False, 6)]


@pytest.mark.parametrize(("case", "changed", "sigma"), FAIRMOT_CASES)
def test_fairmot(case, changed, sigma):
    golden = Golden("fairmot_data")
    boxes, identities = fairmot_labels(golden)
    black = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    picture = fairmot_picture(black, boxes, (272, 152), random=chance(golden, changed))
    targets = fairmot_targets(
        picture.boxes, identities[picture.kept], picture_size=(272, 152), places=20, sigma=sigma
    )
    check_targets(golden, case, targets, atol=1e-4)


@pytest.mark.parametrize(("case", "changed", "sigma"), FAIRMOT_CASES)
def test_fairmot_pictures(case, changed, sigma):
    golden = Golden("fairmot_data")
    picture = fairmot_picture(photo(), (), (272, 152), random=chance(golden, changed))
    golden.check(f"{case}/input", fairmot_input(picture.image), rtol=1e-5, atol=0.02)


@pytest.mark.parametrize("seed", range(8))
def test_fairmot_boxes_go_where_the_picture_goes(seed):
    image = np.zeros((150, 260, 3), np.uint8)
    image[60:90, 100:140] = (200, 40, 40)
    picture = fairmot_picture(image, [[100, 60, 40, 30]], (272, 152), random=Random(seed))
    rows, columns = np.nonzero(picture.image[..., 0] > picture.image[..., 1].astype(int) + 20)
    seen = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
    x, y, w, h = picture.boxes[0]
    assert np.allclose(seen, [x, y, x + w, y + h], atol=2.5)


def test_fairmot_drops_boxes_that_leave_a_picture_too_thin_or_small():
    boxes = [[10.0, 10.0, 3.0, 9.0], [10.0, 10.0, 8.0, 90.0], [40.0, 40.0, 30.0, 60.0]]
    image = np.zeros((152, 272, 3), np.uint8)
    still = Augmentation(degrees=0, shift=0, scale=(1, 1), shear=0)
    picture = fairmot_picture(image, boxes, (272, 152), random=Random(1), augmentation=still)
    assert list(picture.kept) == [2]


def test_no_objects_give_empty_targets():
    empty = fairmot_targets((), (), picture_size=(64, 32), places=3)
    assert not any(values.any() for values in empty.values())
    options = CentertrackOptions(3, (16, 8), ALL_HEADS, places=2)
    none = centertrack_targets((), np.eye(2, 3), options)
    assert not any(values.any() for values in none.values())
