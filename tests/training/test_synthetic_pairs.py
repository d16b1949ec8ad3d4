"""Made pairs: a function of seed and index, true about their targets."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch

from workbench.core.errors import UserError
from workbench.training.options import read_options
from workbench.training.synthetic.bank import BankOptions
from workbench.training.synthetic.pairs import PairGenerator
from workbench.training.synthetic.plans import PairOptions
from workbench.training.synthetic.recent import Recent

SMALL = BankOptions(patches=24, objects=12, poses=2, backgrounds=3, background_side=96)
OPTIONS = PairOptions(batch=4, size=96, pairs_a_bank=8, bank=SMALL)


@pytest.fixture(scope="module")
def generator():
    return PairGenerator(OPTIONS, seed=3)


def test_a_batch_is_a_function_of_seed_and_index(generator):
    later = PairGenerator(OPTIONS, seed=3)
    expected = [generator.batch(i) for i in range(7)]  # four banks, of which two are kept
    for i in (6, 0, 3):
        for a, b in zip(later.batch(i), expected[i], strict=True):
            assert torch.equal(a, b)
    assert not torch.equal(expected[0].images, expected[1].images)
    assert not torch.equal(PairGenerator(OPTIONS, seed=4).batch(0).images, expected[0].images)


def test_crops_are_pictures_and_the_reference_is_centred(generator):
    images, boxes, visible = generator.batch(1)
    assert images.shape == (2, 4, 3, 96, 96)
    assert images.dtype == torch.uint8
    assert images.float().std(dim=(2, 3, 4)).min() > 1
    centres = boxes[..., :2] + boxes[..., 2:] / 2
    assert torch.allclose(centres[0], torch.tensor(48.0), atol=1e-3)
    assert torch.allclose(boxes[0, :, 2:].prod(dim=-1).sqrt(), torch.tensor(96 / 5), atol=1e-3)
    assert visible.shape == (2, 4)
    assert ((visible >= 0) & (visible <= 1)).all()


def test_boxes_hold_the_pixels_of_the_target():
    bank = BankOptions(patches=40, objects=40, poses=2, backgrounds=2, background_side=96, part_share=0.0)
    options = PairOptions(batch=24, distractors=0, occluders=0, loose=0, centre_jitter=0.5, bank=bank)
    labelled = PairGenerator(options, seed=2).labelled(0)
    masks = labelled.masks.flatten(0, 1) > 0.5
    off = [edges(m) - box for m, box in zip(masks, corners(labelled.batch.boxes), strict=True) if m.any()]
    off = torch.stack(off).abs()
    assert off.mean() < 0.6
    assert off.quantile(0.9) < 1.1  # thin tips fade before they end
    assert labelled.batch.visible.min() > 0.8


def edges(mask):
    rows, columns = mask.any(1).nonzero(), mask.any(0).nonzero()
    return torch.cat([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]).float()


def corners(boxes):
    flat = boxes.flatten(0, 1)
    return torch.cat([flat[:, :2], flat[:, :2] + flat[:, 2:]], dim=1)


def test_visibility_counts_what_lies_in_front():
    covered = PairOptions(batch=24, size=96, occluders=1.0, distractors=0, bank=SMALL)
    bare = PairOptions(batch=24, size=96, occluders=0.0, distractors=0, bank=SMALL)
    hidden, seen = (PairGenerator(o, seed=3).batch(0).visible[1] for o in (covered, bare))
    assert hidden.mean() < seen.mean() - 0.1
    assert hidden.min() < 0.6


def test_strength_grows_over_the_ramp():
    ramped = PairGenerator(PairOptions(batch=24, size=96, ramp=1000, bank=SMALL), seed=3)
    assert ramped.batch(0).visible.mean() > 0.97


def test_more_frames_share_one_identity():
    options = PairOptions(batch=3, size=96, frames=3, bank=SMALL)
    labelled = PairGenerator(options, seed=3).labelled(0)
    assert labelled.batch.images.shape[:2] == (3, 3)
    assert labelled.identities.shape == (3,)
    assert labelled.masks.shape == (3, 3, 96, 96)


def test_batches_painted_together_are_those_of_one_large_batch():
    several = PairGenerator(replace(OPTIONS, batches_at_once=3), seed=3)
    large = PairGenerator(replace(OPTIONS, batch=12), seed=3).labelled(1)
    for i in range(3):
        part = several.labelled(3 + i)
        assert torch.equal(part.batch.images, large.batch.images[:, 4 * i : 4 * i + 4])
        assert torch.equal(part.identities, large.identities[4 * i : 4 * i + 4])


def test_threads_that_ask_for_one_bank_wait_for_it_and_a_failure_is_tried_again():
    made = []

    def make(number):
        made.append(number)
        time.sleep(0.05)
        if len(made) == 1:
            raise MemoryError
        return number * 10

    recent = Recent(make, kept=2)
    with pytest.raises(MemoryError):
        recent(7)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(recent, [7, 7, 8, 7])) == [70, 70, 80, 70]
    assert sorted(made) == [7, 7, 8]
    assert recent(9) == 90
    assert recent(8) == 80
    assert recent(7) == 70  # made again: two are kept
    assert sorted(made) == [7, 7, 7, 8, 9]


def test_who_paints_from_one_of_the_banks_in_turn_keeps_its_own_only():
    options = replace(OPTIONS, pairs_a_bank=OPTIONS.batch, banks_at_once=4)
    generator = PairGenerator(options, seed=1)
    for step in range(0, 24, 4):
        generator.batch(step)
    assert set(generator._bank._made) == {16, 20}
    for step in range(24, 32):
        generator.batch(step)
    assert len(generator._bank._made) == 5


@pytest.mark.parametrize("name", ["batch", "size", "pairs_a_bank", "batches_at_once", "banks_at_once"])
def test_numbers_of_pairs_are_at_least_one(name):
    with pytest.raises(UserError, match=rf"^\[made\] {name} must be at least 1\.$"):
        read_options(PairOptions, {name: 0}, name="made")
