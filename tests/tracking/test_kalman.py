import numpy as np
import pytest

from tests.reference_golden import Golden
from workbench.tracking.kalman import (
    COVARIANCE,
    MEAN,
    SPEED,
    SPEED_VARIANCE,
    VARIANCE,
    Kalman,
    Xyah,
    Xysr,
    Xywh,
)

NEAR = {"rtol": 1e-8, "atol": 1e-9}
BOXES = np.array([[10.0, 20.0, 30.0, 60.0], [-50.0, 400.0, 12.5, 9.0]])


def boxes_of(measured):
    centre, aspect, height = measured[:, :2], measured[:, 2], measured[:, 3]
    size = np.stack([aspect * height, height], axis=1)
    return np.concatenate([centre - size / 2, size], axis=1)


def means(states):
    return np.concatenate([states[:, MEAN], states[:, SPEED]], axis=1)


def covariances(states):
    full = np.zeros((len(states), 8, 8))
    number = np.arange(4)
    full[:, number, number] = states[:, VARIANCE]
    full[:, number, number + 4] = full[:, number + 4, number] = states[:, COVARIANCE]
    full[:, number + 4, number + 4] = states[:, SPEED_VARIANCE]
    return full


def states_of(mean, covariance):
    number = np.arange(4)
    parts = (
        mean[:, :4],
        mean[:, 4:],
        covariance[:, number, number],
        covariance[:, number, number + 4],
        covariance[:, number + 4, number + 4],
    )
    return np.stack(parts, axis=1)


def test_four_small_blocks_are_the_published_filter():
    golden, kalman = Golden("fairmot_kalman_matching"), Kalman(Xyah())
    for track, measured in enumerate(golden["measurements"]):
        key = f"t{track}/"
        if key + "init_mean" not in golden:
            continue
        states = kalman.start(boxes_of(measured[None]))
        golden.check(key + "init_mean", means(states)[0], **NEAR)
        golden.check(key + "init_cov", covariances(states)[0], **NEAR)
        for step, seen in enumerate(golden[key + "obs"]):
            states = kalman.predict(states)
            golden.check(f"{key}pred_mean_{step}", means(states)[0], **NEAR)
            golden.check(f"{key}pred_cov_{step}", covariances(states)[0], **NEAR)
            mean, variance = kalman.project(states)
            golden.check(f"{key}proj_mean_{step}", mean[0], **NEAR)
            golden.check(f"{key}proj_cov_{step}", np.diag(variance[0]), **NEAR)
            others = golden[f"{key}gate_meas_{step}"]
            golden.check(f"{key}gate_{step}", kalman.gating(states, others)[0], **NEAR)
            golden.check(f"{key}gate_pos_{step}", kalman.gating(states, others, numbers=2)[0], **NEAR)
            states = kalman.update(states, seen[None])
            golden.check(f"{key}upd_mean_{step}", means(states)[0], **NEAR)
            golden.check(f"{key}upd_cov_{step}", covariances(states)[0], **NEAR)


def test_many_tracks_are_predicted_as_published():
    golden = Golden("fairmot_kalman_matching")
    states = Kalman(Xyah()).predict(states_of(golden["multi_in_mean"], golden["multi_in_cov"]))
    golden.check("multi_mean", means(states), **NEAR)
    golden.check("multi_cov", covariances(states), **NEAR)


@pytest.mark.parametrize("form", [Xyah(), Xywh(), Xysr()], ids=lambda f: type(f).__name__)
def test_every_form_gives_back_the_box_it_measured(form):
    np.testing.assert_allclose(form.boxes(form.measure(BOXES)), BOXES)


@pytest.mark.parametrize("form", [Xyah(), Xywh(), Xysr()], ids=lambda f: type(f).__name__)
def test_a_target_in_straight_motion_is_found_where_it_goes(form):
    kalman, speed = Kalman(form), np.array([3.0, -2.0, 0.0, 0.0])
    states = kalman.start(BOXES)
    for step in range(1, 30):
        states = kalman.update(kalman.predict(states), form.measure(BOXES + step * speed))
    expected = BOXES + 32 * speed
    for _ in range(3):
        states = kalman.predict(states)
    np.testing.assert_allclose(kalman.boxes(states), expected, atol=0.6)


@pytest.mark.parametrize("form", [Xyah(), Xywh(), Xysr()], ids=lambda f: type(f).__name__)
def test_a_camera_that_zooms_and_shifts_takes_boxes_and_speeds_along(form):
    kalman = Kalman(form)
    states = kalman.start(BOXES)
    states[:, SPEED, :2] = (4.0, 2.0)
    moved = kalman.move(states, np.array([[2.0, 0.0, 5.0], [0.0, 2.0, -7.0]]))
    expected = np.column_stack([BOXES[:, :2] * 2 + (5.0, -7.0), BOXES[:, 2:] * 2])
    np.testing.assert_allclose(kalman.boxes(moved), expected)
    np.testing.assert_allclose(moved[:, SPEED, :2], [[8.0, 4.0]] * 2)
    np.testing.assert_allclose(moved[:, VARIANCE, :2], 4 * states[:, VARIANCE, :2])


def test_a_size_that_has_shrunk_below_nothing_is_nothing():
    mean = np.array([[5.0, 5.0, 0.5, -3.0]])
    assert (Xyah().boxes(mean)[:, 2:] == 0).all()
    assert (Xysr().boxes(np.array([[5.0, 5.0, -4.0, 1.0]]))[:, 2:] == 0).all()
