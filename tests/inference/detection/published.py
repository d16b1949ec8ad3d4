"""Sessions with the weights of the recipe, and the comparison of rows that may come in another order."""

from dataclasses import replace

import numpy as np

from tests.reference_network import filled
from workbench.core.boxes import xywh_to_xyxy
from workbench.core.detections import Detections
from workbench.inference.detection.opening import open_session
from workbench.inference.detection.results import detections_of
from workbench.inference.detection.session import to_host
from workbench.models import centernet
from workbench.models.checkpoints import LoadReport
from workbench.models.loading import LoadedModel
from workbench.models.published import published_header
from workbench.models.recognition import Spec

# The published camera for 3D boxes.
KITTI = np.array(
    [[707.0493, 0, 604.0814, 45.75831], [0, 707.0493, 180.5066, -0.3454157], [0, 0, 1, 0.004981016]]
)
ROUNDED = {"mean": (0.408, 0.447, 0.470), "std": (0.289, 0.274, 0.278)}  # as CenterNet's detectors have them


def session(kind, task, spec, options, *, header=None, **more):
    """A session of a kind and task, on a network with the weights of the recipe."""
    classes = spec.heads.get("hm", spec.heads.get("hm_c"))
    known = published_header(Spec(kind, task, spec.arch, spec.heads, classes=classes))
    network = filled(lambda: build(kind, spec))
    model = LoadedModel("weights", replace(known, **(header or {})), network, LoadReport())
    return open_session(model, options, **more)


def build(kind, spec):
    from workbench.models import centertrack

    return (centertrack if kind == "centertrack" else centernet).build(spec)


def detections(found, to_source, camera):
    """What a decoder found in each image of a batch, in pixels."""
    columns = to_host(found)
    number = len(columns["score"])
    return [detections_of({k: v[i] for k, v in columns.items()}, to_source, camera) for i in range(number)]


def centertrack_columns(found: Detections):
    """Columns by the names that CenterTrack's post-processing gives them."""
    columns = {
        "score": found.scores,
        "class": found.classes + 1,
        "ct": found.centers,
        "tracking": found.offsets,
        "bbox": corners_of(found),
    }
    if found.poses is not None:
        columns["hps"] = found.poses[..., :2].reshape(-1, 34)
    if found.boxes3d is not None:
        space = found.boxes3d
        columns |= {
            "dep": space.location[:, 2:],
            "dim": space.dimensions,
            "alpha": space.alpha,
            "loc": space.location,
            "rot_y": space.rotation_y,
            "nuscenes_att": space.attributes,
            "velocity": space.velocity,
        }
    return columns


def corners_of(detections):
    return xywh_to_xyxy(detections.boxes)


def assert_same_rows(ours, published, *, rtol=1e-3, atol=0.02):
    """Each row of one is one of the other's."""
    assert ours.shape == published.shape
    close = (np.abs(ours[:, None] - published[None]) <= atol + rtol * np.abs(published[None])).all(2)
    assert close.any(1).all(), f"not published: {ours[~close.any(1)][:3]}"
    assert close.any(0).all(), f"not found: {published[~close.any(0)][:3]}"
