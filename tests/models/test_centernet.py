import pytest
import torch

from tests.models.decoded import check_detections, check_extremes
from tests.reference_golden import Golden
from tests.reference_network import (
    assert_published_parameters,
    check_maps,
    features_checked,
    filled,
    golden_input,
    without_weights,
)
from workbench.core.errors import ModelError
from workbench.models import centernet


def built(task, arch, classes):
    return lambda: centernet.build(centernet.spec(task, arch, classes=classes))


PUBLISHED = {
    "cn_ctdet_dla_34": ("ctdet", "dla_34", 80),
    "cn_ctdet_dlav0_34": ("ctdet", "dlav0_34", 80),
    "cn_ctdet_res_18": ("ctdet", "res_18", 80),
    "cn_ctdet_res_101": ("ctdet", "res_101", 80),
    "cn_ctdet_resdcn_18": ("ctdet", "resdcn_18", 80),
    "cn_ctdet_resdcn_101": ("ctdet", "resdcn_101", 80),
    "cn_ctdet_hourglass": ("ctdet", "hourglass", 80),
    "cn_multi_pose_dla_34": ("multi_pose", "dla_34", 1),
    "cn_multi_pose_res_18": ("multi_pose", "res_18", 1),
    "cn_multi_pose_hourglass": ("multi_pose", "hourglass", 1),
    "cn_ddd_dla_34": ("ddd", "dla_34", 3),
    "cn_ddd_resdcn_18": ("ddd", "resdcn_18", 3),
    "cn_exdet_hourglass": ("exdet", "hourglass", 80),
    "cn_exdet_agn_hourglass": ("agnex", "hourglass", 80),
}
GOLDENS = {
    "cn_ctdet_dla_34": "cn_ctdet_dla_34",
    "cn_ctdet_dla_34_256": "cn_ctdet_dla_34",
    "cn_ctdet_dlav0_34": "cn_ctdet_dlav0_34",
    "cn_ctdet_res_18": "cn_ctdet_res_18",
    "cn_ctdet_res_101": "cn_ctdet_res_101",
    "cn_ctdet_resdcn_18": "cn_ctdet_resdcn_18",
    "cn_ctdet_resdcn_101": "cn_ctdet_resdcn_101",
    "cn_multi_pose_dla_34": "cn_multi_pose_dla_34",
    "cn_multi_pose_res_18_y": "cn_multi_pose_res_18",
    "cn_ddd_dla_34": "cn_ddd_dla_34",
    "cn_ddd_resdcn_18_x": "cn_ddd_resdcn_18",
}
HOURGLASS_GOLDENS = {
    "cn_ctdet_hourglass": "cn_ctdet_hourglass",
    "cn_ctdet_hourglass_256": "cn_ctdet_hourglass",
    "cn_exdet_hourglass": "cn_exdet_hourglass",
    "cn_exdet_agn_hourglass_x": "cn_exdet_agn_hourglass",
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_have_the_published_names_shapes_and_order(name):
    assert_published_parameters(without_weights(built(*PUBLISHED[name])), name)


@pytest.mark.parametrize("name", GOLDENS)
def test_outputs_and_detections_agree_with_the_published_network(name):
    golden = Golden(name)
    task, *rest = PUBLISHED[GOLDENS[name]]
    network = filled(built(task, *rest))
    with features_checked(golden, network):
        maps = network(golden_input(golden))
    assert list(maps) == list(golden.about["heads"])
    check_maps(golden, maps)
    check_detections(golden, task, maps)


@pytest.fixture(scope="module")
def hourglass_trunk():
    """Everything but the heads, made once: it is the same in every task, and has 190 million weights."""
    state = filled(built("ctdet", "hourglass", 1)).state_dict()
    return {key: value for key, value in state.items() if not key.startswith(("hm", "wh", "reg"))}


@pytest.mark.parametrize("name", HOURGLASS_GOLDENS)
def test_both_stacks_of_the_hourglass_agree_with_the_published_network(name, hourglass_trunk):
    golden = Golden(name)
    task, *rest = PUBLISHED[HOURGLASS_GOLDENS[name]]
    network = filled(built(task, *rest), hourglass_trunk)
    with features_checked(golden, network):
        first, last = network.stacks(golden_input(golden))
    check_maps(golden, first, prefix="stack0_")
    check_maps(golden, last)
    if task == "ctdet":
        check_detections(golden, task, last)
    else:
        check_extremes(golden, last)


def test_inference_reads_the_last_stack_only(hourglass_trunk):
    network = filled(built("ctdet", "hourglass", 2), hourglass_trunk)
    image = torch.randn(1, 3, 128, 128)
    first, last = network.stacks(image)
    torch.testing.assert_close(network(image), last)
    assert not torch.equal(first["hm"], last["hm"])


@pytest.mark.parametrize("arch", ["dla_34", "dlav0_34", "res_18", "resdcn_18"])
def test_a_new_network_sees_almost_nothing_anywhere(arch):
    """Heat maps start at a probability of 0.1, and the other heads without bias."""
    network = built("ctdet", arch, 3)()
    assert (network.hm[-1].bias == -2.19).all()
    assert not network.wh[0].bias.any()
    assert not network.wh[-1].bias.any()
    with torch.no_grad():
        maps = network.eval()(torch.randn(1, 3, 64, 64))
    assert {name: tuple(value.shape) for name, value in maps.items()} == {
        "hm": (1, 3, 16, 16),
        "wh": (1, 2, 16, 16),
        "reg": (1, 2, 16, 16),
    }


def test_training_reaches_all_of_dla_but_the_classifier_and_the_unused_projections():
    network = built("ctdet", "dla_34", 2)()
    sum(value.square().mean() for value in network(torch.randn(2, 3, 64, 64)).values()).backward()
    without = {name for name, parameter in network.named_parameters() if parameter.grad is None}
    projections = {
        f"base.level{n}.project.{part}" for n in (3, 4) for part in ("0.weight", "1.weight", "1.bias")
    }
    assert without == projections | {"base.fc.weight", "base.fc.bias"}
    # The published network computes them all the same, and saves their running statistics.
    assert network.base.level3.project[1].num_batches_tracked == 1


def test_what_does_not_exist_is_named_with_what_does():
    with pytest.raises(ModelError, match=r"'boxes'.*ctdet"):
        centernet.spec("boxes", classes=1)
    with pytest.raises(ModelError, match=r"'vgg_16'.*dla_34"):
        centernet.build(centernet.spec("ctdet", "vgg_16", classes=1))
