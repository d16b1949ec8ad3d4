"""The trackers that need no weights, on a made clip: follow, say when lost, and repeat themselves."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
import torch

from workbench.core.boxes import iou
from workbench.core.errors import UserError
from workbench.inference.features import HogColour, RandomResNet
from workbench.inference.trackers import available, make, maker

SIZE = (240, 320)
FRAMES = 40


def texture(seed, shape, grain):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (shape[0] // grain, shape[1] // grain, 3), dtype=np.uint8)
    return cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)


GROUND = texture(1, SIZE, 16)
TARGET = texture(2, (60, 48), 12)


def frame(i, *, present=True):
    """A textured rectangle that moves and grows by half over a still ground, and its box."""
    grown = 1 + 0.5 * i / FRAMES
    width, height = round(48 * grown), round(60 * grown)
    left, top = round(40 + 3.5 * i), round(60 + 25 * float(np.sin(i / 8)))
    image = GROUND.copy()
    if present:
        image[top : top + height, left : left + width] = cv2.resize(TARGET, (width, height))
    noise = np.random.default_rng(i).integers(0, 6, image.shape, dtype=np.uint8)
    return cv2.add(image, noise), (float(left), float(top), float(width), float(height))


def follow(name, frames):
    tracker = make(name)
    tracker.start(*frame(0))
    return [tracker.step(frame(i)[0]) for i in range(1, frames)]


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def followed():
    return follow("atom-hog", FRAMES)


def test_follows_a_target_that_moves_and_grows(followed):
    overlap = [iou([s.box], [frame(i)[1]])[0, 0] for i, s in enumerate(followed, start=1)]
    assert np.mean(overlap) > 0.75
    assert overlap[-1] > 0.6
    assert all(s.found and 0.16 <= s.score <= 1 for s in followed)


@pytest.mark.parametrize("name", ["atom", "atom-random"])
def test_the_networks_follow_it_too(name):
    states = follow(name, 7)
    overlap = [iou([s.box], [frame(i)[1]])[0, 0] for i, s in enumerate(states, start=1)]
    assert np.mean(overlap) > 0.6


def test_two_runs_give_the_same_boxes(followed):
    assert follow("atom-hog", 12) == followed[:11]


@pytest.mark.parametrize("name", ["atom-hog", "atom"])
def test_trackers_in_threads_that_share_a_network_give_what_one_alone_does(name):
    make_one = maker(name)
    trackers = [make_one() for _ in range(3)]
    boxes = [frame(0)[1], (100.0, 100.0, 40.0, 30.0), frame(0)[1]]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda t, box: t.start(frame(0)[0], box), trackers, boxes))
        states = [list(pool.map(lambda t, i=i: t.step(frame(i)[0]), trackers)) for i in range(1, 7)]
    assert [s[0] for s in states] == [s[2] for s in states] == follow(name, 7)


def test_starting_again_forgets_the_first_target():
    tracker = make("atom-hog")
    tracker.start(frame(20)[0], (5.0, 5.0, 30.0, 30.0))
    tracker.step(frame(21)[0])
    tracker.start(*frame(0))
    state = tracker.step(frame(1)[0])
    assert iou([state.box], [frame(1)[1]])[0, 0] > 0.8


def test_reports_a_target_lost_when_it_is_gone_and_finds_it_again():
    tracker = make("atom-hog")
    tracker.start(*frame(0))
    for i in range(1, 12):
        last = tracker.step(frame(i)[0])
    gone = [tracker.step(frame(12 + i, present=False)[0]) for i in range(8)]
    assert not any(s.found for s in gone)
    assert all(s.box == last.box for s in gone)  # the last known place
    back = [tracker.step(frame(12)[0]) for _ in range(3)]
    assert back[-1].found
    assert iou([back[-1].box], [frame(12)[1]])[0, 0] > 0.6


def test_a_target_may_leave_the_image_and_be_tiny():
    tracker = make("atom-hog")
    tracker.start(frame(0)[0], (-10.0, 225.0, 30.0, 40.0))
    assert np.isfinite(tracker.step(frame(0)[0]).box).all()
    tracker.start(frame(0)[0], (100.0, 100.0, 3.0, 5.0))
    assert np.isfinite(tracker.step(frame(0)[0]).box).all()


def test_a_box_without_area_is_refused():
    with pytest.raises(UserError, match="width and height"):
        make("atom-hog").start(frame(0)[0], (10.0, 10.0, 0.0, 20.0))


def test_the_default_is_named_once():
    assert [info.name for info in available() if info.default] == ["atom-hog"]


def test_features_belong_to_their_cells():
    crops = torch.zeros(2, 3, 64, 64)
    crops[1, :, 24:40, 32:48] = torch.from_numpy(texture(5, (16, 16), 4)).permute(2, 0, 1)
    for extract in (HogColour(), RandomResNet()):
        maps = extract(crops).classifier
        assert maps.shape[2:] == (64 // extract.stride, 64 // extract.stride)
        assert torch.isfinite(maps).all()
        change = (maps[1] - maps[0]).norm(dim=0)
        row, column = divmod(int(change.argmax()), 8)
        assert 2 <= row <= 5
        assert 3 <= column <= 6


def test_a_random_network_is_the_same_every_time_and_leaves_the_generator_alone():
    crop = torch.from_numpy(frame(0)[0][:64, :64]).permute(2, 0, 1)[None].float()
    state = torch.get_rng_state()
    first, second = (RandomResNet()(crop).classifier for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, RandomResNet(seed=1)(crop).classifier)
    assert torch.equal(state, torch.get_rng_state())
