"""What a plugin may use, and all it may use.

A plugin is a folder with ``plugin.toml`` and a Python module, in ``plugins/`` beside the program or in the
user's settings, or a package installed in the environment that has an entry point in the group
``workbench.plugins`` (its value names the package, which holds ``plugin.toml``). The module imports this one
and nothing else of ours, so everything here is a promise. Its code is run at the first use of something it
brings.

::

    name = "bright-spots"            # lower case with dashes; unique
    title = "Bright spots"
    description = "What it is good at, one sentence."
    version = "1.0"
    api = "1"                        # API_VERSION
    module = "bright_spots"          # bright_spots.py in this folder, or a package

    [[detector]]                     # one table for each thing it brings
    name = "bright-spots"            # what the user types; unique in its point
    title = "Bright spots"           # optional, as is description
    call = "BrightSpots"             # of the module, see below
    options = "BrightSpotsOptions"   # optional: a frozen dataclass of the module

=======================  ================================================================================
point                    what ``call`` names
=======================  ================================================================================
detector                 makes a `Detector` (perhaps `LearnsFirst`): ``call(options)``
single-object-tracker    makes a `SingleTargetTracker`: ``call(options)``
multi-object-tracker     makes a `Tracker`: ``call(options)``
importer                 ``call(path, video: VideoFacts, findings: Findings) -> Annotations``; its table
                         names the files it reads: ``suffixes = [".csv"]``
exporter                 ``call(folder: Folder, clips: Sequence[Clip], findings: Findings)``, a generator
                         of `Progress`; ``pictures = true`` if it can write the frames
review-rule              ``call(boxes: TrackBoxes, options) -> Iterable[Issue]``
=======================  ================================================================================

Without ``options`` the argument is left out. The fields of the options become a form and
``--set name=value``: kind, default, meaning and bounds, see `option`; a field called ``seed`` is set by the
program. What a plugin raises becomes a `PluginError` that names the plugin and the line; a `UserError`,
`ModelError` or `FormatError` is shown as it is.
"""

from __future__ import annotations

from typing import IO, Protocol

import numpy as np
from numpy.typing import NDArray

from workbench.core.annotations import AnnotatedTrack, Annotations, VideoFacts, new_boxes, set_xywh, xywh
from workbench.core.boxes import Box
from workbench.core.clip import Clip
from workbench.core.detections import Detections
from workbench.core.detector import Detector, LearnsFirst
from workbench.core.errors import FormatError, ModelError, PluginError, UserError
from workbench.core.fixes import Fix, Operation
from workbench.core.heatmaps import Heatmap
from workbench.core.issues import Issue
from workbench.core.parameters import option
from workbench.core.progress import Progress
from workbench.core.report import Findings
from workbench.core.target import ShowsScores, SingleTargetTracker, TargetState
from workbench.core.track_boxes import TrackBoxes
from workbench.core.tracker import TrackedBoxes, Tracker

__all__ = [
    "API_VERSION",
    "AnnotatedTrack",
    "Annotations",
    "Box",
    "Clip",
    "Detections",
    "Detector",
    "Findings",
    "Fix",
    "Folder",
    "FormatError",
    "Heatmap",
    "Image",
    "Issue",
    "LearnsFirst",
    "ModelError",
    "Operation",
    "PluginError",
    "Progress",
    "ShowsScores",
    "SingleTargetTracker",
    "TargetState",
    "TrackBoxes",
    "TrackedBoxes",
    "Tracker",
    "UserError",
    "VideoFacts",
    "new_boxes",
    "option",
    "set_xywh",
    "xywh",
]

API_VERSION = "1"

Image = NDArray[np.uint8]
"""(H, W, 3) RGB."""


class Folder(Protocol):
    """Where an exporter writes, under relative "/" paths; all of it stands at the end, or none."""

    def open(self, path: str) -> IO[str]:
        """A text file to write, UTF-8 with "\\n" as line end."""
        ...

    def write_text(self, path: str, text: str) -> None:
        """Write a small text file whole."""

    def write_bytes(self, path: str, data: bytes) -> None:
        """Write a binary file whole."""
