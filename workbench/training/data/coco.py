"""COCO's instances (Lin et al. 2014, arXiv:1405.0312) as sequences of one picture, whose pair is itself.

::

    annotations/instances_train2017.json
    train2017/000000000009.jpg            or images/train2017/000000000009.jpg

Crowds have no box of one target and are left out, and so are targets too small to learn from (the published
training kept every box with an area).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.core.boxes import as_boxes
from workbench.core.errors import FormatError, UserError
from workbench.training.data.sequences import Image, SequenceInfo, read_image, sequence_info


class Coco:
    """One sequence an instance, in the order of the file.

    Args:
        root: the folder that holds ``annotations``.
        split: of which pictures.
        least_side: targets with a shorter side are left out, pixels.

    Raises:
        UserError: the split is not there, or nothing in it is usable.
        FormatError: the file is not COCO's.
    """

    name = "COCO"
    stills = True

    def __init__(self, root: Path, *, split: str = "train2017", least_side: float = 4.0) -> None:
        path = root / "annotations" / f"instances_{split}.json"
        if not path.exists():
            raise UserError(f"{root} has no {split}; annotations/{path.name} is expected in it.")
        nested = root / "images" / split
        self._folder = nested if nested.is_dir() else root / split
        instances = [(box, name) for box, name in _instances(path) if min(box[2:]) >= least_side]
        if not instances:
            raise UserError(f"{path} has no instance with sides of {least_side:g} pixels and more.")
        self._boxes = as_boxes([box for box, _ in instances])
        self._files = [name for _, name in instances]

    def __len__(self) -> int:
        return len(self._files)

    def info(self, sequence: int) -> SequenceInfo:
        """See ``SequenceSet``."""
        return sequence_info(self._boxes[sequence : sequence + 1])

    def frame(self, sequence: int, frame: int) -> Image:
        """See ``SequenceSet``; there is only frame 0."""
        return read_image(self._folder / self._files[sequence])


def _instances(path: Path) -> Iterator[tuple[tuple[float, ...], str]]:
    """Box and file name of every instance that is no crowd."""
    content = _content(path)
    files = {
        image["id"]: str(image["file_name"]) for image in _rows(content, "images", {"id", "file_name"}, path)
    }
    for row in _rows(content, "annotations", {"bbox", "image_id"}, path):
        if row.get("iscrowd", 0):
            continue
        try:
            x, y, w, h = map(float, row["bbox"])
            yield (x, y, w, h), files[row["image_id"]]
        except KeyError as error:
            raise FormatError(
                f"annotation {row.get('id')} is of image {error}, which is not listed", path
            ) from error
        except (TypeError, ValueError) as error:
            raise FormatError(f"annotation {row.get('id')} has no bbox of four numbers", path) from error


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise FormatError(f"is not JSON that can be read ({error})", path) from error
    if not isinstance(content, dict):
        raise FormatError("is not COCO's: its content is not an object", path)
    return content


def _rows(content: dict[str, Any], name: str, keys: set[str], path: Path) -> list[dict[str, Any]]:
    rows = content.get(name)
    if not isinstance(rows, list):
        raise FormatError(f"is not COCO's: it has no list {name!r}", path)
    for number, row in enumerate(rows):
        if not isinstance(row, dict) or not keys <= row.keys():
            raise FormatError(f"{name}[{number}] needs {' and '.join(sorted(keys))}", path)
    return rows
