import numpy as np
import pytest
import torch

from tests.reference_golden import Golden
from tests.reference_network import (
    assert_published_parameters,
    check_maps,
    filled,
    golden_input,
    without_weights,
)
from workbench.core.errors import ModelError
from workbench.models import centertrack
from workbench.models.geometry import draw_umich_gaussian

ALL = tuple(centertrack.HEADS)
PUBLISHED = {
    "ct_coco_dla_34": centertrack.spec("tracking", classes=80),
    "ct_mot_dla_34": centertrack.spec("tracking", "ltrb_amodal", classes=1),
    "ct_full_dla_34": centertrack.spec(*ALL, classes=10),
    "ct_full_dlaconv_34": centertrack.spec(*ALL, classes=10, head_conv=(256, 256), node="conv"),
}


def built(name):
    return lambda: centertrack.build(PUBLISHED[name])


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_have_the_published_names_shapes_and_order(name):
    assert_published_parameters(without_weights(built(name)), name)


@pytest.mark.parametrize("name", PUBLISHED)
def test_outputs_agree_with_the_published_network_with_and_without_a_past(name):
    golden = Golden(name)
    network = filled(built(name))
    image, before = golden_input(golden), golden_input(golden, "/pre")
    heatmap = np.zeros(image.shape[2:], np.float32)
    for x, y, radius in golden["pre_hm_draws_x_y_r"]:
        draw_umich_gaussian(heatmap, (x, y), int(radius))
    maps = network(image, before, torch.from_numpy(heatmap)[None, None])
    assert list(maps) == list(golden.about["heads"])
    check_maps(golden, maps)
    for prefix, past in {"noprehm/": (before,), "imgonly/": ()}.items():
        without = network(image, *past)
        check_maps(
            golden,
            {key: without[key] for key in ("hm", "tracking") if stored(golden, prefix + key)},
            prefix=prefix,
        )


def stored(golden, key):
    return key in golden or f"{key}__sub" in golden


def test_a_new_network_starts_at_its_own_prior():
    network = centertrack.build(PUBLISHED["ct_mot_dla_34"])
    assert (network.hm[-1].bias == -4.6).all()
    assert not network.tracking[-1].bias.any()


def test_what_does_not_exist_is_named_with_what_does():
    with pytest.raises(ModelError, match=r"'poses'.*multi_pose"):
        centertrack.spec("poses", classes=1)
    with pytest.raises(ModelError, match=r"'gcn'.*dcn, conv"):
        centertrack.build(centertrack.spec(classes=1, node="gcn"))
