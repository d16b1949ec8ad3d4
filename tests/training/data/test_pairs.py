"""Batches of pairs from files: right in every number, and the same whoever asks for them."""

import numpy as np
import pytest
import torch

from tests.training.data import made_sets
from workbench.core.errors import UserError
from workbench.training.data.coco import Coco
from workbench.training.data.crops import sample_target
from workbench.training.data.draws import Draws
from workbench.training.data.got10k import Got10k
from workbench.training.data.lasot import Lasot
from workbench.training.data.pairs import RealPairOptions, RealPairs
from workbench.training.data.processing import ProcessingOptions
from workbench.training.data.sampler import SamplerOptions, sample
from workbench.training.data.trackingnet import TrackingNet
from workbench.training.data.transforms import TransformOptions
from workbench.training.prefetch import prefetched

PLAIN = TransformOptions(grayscale=0.0, brightness=0.0)


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    readers = {"lasot": Lasot, "got10k": Got10k, "trackingnet": TrackingNet, "coco": Coco}
    return [
        reader(getattr(made_sets, name)(tmp_path_factory.mktemp(name))) for name, reader in readers.items()
    ]


def _pairs(sets, *, batch=8, seed=3, transforms=PLAIN):
    processing = ProcessingOptions(size=32, transforms=transforms)
    return RealPairs(sets, options=RealPairOptions(batch, processing=processing), seed=seed)


def test_a_batch_has_the_promised_form(sets):
    batch = _pairs(sets).batch(0)
    assert batch.images.shape == (2, 8, 3, 32, 32)
    assert batch.boxes.shape == (2, 8, 4)
    assert batch.visible.shape == (2, 8)
    assert {part.dtype for part in batch} == {torch.float32}
    assert 100 < batch.images.max() <= 255
    assert (batch.visible > 0).all()


def test_reference_crops_lie_around_the_target_and_test_crops_anywhere_near(sets):
    batch = _pairs(sets, batch=40).batch(0)
    center = batch.boxes[..., :2] + batch.boxes[..., 2:] / 2
    torch.testing.assert_close(center[0], torch.full((40, 2), 15.5), rtol=0, atol=1e-4)
    assert ((center[1] > -1) & (center[1] < 33)).all()
    assert center[1].std() > 4
    side = batch.boxes[..., 2:].prod(-1).sqrt()
    assert side[0].std() < 0.1 < side[1].std()


def test_single_pictures_are_paired_with_themselves(sets):
    batch = _pairs(sets[3:], batch=12).batch(0)
    colours = batch.images.mean(dim=(-2, -1))
    torch.testing.assert_close(colours[0], colours[1], rtol=0, atol=2)


def test_a_batch_is_the_same_in_any_order_and_from_any_number_of_threads(sets):
    transforms = TransformOptions(grayscale=0.5, brightness=0.2)
    wanted = [_pairs(sets, transforms=transforms).batch(i) for i in (4, 3, 2, 1, 0)][::-1]
    with prefetched(_pairs(sets, transforms=transforms).batch, ahead=3, stop=5) as take:
        for step in range(5):
            for first, second in zip(take(step), wanted[step], strict=True):
                assert torch.equal(first, second)


def test_batches_of_other_steps_and_seeds_are_others(sets):
    boxes = [_pairs(sets, seed=seed).batch(i).boxes for seed, i in ((1, 0), (1, 10), (2, 0), (11, 0))]
    assert len({tuple(b.flatten().tolist()) for b in boxes}) == len(boxes)


def test_visible_shares_belong_to_their_frames(sets):
    batch = _pairs(sets[1:2], batch=60).batch(0)
    frame = (batch.images[..., 2, 16, 16] - 20) / 6  # painted into the blue channel
    assert torch.equal(batch.visible == 0.5, frame.round() == 5)
    assert (batch.visible[0] != batch.visible[1]).any()


def test_hidden_frames_are_not_shown(sets):
    rng = Draws.seeded(0).python
    shown = {n for _ in range(300) for n in sample(sets[:1], [1], options=SamplerOptions(), rng=rng)[3]}
    assert shown == set(range(24)) - {3, 5, 6}


def test_shares_say_how_often_a_set_is_used(sets):
    rng = Draws.seeded(0).python
    found = [sample(sets, [1, 0, 3, 0], options=SamplerOptions(), rng=rng).source for _ in range(400)]
    assert set(found) == {0, 2}
    assert 250 < found.count(2) < 350


def test_the_gap_grows_until_a_visible_frame_is_near():
    visible = np.zeros(60)
    visible[[0, 12, 24, 36, 59]] = 1
    options = SamplerOptions(max_gap=2, mode="causal")
    rng = Draws.seeded(0).python
    for _ in range(50):
        found = sample([made_sets.Known([visible], False)], [1], options=options, rng=rng)
        assert found.test[0] > found.train[0]
        assert visible[found.train + found.test].all()


def test_a_set_of_short_videos_is_refused(tmp_path):
    short = TrackingNet(made_sets.trackingnet(tmp_path, frames=10))
    with pytest.raises(UserError, match="TrackingNet has no sequence of 20 frames"):
        RealPairs([short], seed=0).batch(0)


@pytest.mark.parametrize("shares", [[1], [1, 1, 1, -1], [0, 0, 0, 0]])
def test_shares_that_cannot_be_are_refused(shares, sets):
    with pytest.raises(UserError, match="one share for each data set"):
        RealPairs(sets, shares=shares, seed=0)


def test_a_region_far_outside_goes_on_with_the_border():
    image = np.arange(20 * 30 * 3, dtype=np.int64).reshape(20, 30, 3).astype(np.uint8)
    crop, _ = sample_target(image, np.array([200.0, -90, 4, 4]), search_area=5, size=16)
    np.testing.assert_array_equal(crop, np.broadcast_to(image[0, 28], (16, 16, 3)))
