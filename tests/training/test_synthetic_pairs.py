"""Made pairs: a function of seed and index, true about their targets."""

import pytest
import torch

from workbench.training.synthetic.bank import BankOptions
from workbench.training.synthetic.pairs import PairGenerator
from workbench.training.synthetic.plans import PairOptions

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
    assert images.dtype == torch.float32
    assert images.min() >= 0
    assert images.max() <= 255
    assert images.std(dim=(2, 3, 4)).min() > 1
    centres = boxes[..., :2] + boxes[..., 2:] / 2
    assert torch.allclose(centres[0], torch.tensor(48.0), atol=1e-3)
    assert torch.allclose(boxes[0, :, 2:].prod(dim=-1).sqrt(), torch.tensor(96 / 5), atol=1e-3)
    assert visible.shape == (2, 4)
    assert ((visible >= 0) & (visible <= 1)).all()
