"""The people plugin: what it says without OpenCV's HOG, and what it finds with it."""

import cv2
import numpy as np
import pytest

from tests.shared import MOT
from workbench.core.errors import ModelError
from workbench.services.plugins import find_detector
from workbench.video import open_video

CLIP = MOT / "TUD-Campus" / "TUD-Campus.mp4"
HAS_HOG = hasattr(cv2, "HOGDescriptor") or hasattr(getattr(cv2, "xobjdetect", None), "HOGDescriptor")


@pytest.mark.skipif(HAS_HOG, reason="this OpenCV has HOG")
def test_without_hog_it_says_what_to_install():
    with pytest.raises(ModelError, match="has no HOG detector"):
        find_detector("people").make()


@pytest.mark.skipif(not HAS_HOG, reason="this OpenCV has no HOG")
def test_a_grey_picture_has_nobody():
    found = find_detector("people").make().detect(0, np.full((240, 320, 3), 128, np.uint8))
    assert len(found) == 0


@pytest.mark.skipif(
    not (HAS_HOG and CLIP.is_file()), reason="this OpenCV has no HOG, or the clip is not here"
)
def test_boxes_fit_people_large_and_small():
    choice = find_detector("people")
    gt = np.loadtxt(CLIP.parent / "gt" / "gt.txt", delimiter=",")
    with open_video(CLIP) as reader:
        image = reader.read(30)
    truth = gt[gt[:, 0] == 31][:, 2:6]
    for scale in (1.0, 0.4):
        seen = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found = choice.make(choice.configured({"smallest": 120 * scale})).detect(0, seen)
        sure = found.boxes[found.scores > 0.8] / scale
        low = np.maximum(sure[:, None, :2], truth[:, :2])
        high = np.minimum(sure[:, None, :2] + sure[:, None, 2:], truth[:, :2] + truth[:, 2:])
        common = np.clip(high - low, 0, None).prod(2)
        best = (common / (sure[:, 2:].prod(1)[:, None] + truth[:, 2:].prod(1) - common)).max(1)
        assert len(sure) >= 2
        assert (best > 0.5).mean() > 0.6
