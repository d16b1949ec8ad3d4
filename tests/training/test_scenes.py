"""Procedural scenes: the same from the same seed, and true about themselves."""

import numpy as np

from workbench.training.scenes import SceneOptions, make_scene

OPTIONS = SceneOptions(width=200, height=150, frames=30, targets=4, seed=5, noise=0.0)


def test_a_seed_gives_one_scene():
    first, second = list(make_scene(OPTIONS)), list(make_scene(OPTIONS))
    assert all(
        np.array_equal(a.image, b.image) and np.array_equal(a.boxes, b.boxes)
        for a, b in zip(first, second, strict=True)
    )
    other = next(make_scene(SceneOptions(width=200, height=150, frames=30, targets=4, seed=6)))
    assert not np.array_equal(first[0].image, other.image)


def test_boxes_hold_what_is_painted():
    alone = SceneOptions(width=200, height=150, frames=4, targets=1, seed=5, noise=0.0)
    empty = SceneOptions(width=200, height=150, frames=4, targets=0, seed=5, noise=0.0)
    for with_target, without in zip(make_scene(alone), make_scene(empty), strict=True):
        changed = np.argwhere(np.abs(with_target.image.astype(int) - without.image).max(axis=2) > 8)
        (top, left), (bottom, right) = changed.min(axis=0), changed.max(axis=0) + 1
        x, y, w, h = with_target.boxes[0]
        assert np.allclose([left, top, right, bottom], [x, y, x + w, y + h], atol=2.0)


def test_the_target_in_front_is_wholly_visible_and_others_are_hidden_at_times():
    visibility = np.array(
        [scene.visibility for scene in make_scene(SceneOptions(width=200, height=150, frames=80, targets=7))]
    )
    assert visibility.min() < 0.6
    assert ((visibility >= 0) & (visibility <= 1)).all()
