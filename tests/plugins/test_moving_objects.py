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


def painted(seed, *things):
    """A frame with ellipses: centre, half axes, colour."""
    image = made_camera.ground()
    for centre, axes, colour in things:
        cv2.ellipse(image, centre, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)
    return np.clip(image + np.random.default_rng(seed).normal(0, 3, image.shape), 0, 255).astype(np.uint8)


def red(*centres):
    return [(centre, (14, 14), (220, 40, 40)) for centre in centres]


def test_where_things_are_often_in_one_region_those_beside_each_other_are_not_joined():
    groups = [painted(i, *red((60 + 8 * i, 60), (84 + 8 * i, 64), (72 + 8 * i, 84))) for i in range(24)]
    alone = [
        painted(30 + i, *red((30, 40 + 9 * i), (160, 200 - 9 * i), (290, 40 + 9 * i))) for i in range(16)
    ]
    found = detector(groups + alone).detect(99, painted(99, *red((80, 200), (118, 200))))
    assert len(found) == 2, "they are 10 pixels apart"
    assert overlaps(np.array([[66.0, 186, 28, 28], [104, 186, 28, 28]]), found.boxes).max(1).min() > 0.7


def test_a_thing_longer_and_larger_than_usual_is_one():
    made = detector([painted(i, *red((30 + 5 * i, 60), (290 - 5 * i, 180))) for i in range(40)])
    found = made.detect(99, painted(99, ((160, 120), (12, 39), (220, 40, 40))))
    assert len(found) == 1
    assert overlaps(np.array([[148.0, 81, 24, 78]]), found.boxes).min() > 0.7


def crossing(frame):
    """Two things that pass before each other: the frame, and their boxes."""
    left, right = (60 + 5 * frame, 120), (260 - 5 * frame, 126)
    picture = painted(frame, (left, (14, 24), (220, 40, 40)), (right, (18, 18), (40, 60, 220)))
    truth = [[left[0] - 14, left[1] - 24, 28, 48], [right[0] - 18, right[1] - 18, 36, 36]]
    return picture, np.array(truth, float)


def test_things_that_hide_each_other_are_told_apart_by_what_was_seen_before():
    frames = [crossing(frame) for frame in range(40)]
    made = detector([picture for picture, _ in frames])
    for frame, (picture, truth) in enumerate(frames):
        found = made.detect(frame, picture)
        assert len(found) == 2, f"frame {frame}"
        assert overlaps(truth, found.boxes).max(axis=1).min() > 0.5, f"frame {frame}"
    alone = detector([picture for picture, _ in frames]).detect(20, frames[20][0])
    assert len(alone) == 1, "nobody was seen before"


def test_a_run_that_goes_on_finds_what_an_unbroken_one_does():
    frames = [crossing(frame // 6)[0] for frame in range(240)]
    whole, again = detector(frames), detector(frames)
    last = 110  # one hides the other since a few frames
    for frame in range(last + 1):
        unbroken = whole.detect(frame, frames[frame])
    for frame in range(last - again.warm_up, last + 1):
        resumed = again.detect(frame, frames[frame])
    assert len(unbroken) == 2
    assert np.array_equal(resumed.boxes, unbroken.boxes)


def test_a_thing_looks_like_itself_elsewhere():
    made = detector([crossing(frame)[0] for frame in range(40)])
    first, second = (made.detect(frame, crossing(frame)[0]) for frame in (2, 36))
    assert first.embeddings is not None
    assert np.allclose(np.linalg.norm(first.embeddings, axis=1), 1)
    tall = [int(found.boxes[:, 3].argmax()) for found in (first, second)]
    alike = first.embeddings @ second.embeddings.T
    assert alike[tall[0], tall[1]] > 0.9
    assert alike[tall[0], 1 - tall[1]] < 0.5


def test_without_the_whole_video_it_warms_up():
    choice = find_detector("moving-objects")
    made = choice.make()
    assert made._inner.warm_up > 0
    for frame, picture in enumerate(APART):
        found = made.detect(frame, picture)
    assert overlaps(np.array([[211.0, 46, 28, 28], [81, 166, 28, 28]]), found.boxes).max(1).min() > 0.5
