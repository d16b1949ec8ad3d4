"""LaSOT as published (Fan et al. 2019, arXiv:1809.07845): long sequences in folders by class.

::

    person/person-1/groundtruth.txt      x,y,w,h a frame
    person/person-1/full_occlusion.txt   0/1 a frame, comma-separated
    person/person-1/out_of_view.txt      the same
    person/person-1/img/00000001.jpg     numbered from 1
    training_set.txt                     names of the sequences to train on, one a line
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from workbench.core.errors import UserError
from workbench.training.data.sequences import Image, SequenceInfo, read_image, sequence_info
from workbench.training.data.text import listed_folders, read_boxes, read_numbers

TRAINING_SET = "training_set.txt"


class Lasot:
    """Sequences of LaSOT, in the order of their list or else of their names.

    Args:
        root: the folder that holds the classes' folders.
        split: list of sequence names; None = ``training_set.txt`` in the root where that exists, else all.

    Raises:
        UserError: there are none.
        FormatError: the list names one that is not there.
    """

    name = "LaSOT"
    stills = False

    def __init__(self, root: Path, *, split: Path | None = None) -> None:
        if split is None and (root / TRAINING_SET).exists():
            split = root / TRAINING_SET
        if split is None:
            self._folders = sorted(path.parent for path in root.glob("*/*/groundtruth.txt"))
        else:
            self._folders = listed_folders(split, lambda name: root / name.rpartition("-")[0] / name)
        if not self._folders:
            raise UserError(
                f"{root} holds no LaSOT sequence; CLASS/CLASS-1/groundtruth.txt is expected in it."
            )

    def __len__(self) -> int:
        return len(self._folders)

    def info(self, sequence: int) -> SequenceInfo:
        """See ``SequenceSet``."""
        folder = self._folders[sequence]
        boxes = read_boxes(folder / "groundtruth.txt")
        hidden = [
            read_numbers(folder / f"{n}.txt", count=len(boxes)) for n in ("full_occlusion", "out_of_view")
        ]
        return sequence_info(boxes, (~np.any(hidden, axis=0)).astype(np.float64))

    def frame(self, sequence: int, frame: int) -> Image:
        """See ``SequenceSet``."""
        return read_image(self._folders[sequence] / "img" / f"{frame + 1:08d}.jpg")
