"""Made clips: the same from the same seed, and true about themselves."""

from dataclasses import replace

import numpy as np

from workbench.training.synthetic.clip_types import ClipOptions
from workbench.training.synthetic.clips import make_clip

OPTIONS = ClipOptions(width=200, height=152, frames=12, targets=4, seed=5, noise=0.0)


def test_a_seed_gives_one_clip():
    first, second = list(make_clip(OPTIONS)), list(make_clip(OPTIONS))
    for a, b in zip(first, second, strict=True):
        assert np.array_equal(a.image, b.image)
        assert np.array_equal(a.boxes, b.boxes)
        assert np.array_equal(a.owners, b.owners)
    assert first[0].image.shape == (152, 200, 3)
    assert first[0].image.dtype == np.uint8
    other = next(make_clip(replace(OPTIONS, seed=6)))
    assert not np.array_equal(first[0].image, other.image)


def test_boxes_hold_what_is_painted():
    alone = replace(OPTIONS, targets=1, frames=4)
    for with_target, without in zip(make_clip(alone), make_clip(replace(alone, targets=0)), strict=True):
        changed = np.argwhere(np.abs(with_target.image.astype(int) - without.image).max(axis=2) > 8)
        (top, left), (bottom, right) = changed.min(axis=0), changed.max(axis=0) + 1
        x, y, w, h = with_target.boxes[0]
        assert np.allclose([left, top, right, bottom], [x, y, x + w, y + h], atol=2.0)
        owned = np.argwhere(with_target.owners == 0)
        (top, left), (bottom, right) = owned.min(axis=0), owned.max(axis=0) + 1
        assert np.allclose([left, top, right, bottom], [x, y, x + w, y + h], atol=2.0)


def test_targets_of_half_the_size_go_the_same_ways():
    for whole, half in zip(make_clip(OPTIONS), make_clip(replace(OPTIONS, size=0.5)), strict=True):
        assert np.allclose(half.boxes[:, 2:], whole.boxes[:, 2:] / 2)
        centres = [seen.boxes[:, :2] + seen.boxes[:, 2:] / 2 for seen in (whole, half)]
        assert np.abs(centres[0] - centres[1]).max() < whole.boxes[:, 2:].max() / 4


def test_a_camera_that_stands_still_sees_one_background_in_changing_light():
    def change(options):
        first, *_, last = (frame.image.astype(int) for frame in make_clip(options))
        return np.abs(last - first).max()

    empty = replace(OPTIONS, targets=0, bystanders=0)
    assert change(replace(empty, still=True)) <= 5 < 10 < change(empty)


def test_targets_are_of_one_look_on_demand():
    def spread(options):  # of the targets' mean colours, grey levels
        clip = next(make_clip(options))
        seen = [i for i in range(options.targets) if clip.visibility[i] > 0.3]
        return np.std([clip.image[clip.owners == i].mean(axis=0) for i in seen], axis=0).max()

    assert spread(replace(OPTIONS, alike=True)) < 5 < 20 < spread(OPTIONS)


def test_targets_hide_each_other_and_the_one_in_front_is_seen():
    clip = list(make_clip(replace(OPTIONS, frames=60, targets=7)))
    visibility = np.array([frame.visibility for frame in clip])
    assert ((visibility >= 0) & (visibility <= 1)).all()
    assert visibility[:, :6].min() < 0.6
    inside = [
        (f.boxes[6, :2] >= 0).all() and (f.boxes[6, :2] + f.boxes[6, 2:] <= (200, 152)).all() for f in clip
    ]
    assert visibility[inside, 6].min() > 0.9


def test_vanishing_targets_are_gone_for_a_while_and_come_back():
    clip = list(make_clip(replace(OPTIONS, frames=80, targets=2, vanishing=1.0, bystanders=0)))
    visibility = np.array([frame.visibility for frame in clip])
    for seen in visibility.T:
        gone = np.flatnonzero(seen == 0)
        assert len(gone) >= 3
        assert seen[0] > 0.3
        assert seen[gone[-1] :].max() > 0.5
