"""A network that looks back finds the same when it goes on in the middle of a video."""

from itertools import islice

import numpy as np

from tests.reference_network import filled
from tests.services.made_run import picture
from workbench.models import centertrack
from workbench.models.loading import build
from workbench.models.recognition import Spec
from workbench.models.weights_file import write_weights
from workbench.models.weights_header import Header
from workbench.services.plugins import find_plugins
from workbench.services.run_detectors import RunDetectors


def frames(start, stop):
    return ((frame, picture(4 * frame)) for frame in range(start, stop))


def test_centertrack_goes_on_from_the_frame_before_and_what_it_found_there(tmp_path):
    spec = Spec("centertrack", "tracking", "dla_34", centertrack.spec("tracking", classes=1).heads, (256,), 1)
    weights = tmp_path / "center.safetensors"
    colours = {"mean": (0.4, 0.45, 0.47), "std": (0.29, 0.27, 0.28), "colour": "BGR"}
    header = Header(spec, ("person",), (96, 160), licence="CC0", **colours)
    write_weights(weights, filled(lambda: build(spec)).state_dict(), header)
    opened = [RunDetectors(plugins=find_plugins([])) for _ in range(2)]
    whole, broken = (d.open(str(weights), {"lowest_score": 0.02}) for d in opened)
    unbroken = dict(whole.look(frames(0, 5), {}))
    assert all(len(found) and found.offsets is not None for found in unbroken.values())
    before = 3 - broken.warm_up
    again = broken.look(frames(before, 5), {before: unbroken[before]})
    for frame, found in islice(again, broken.warm_up, None):
        np.testing.assert_array_equal(found.boxes, unbroken[frame].boxes)
        np.testing.assert_array_equal(found.offsets, unbroken[frame].offsets)
