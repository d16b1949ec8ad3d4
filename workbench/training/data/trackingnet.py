"""TrackingNet as published (Müller et al. 2018, arXiv:1803.10794): a dozen parts of short sequences.

::

    TRAIN_0/anno/0-6LB4FqxoE_0.txt       x,y,w,h a frame
    TRAIN_0/frames/0-6LB4FqxoE_0/0.jpg   numbered from 0, without leading zeros

Nothing says what can be seen of a target.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from workbench.core.errors import UserError
from workbench.training.data.sequences import Image, SequenceInfo, read_image, sequence_info
from workbench.training.data.text import read_boxes


class TrackingNet:
    """Sequences of TrackingNet, by part and name.

    Args:
        root: the folder that holds ``TRAIN_0`` and so on.
        parts: numbers of the parts to read; None = all that are there.

    Raises:
        UserError: there are none, or a part is missing.
    """

    name = "TrackingNet"
    stills = False

    def __init__(self, root: Path, *, parts: Sequence[int] | None = None) -> None:
        self._annotations: list[Path] = []
        for part in _there(root) if parts is None else parts:
            found = sorted((root / f"TRAIN_{part}" / "anno").glob("*.txt"))
            if not found:
                raise UserError(
                    f"{root / f'TRAIN_{part}'} holds no sequence; TRAIN_{part}/anno/NAME.txt is expected."
                )
            self._annotations += found
        if not self._annotations:
            raise UserError(f"{root} holds no TrackingNet sequence; TRAIN_0/anno/NAME.txt is expected in it.")

    def __len__(self) -> int:
        return len(self._annotations)

    def info(self, sequence: int) -> SequenceInfo:
        """See ``SequenceSet``."""
        return sequence_info(read_boxes(self._annotations[sequence]))

    def frame(self, sequence: int, frame: int) -> Image:
        """See ``SequenceSet``."""
        path = self._annotations[sequence]
        return read_image(path.parents[1] / "frames" / path.stem / f"{frame}.jpg")


def _there(root: Path) -> list[int]:
    numbers = (path.name.removeprefix("TRAIN_") for path in root.glob("TRAIN_*"))
    return sorted(int(number) for number in numbers if number.isdecimal())
