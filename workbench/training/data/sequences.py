"""What every data set of single-target sequences looks like to the training."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Array
from workbench.core.errors import FormatError

Image = NDArray[np.uint8]
Flags = NDArray[np.bool_]


class SequenceInfo(NamedTuple):
    """What is annotated of a sequence of N frames.

    Args:
        boxes: (N, 4) x, y, w, h in pixels.
        valid: (N,) whether the box is one.
        visible: (N,) share of the target that can be seen, [0, 1]; 0 where the box is not valid, 1 where
            nobody measured it.
    """

    boxes: Array
    valid: Flags
    visible: Array


class SequenceSet(Protocol):
    """A data set; may be read from several threads at once."""

    @property
    def name(self) -> str:
        """What the set is called."""

    @property
    def stills(self) -> bool:
        """Whether its sequences are single pictures."""

    def __len__(self) -> int:
        """How many sequences there are."""

    def info(self, sequence: int) -> SequenceInfo:
        """The annotations of a sequence.

        Raises:
            FormatError: they cannot be read.
        """

    def frame(self, sequence: int, frame: int) -> Image:
        """A picture (H, W, 3) RGB.

        Raises:
            FormatError: it cannot be read.
        """


def sequence_info(boxes: Array, visible: Array | None = None) -> SequenceInfo:
    """Annotations whose valid boxes are those with an area; without ``visible`` these are seen wholly."""
    valid = np.isfinite(boxes).all(1) & (boxes[:, 2] > 0) & (boxes[:, 3] > 0)
    return SequenceInfo(boxes, valid, np.where(valid, 1.0 if visible is None else visible, 0.0))


def read_image(path: Path) -> Image:
    """A picture (H, W, 3) RGB, as it is stored, whatever its orientation tag says.

    Raises:
        FormatError: it is missing or not a picture.
    """
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise FormatError(f"cannot be read ({error.strerror}); the data set is incomplete", path) from error
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    image = cv2.imdecode(data, flags) if len(data) else None
    if image is None:
        raise FormatError("is not a picture that can be decoded; fetch it again", path)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
