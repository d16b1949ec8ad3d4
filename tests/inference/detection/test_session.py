"""Where sessions put what a network says, whatever way the image took into it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.inference.detection.bright_spots import BrightSpots, header
from workbench.core.errors import ModelError, UserError
from workbench.inference.detection.centernet import CenterNetSession
from workbench.inference.detection.fairmot import FairMOTSession
from workbench.inference.detection.opening import open_session
from workbench.inference.detection.options import DetectionOptions, NmsOptions
from workbench.models.checkpoints import LoadReport
from workbench.models.loading import LoadedModel

RED, BLUE = (255, 0, 0), (0, 0, 255)


def image_with(*spots, size=(480, 256)):
    """Squares of 40 pixels about their centres x, y on black."""
    image = np.zeros((size[1], size[0], 3), np.uint8)
    for x, y, colour in spots:
        image[y - 20 : y + 20, x - 20 : x + 20] = colour
    return image


def detector(kind=CenterNetSession, *, of=header(), **options):  # noqa: B008 - frozen
    one_each = {"threshold": 0.05, "nms": NmsOptions("hard", 0.2)}
    return kind(BrightSpots(embedding=kind is FairMOTSession), of, DetectionOptions(**(one_each | options)))


def centers(found):
    return found.boxes[:, :2] + found.boxes[:, 2:] / 2


IMAGE = image_with((120, 72, RED), (320, 168, BLUE))


@pytest.mark.parametrize(
    ("options", "pixels"),
    [
        ({}, 480 / 128),
        ({"input_size": (256, 128)}, 480 / 256),
        ({"resolution": "keep"}, 1),
        ({"resolution": "short", "short": 128}, 480 / 256),
        ({"flip": True}, 480 / 128),
        ({"flip": True, "input_size": (480, 256)}, 1),
        ({"scales": (0.5, 1.0)}, None),
    ],
)
def test_boxes_lie_where_the_objects_are(options, pixels):
    found = detector(**options)(IMAGE).detections
    assert sorted(found.classes) == [0, 1]
    assert np.allclose(centers(found)[np.argsort(found.classes)], [[120, 72], [320, 168]], atol=8)
    if pixels:  # of the image for one of the input
        assert np.allclose(found.boxes[:, 2:], [32 * pixels, 16 * pixels], rtol=1e-3)


def test_letterboxed_image():
    found = detector(FairMOTSession)(IMAGE).detections
    assert np.allclose(centers(found)[np.argsort(found.classes)], [[120, 72], [320, 168]], atol=8)
    assert np.allclose(np.linalg.norm(found.embeddings, axis=1), 1)


def test_blue_first_networks_see_blue_first():
    found = detector(of=header(colour="BGR"))(image_with((120, 72, RED))).detections
    assert found.classes.tolist() == [1]


def test_heat_maps_lead_to_the_source():
    session = detector(heatmaps=True, input_size=(480, 256))
    heat = session(IMAGE).heatmaps[0]
    assert (heat.head, heat.names, heat.values.shape) == ("hm", ("red", "blue"), (2, 64, 120))
    row, column = np.argwhere(heat.values[1] == heat.values[1].max()).mean(axis=0) + 0.5
    assert np.allclose(heat.to_source @ [column, row, 1], [320, 168], atol=0.01)
    assert detector()(IMAGE).heatmaps == ()


def test_images_of_one_size_are_looked_at_together():
    session = detector()
    images = [IMAGE, image_with((64, 200, RED)), image_with((64, 64, BLUE), size=(128, 128))]
    single = [session(image).detections for image in images]
    prepared = [session.prepare(image) for image in images]
    session.network.batches.clear()
    together = session.run(prepared[:2]) + session.run(prepared)
    assert session.network.batches == [2, 1, 1, 1]
    for one, many in zip(single[:2] + single, together, strict=True):
        assert np.allclose(one.boxes, many.detections.boxes)
    assert session.run([]) == []


def test_several_scales_are_thinned_out():
    both = detector(scales=(1.0, 1.0), nms=None, threshold=0.01)(image_with((240, 128, RED))).detections
    alone = detector(nms=None, threshold=0.01)(image_with((240, 128, RED))).detections
    assert len(both) > len(alone) > 0
    assert np.allclose(both.scores[0], alone.scores[0])
    assert (both.scores[1:] < alone.scores[0] * 0.5).all()  # the same box again


def test_nothing_to_be_seen():
    assert len(detector()(np.zeros((64, 96, 3), np.uint8)).detections) == 0
    assert len(detector(threshold=1.0)(IMAGE).detections) == 0


def test_inputs_that_do_not_fit_the_network():
    with pytest.raises(UserError, match="100 x 96 pixels: choose multiples of 32"):
        detector(input_size=(100, 96))(IMAGE)


def test_a_network_that_detects_nothing_is_refused():
    model = LoadedModel("weights", header(), torch.nn.Identity(), LoadReport())
    with pytest.raises(ModelError, match="does not detect"):
        open_session(model)
    session = open_session(replace(model, network=BrightSpots()), DetectionOptions(0.05, limit=1))
    assert len(session(IMAGE).detections) == 1


@pytest.mark.parametrize("kind", [CenterNetSession, FairMOTSession])
@pytest.mark.parametrize("size", [(1, 1), (1000, 2), (2, 1000)])
def test_the_smallest_images_are_looked_at(kind, size):
    image = np.full((size[1], size[0], 3), 90, np.uint8)
    for options in ({}, {"scales": (0.1, 1.0)}, {"resolution": "keep"}):
        assert len(detector(kind, **options)(image).detections) == 0


def test_boxes_that_are_not_finite_are_left_out():
    class Overflowing(BrightSpots):
        def forward(self, images):
            maps = super().forward(images)
            return maps | {"wh": torch.where(maps["hm"][:, :1] > maps["hm"][:, 1:], torch.inf, maps["wh"])}

    found = CenterNetSession(Overflowing(), header(), DetectionOptions(threshold=0.05))(IMAGE).detections
    assert set(found.classes) == {1}
    assert np.isfinite(found.boxes).all()
