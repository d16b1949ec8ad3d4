"""The session for a network that was loaded."""

from __future__ import annotations

import torch

from workbench.core.errors import ModelError
from workbench.inference.detection.centernet import CenterNetSession, ExdetSession
from workbench.inference.detection.centertrack import CenterTrackSession
from workbench.inference.detection.fairmot import FairMOTSession
from workbench.inference.detection.options import DetectionOptions
from workbench.inference.detection.session import Session
from workbench.models.geometry import Array
from workbench.models.heads import HeatmapNetwork
from workbench.models.loading import LoadedModel

SESSIONS: dict[str, type[Session]] = {"fairmot": FairMOTSession, "centertrack": CenterTrackSession}
TASKS: dict[str, type[Session]] = {"exdet": ExdetSession}


def open_session(
    model: LoadedModel,
    options: DetectionOptions | None = None,
    *,
    device: torch.device | str = "cpu",
    camera: Array | None = None,
) -> Session:
    """A session that looks at images with a loaded network, which it takes over.

    Args:
        model: of CenterNet, FairMOT or CenterTrack.
        options: how it looks.
        device: where it runs.
        camera: (3, 4) projection for 3D boxes; None = a common one in the middle of each image.

    Raises:
        ModelError: the network finds no objects, such as one of ATOM.
    """
    spec, network = model.header.spec, model.network
    if not isinstance(network, HeatmapNetwork):
        raise ModelError(
            f"{model.path} holds {spec}, which does not detect objects: choose weights of CenterNet, FairMOT "
            "or CenterTrack."
        )
    kind = SESSIONS.get(spec.kind) or TASKS.get(spec.task, CenterNetSession)
    return kind(network, model.header, options, device=device, camera=camera)
