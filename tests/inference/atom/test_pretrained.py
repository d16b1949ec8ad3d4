import numpy as np
import pytest
import torch

from tests.reference_fill import clip, fill_state_dict
from workbench.core.errors import ModelError
from workbench.inference.atom.options import (
    AtomOptions,
    AugmentationOptions,
    ClassifierOptions,
    SampleOptions,
    default_vot,
)
from workbench.inference.atom.pretrained import atom_tracker, unit_power
from workbench.inference.atom.tracker import AtomTracker
from workbench.inference.device import torch_device
from workbench.inference.trackers import make
from workbench.models.atom import atom_resnet18


@pytest.fixture(scope="module")
def weights():
    return fill_state_dict(atom_resnet18().state_dict())


def test_a_file_of_published_weights_makes_a_tracker(tmp_path, weights):
    path = tmp_path / "atom_default.pth"
    torch.save({"net_type": "ATOMnet", "net": weights}, path)
    assert isinstance(make(str(path), device="cpu"), AtomTracker)


def test_a_file_that_is_no_atom_is_named(tmp_path, weights):
    path = tmp_path / "other.pth"
    torch.save({"net": {"fc.weight": torch.zeros(2)}}, path)
    with pytest.raises(ModelError, match="no network that is known"):
        make(str(path))
    torch.save({"net": {k: v for k, v in weights.items() if "conv4_1t" not in k}}, path)
    with pytest.raises(ModelError, match=r"other\.pth .* lacks bb_regressor\.conv4_1t"):
        make(str(path))


@pytest.mark.parametrize("name", ["nonsense", "cuda:77"])
def test_a_device_that_does_not_exist_is_refused(name):
    with pytest.raises(ModelError, match="cannot be used here"):
        torch_device(name)


def test_features_have_unit_power():
    maps = unit_power(torch.randn(2, 5, 4, 4) * torch.tensor([3.0, 0.01])[:, None, None, None])
    np.testing.assert_allclose(maps.square().mean(dim=(1, 2, 3)), 1, rtol=1e-3)


@pytest.mark.parametrize("box", [(50, 40, 1, 1), (-30, -20, 60, 50), (0, 0, 160, 120), (20, 20, 900, 700)])
def test_any_box_with_an_area_can_be_followed(weights, box):
    """Tiny, half outside, as large as the image, and much larger."""
    network = atom_resnet18()
    network.load_state_dict(weights)
    options = AtomOptions(
        sample=SampleOptions(side=96),
        augmentation=AugmentationOptions(rotations=(10,), blurs=((1, 1),)),
        classifier=ClassifierOptions(start_gn=1, start_cg=2),
    )
    images, _ = clip("any", 3, height=120, width=160)
    tracker = atom_tracker(network, options=options)
    tracker.start(images[0], box)
    for image in images[1:]:
        state = tracker.step(image)
        assert np.isfinite(state.box).all()
        assert 0 <= state.score <= 1


def test_the_challenge_parameters_window_the_scores_and_never_lose_the_target(weights):
    network = atom_resnet18()
    network.load_state_dict(weights)
    images, boxes = clip("vot", 3)
    tracker = atom_tracker(network, options=default_vot())
    tracker.start(images[0], tuple(boxes[0]))
    assert tracker.grid.window.shape == (224, 224)
    assert float(tracker.grid.window[112, 112]) == 1
    assert all(tracker.step(image).found for image in (images[1], np.zeros_like(images[2])))
