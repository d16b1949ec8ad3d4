import numpy as np
import pytest
import torch

from tests.inference.detection.published import centertrack_columns, detections
from tests.models.test_decoding_centertrack import check_decoded
from tests.reference_golden import Golden
from tests.reference_network import (
    assert_published_parameters,
    check_maps,
    filled,
    golden_input,
    without_weights,
)
from workbench.core.boxes3d import default_camera
from workbench.core.errors import ModelError
from workbench.inference.detection.placement import fixed
from workbench.models import centertrack
from workbench.models.decoding.activation import activated
from workbench.models.decoding.centertrack import decode_centertrack
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
def test_outputs_and_detections_agree_with_the_published_network_with_and_without_a_past(name):
    golden = Golden(name)
    network = filled(built(name))
    image, before = golden_input(golden), golden_input(golden, "/pre")
    heatmap = np.zeros(image.shape[2:], np.float32)
    for x, y, radius in golden["pre_hm_draws_x_y_r"]:
        draw_umich_gaussian(heatmap, (x, y), int(radius))
    maps = network(image, before, torch.from_numpy(heatmap)[None, None])
    assert list(maps) == list(golden.about["heads"])
    check_maps(golden, maps)
    # One more than is published: of the one with plain convolutions, the 40th and 41st have the same score.
    found = in_published_order(golden, decode_centertrack(activated(maps), 41))
    check_decoded(golden, "dec", found, rtol=1e-3, atol=2e-3)
    check_placed(golden, found, (image.shape[3], image.shape[2]))
    for prefix, past in {"noprehm/": (before,), "imgonly/": ()}.items():
        without = network(image, *past)
        check_maps(
            golden,
            {key: without[key] for key in ("hm", "tracking") if stored(golden, prefix + key)},
            prefix=prefix,
        )


def in_published_order(golden, found):
    """Found by class and cell, since the order of equal scores means nothing."""
    theirs = np.column_stack([golden["dec/clses"][0], golden["dec/cts"][0]])
    same = (theirs[:, None] == np.column_stack([found["class"][0], found["center"][0]])).all(2)
    assert (same.sum(1) == 1).all()
    return {name: values[:, same.argmax(1)] for name, values in found.items()}


def check_placed(golden, found, size):
    """In pixels of an image twice as large as the input: those with a score above the published threshold."""
    *crop, least = golden["post_c_s_thresh"]
    placement, camera = fixed((2 * size[0], 2 * size[1]), size), golden["calib"]
    assert [*placement.center, placement.side] == crop
    assert (camera == default_camera(2 * size[0], 2 * size[1])).all()
    placed = detections(found, placement.to_source(4), camera)[0]
    placed = placed[placed.scores > least]
    for key, values in centertrack_columns(placed).items():
        if f"post/{key}" in golden:
            golden.check(f"post/{key}", values, **golden.about["tolerance"]["post"])
        else:
            assert not len(values)


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
