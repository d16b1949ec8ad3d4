"""Writing detections as JSON with everything a detector says, class names included.

::

    {"source": "clip.mp4", "model": "ctdet_coco_dla_2x", "classes": ["person", ...], "frames": [
    {"frame": 0, "detections": [{"class": "person", "score": 0.9, "box": [x, y, w, h], ...}]},
    ...
    ]}

Frames count from 0; a box is x, y, w, h in pixels from the top-left corner. Where the network gives them:
"joints" (x, y, score), "extremes" (x, y of the topmost, leftmost, lowest and rightmost point), "box3d"
(metres and radians, see core.boxes3d) and "offset" to the place in the frame before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from workbench.core.boxes3d import Boxes3D
from workbench.core.detections import Detections
from workbench.core.errors import UserError

DIGITS = 3


def write_detections(
    path: Path,
    found: Iterable[tuple[int, Detections]],
    *,
    classes: Sequence[str],
    source: str,
    model: str,
) -> None:
    """Write a file of detections.

    Args:
        found: (frame, its detections).
        classes: names that the detections' classes count.
        source, model: named in the file.

    Raises:
        UserError: the file cannot be written.
    """
    head = json.dumps({"source": source, "model": model, "classes": list(classes)}, ensure_ascii=False)
    frames = [
        json.dumps(
            {"frame": frame, "detections": list(_records(detections, classes))},
            ensure_ascii=False,
            allow_nan=False,
        )
        for frame, detections in found
    ]
    try:
        path.write_text(head[:-1] + ', "frames": [\n' + ",\n".join(frames) + "\n]}\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror}): name another file.") from error


def _records(detections: Detections, classes: Sequence[str]) -> Iterator[dict[str, Any]]:
    more = {"joints": detections.poses, "extremes": detections.extremes, "offset": detections.offsets}
    given = {name: column.round(DIGITS).tolist() for name, column in more.items() if column is not None}
    spaces = None if detections.boxes3d is None else list(_in_space(detections.boxes3d))
    boxes, scores = detections.boxes.round(DIGITS).tolist(), detections.scores.round(6).tolist()
    for i, number in enumerate(detections.classes.tolist()):
        record = {"class": classes[number], "score": scores[i], "box": boxes[i]}
        record |= {name: column[i] for name, column in given.items()}
        yield record if spaces is None else record | {"box3d": spaces[i]}


def _in_space(boxes: Boxes3D) -> Iterator[dict[str, Any]]:
    for i in range(len(boxes)):
        yield {
            "dimensions": boxes.dimensions[i].round(DIGITS).tolist(),
            "location": boxes.location[i].round(DIGITS).tolist(),
            "rotation_y": round(float(boxes.rotation_y[i]), 4),
        }
