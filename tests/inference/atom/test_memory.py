import pytest
import torch

from tests.reference_golden import Golden
from workbench.inference.atom.memory import SampleMemory


def filled(number: int, *, capacity: int, minimum: float) -> SampleMemory:
    samples, labels = torch.zeros(number, 1, 2, 2), torch.zeros(number, 1, 2, 2)
    return SampleMemory(samples, labels, capacity=capacity, initial_minimum=minimum)


@pytest.mark.parametrize(("name", "minimum"), [("min25", 0.25), ("nomin", 0.0)])
def test_weights_and_places_agree_with_the_published_ones(name, minimum):
    golden = Golden("atom_dcf")
    memory = filled(30, capacity=60, minimum=minimum)
    one = torch.ones(1, 1, 2, 2)
    places, kept = [], []
    for update in range(45):
        places.append(memory.add(one, one, rate=0.02 if update in (5, 17, 18) else 0.01))
        kept.append(memory.weights.copy())
    assert places == golden[f"replace_ind_{name}"].tolist()
    shown = [kept[update] for update in (0, 1, 5, 6, 17, 18, 29, 30, 31, 44)]
    golden.check(f"sample_weights_{name}", shown, rtol=1e-5, atol=1e-5)


def test_first_samples_keep_their_share_and_their_place():
    memory = filled(3, capacity=8, minimum=0.25)
    one = torch.ones(1, 1, 2, 2)
    for _ in range(200):
        assert memory.add(one, one, rate=0.1) >= 3
    assert float(memory.weights[:3].sum()) == pytest.approx(0.25)
    assert float(memory.weights.sum()) == pytest.approx(1, rel=0.01)
    assert memory.samples[3:].eq(1).all()


def test_only_stored_samples_are_given_out():
    memory = filled(2, capacity=9, minimum=0.0)
    memory.add(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2), rate=0.5)
    assert len(memory.samples) == len(memory.labels) == len(memory.sample_weights) == 3
