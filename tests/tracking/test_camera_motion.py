import numpy as np
import pytest

from tests.tracking.test_trackers import found
from workbench.tracking.bot_sort import BotSort, BotSortOptions
from workbench.tracking.camera_motion import STILL, CameraMotion, CameraMotionOptions

WORLD = np.kron(np.random.default_rng(5).integers(0, 255, (60, 80)), np.ones((16, 16))).astype(np.uint8)


def view(left, top, *, height=480, width=640):
    """What a camera sees of a wall of tiles; RGB."""
    return np.repeat(WORLD[top : top + height, left : left + width, None], 3, axis=2)


@pytest.mark.parametrize("method", ["flow", "ecc"])
def test_a_pan_is_seen_in_pixels_of_the_full_picture(method):
    camera = CameraMotion(CameraMotionOptions(method=method, longest_side=320))
    assert (camera.step(view(300, 200)) == STILL).all()
    moved = camera.step(view(306, 196))
    np.testing.assert_allclose(moved, [[1, 0, -6], [0, 1, 4]], atol=0.6)
    np.testing.assert_allclose(moved[:, :2], np.eye(2), atol=0.003)


def test_what_moves_by_itself_is_left_out():
    camera, box = CameraMotion(), np.array([[50.0, 20.0, 500.0, 380.0]])
    pictures = [view(300, 200).copy() for _ in range(2)]
    pictures[1][20:400, 50:550] = view(320, 200)[20:400, 50:550]
    camera.step(pictures[0], box)
    np.testing.assert_allclose(camera.step(pictures[1], box), STILL, atol=0.05)


@pytest.mark.parametrize("method", ["flow", "ecc"])
def test_a_picture_without_corners_or_of_another_size_says_nothing(method):
    camera, grey = CameraMotion(CameraMotionOptions(method=method)), np.full((60, 80, 3), 90, np.uint8)
    for picture in (grey, grey, view(0, 0), view(0, 0, height=100, width=90)):
        assert (camera.step(picture) == STILL).all()


@pytest.mark.parametrize("camera_motion", [True, False])
def test_bot_sort_keeps_ids_in_a_pan_by_looking_at_the_picture(camera_motion):
    tracker, ids = BotSort(BotSortOptions(camera_motion=camera_motion)), set()
    for frame in range(8):
        left = 300 + 30 * (frame >= 5)
        box = [500.0 - left + 100, 300.0, 24.0, 60.0]
        shown = tracker.update(frame, found([box]), image=view(left, 200))
        ids |= set(shown.ids.tolist())
    assert ids == ({1} if camera_motion else {1, 2})
