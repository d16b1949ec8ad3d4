"""What distances of embeddings say, whatever the network's scale."""

import numpy as np
import pytest

from workbench.core.detections import Detections
from workbench.tracking.likeness import Distances, distances_of
from workbench.tracking.offline import track_offline
from workbench.tracking.tracklets import NONE, Found, Tracklets


def looks(who, rng, *, common, noise):
    """Embeddings of targets by a network for which all have much, or nothing, in common."""
    means = np.random.default_rng(9).normal(size=(4, 32)) + common
    vectors = means[who] + noise * rng.normal(size=(len(who), 32))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def swapped(common, noise, frames=60, hidden=range(25, 35)):
    """Four people who stand side by side; unseen, the first and the last two change places."""
    rng, video = np.random.default_rng(4), []
    for frame in range(frames):
        order = np.array([0, 1, 2, 3] if frame < hidden.start else [1, 0, 3, 2])
        boxes = np.array([[100.0 + 30 * n, 100, 40, 100] for n in range(4)]) + rng.normal(0, 1, (4, 4))
        video.append(
            Detections(
                boxes, np.full(4, 0.9), np.zeros(4, int), looks(order, rng, common=common, noise=noise)
            )
            if frame not in hidden
            else Detections.none()
        )
    return video


@pytest.mark.parametrize(("common", "noise"), [(0.0, 0.3), (0.0, 0.8), (2.0, 0.3), (3.0, 0.5)])
def test_people_are_told_apart_by_networks_of_any_scale(common, noise):
    job = track_offline(swapped(common, noise))
    while True:
        try:
            next(job)
        except StopIteration as end:
            tracks = end.value
            break
    first, last = (tracks.ids[tracks.frames == frame] for frame in (0, 59))
    left, right = (tracks.boxes[tracks.frames == frame, 0] for frame in (0, 59))
    before, after = first[np.argsort(left)].tolist(), last[np.argsort(right)].tolist()
    assert after == [before[1], before[0], before[3], before[2]]


def test_the_distances_of_a_video_are_its_own():
    video = swapped(3.0, 0.3)[:20]
    found = Found.of(video)
    after = np.append(np.arange(4, len(found)), [NONE] * 4)
    distances = distances_of(found, Tracklets.of(after), Distances())
    assert distances.same < 0.1
    assert distances.other < 0.35
    assert distances.speak(np.array([distances.same]))[0] > 0 > distances.speak(np.array([0.5]))[0]


def test_where_all_look_alike_looks_say_nothing():
    alike = Distances(same=0.3, same_spread=0.1, other=0.3, other_spread=0.1)
    assert alike.speak(np.array([0.0, 0.3, 1.0])).tolist() == [0.0, 0.0, 0.0]
