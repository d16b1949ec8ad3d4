"""GOT-10k as published (Huang, Zhao and Huang 2018, arXiv:1810.11981), one of its subsets.

::

    list.txt                            names of the sequences, one a line
    GOT-10k_Train_000001/groundtruth.txt  x,y,w,h a frame
    GOT-10k_Train_000001/absence.label    0/1 a line
    GOT-10k_Train_000001/cover.label      visible eighths, 0 to 8, a line
    GOT-10k_Train_000001/00000001.jpg     numbered from 1
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from workbench.core.errors import FormatError, UserError
from workbench.training.data.sequences import Image, SequenceInfo, read_image, sequence_info
from workbench.training.data.text import listed_folders, read_boxes, read_numbers

FULL_COVER = 8


class Got10k:
    """Sequences of GOT-10k, in the order of their list or else of their names.

    Args:
        root: the folder of the subset, for example ``train``.
        split: list of sequence names; None = ``list.txt`` in the root where that exists, else all.

    Raises:
        UserError: there are none.
        FormatError: the list names one that is not there.
    """

    name = "GOT-10k"
    stills = False

    def __init__(self, root: Path, *, split: Path | None = None) -> None:
        if split is None and (root / "list.txt").exists():
            split = root / "list.txt"
        if split is None:
            self._folders = sorted(path.parent for path in root.glob("*/groundtruth.txt"))
        else:
            self._folders = listed_folders(split, lambda name: root / name)
        if not self._folders:
            raise UserError(
                f"{root} holds no GOT-10k sequence; give the folder with list.txt, such as train."
            )

    def __len__(self) -> int:
        return len(self._folders)

    def info(self, sequence: int) -> SequenceInfo:
        """See ``SequenceSet``."""
        folder = self._folders[sequence]
        boxes = read_boxes(folder / "groundtruth.txt")
        absent = read_numbers(folder / "absence.label", count=len(boxes)) != 0
        cover = read_numbers(folder / "cover.label", count=len(boxes))
        if ((cover < 0) | (cover > FULL_COVER)).any():
            raise FormatError(f"has a value outside of 0 to {FULL_COVER} eighths", folder / "cover.label")
        return sequence_info(boxes, np.where(absent, 0.0, cover / FULL_COVER))

    def frame(self, sequence: int, frame: int) -> Image:
        """See ``SequenceSet``."""
        return read_image(self._folders[sequence] / f"{frame + 1:08d}.jpg")
