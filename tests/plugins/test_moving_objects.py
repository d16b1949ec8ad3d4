"""Moving objects before a painted fixed camera: noise, shadows, a thing that stands, things that touch."""

import cv2
import numpy as np
import pytest

from tests.plugins import made_camera
from workbench.services.plugins import find_detector


def detector(pictures, **settings):
    """A detector that has learned from a video."""
    choice = find_detector("moving-objects")
    made = choice.make(choice.configured(settings))
    for frame in np.unique(np.linspace(0, len(pictures) - 1, made.samples).astype(int)).tolist():
        made.learn(frame, pictures[frame])
    return made


def overlaps(a, b):
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, :2] + a[:, None, 2:], b[None, :, :2] + b[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(2)
    return common / (a[:, 2:].prod(1)[:, None] + b[:, 2:].prod(1) - common)


@pytest.mark.parametrize("how", [{"shadows": False}, {}, {"noise": 10.0}, {"lamp": 0.3}])
def test_things_are_found_from_the_first_frame_and_leave_no_ghosts(how):
    pictures = [made_camera.picture(frame, **how) for frame in range(made_camera.FRAMES)]
    made = detector(pictures)
    for frame in (0, 8, 16, 54):
        found, truth = made.detect(frame, pictures[frame]), made_camera.boxes_at(frame)
        assert len(found) == len(truth), f"frame {frame}"
        assert overlaps(truth, found.boxes).max(axis=1).min() > 0.5, f"frame {frame}"
        assert found.scores.min() > 0.5


def discs(*centres, radius=14, cut=None):
    image = made_camera.ground()
    for centre in centres:
        cv2.circle(image, centre, radius, (220, 40, 40), -1, cv2.LINE_AA)
    if cut is not None:
        image[:, cut : cut + 3] = made_camera.ground()[:, cut : cut + 3]
    noise = np.random.default_rng(len(centres)).normal(0, 3, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


APART = [discs((30 + 5 * i, 60), (290 - 5 * i, 180)) for i in range(40)]


def test_things_that_touch_are_two_and_fragments_of_one_are_one():
    made = detector(APART)
    touching = made.detect(20, discs((140, 120), (165, 124)))
    truth = np.array([[126.0, 106, 28, 28], [151, 110, 28, 28]])
    assert len(touching) == 2
    assert overlaps(truth, touching.boxes).max(axis=1).min() > 0.6
    cut = made.detect(20, discs((140, 120), cut=143))
    assert len(cut) == 1
    assert cut.boxes[0, 2] > 26


def test_the_smallest_wanted_is_a_parameter():
    picture = discs((140, 120), (60, 60))
    cv2.circle(picture, (240, 60), 5, (220, 40, 40), -1)
    assert len(detector(APART, smallest=20.0).detect(20, picture)) == 3
    assert len(detector(APART, smallest=200.0).detect(20, picture)) == 2


def test_an_empty_picture_has_nothing_and_a_switched_light_is_no_object():
    made = detector(APART)
    assert len(made.detect(3, discs())) == 0
    assert len(made.detect(3, np.full_like(APART[0], 250))) == 0


def test_without_the_whole_video_it_warms_up():
    choice = find_detector("moving-objects")
    made = choice.make()
    assert made._inner.warm_up > 0
    for frame, picture in enumerate(APART):
        found = made.detect(frame, picture)
    assert overlaps(np.array([[211.0, 46, 28, 28], [81, 166, 28, 28]]), found.boxes).max(1).min() > 0.5
