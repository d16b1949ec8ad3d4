"""Writing detections as COCO results, the JSON list that COCO's evaluation reads (arXiv:1405.0312).

One record an object: image_id, category_id, bbox (x, y, w, h from the top-left corner, 0-based) and score;
keypoints as x, y, score of each joint where there are joints.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from workbench.core.detections import Detections
from workbench.core.errors import UserError

COCO_GAPS = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
COCO_IDS = tuple(i for i in range(1, 91) if i not in COCO_GAPS)  # of its 80 classes
DIGITS = 3


def write_coco_results(
    path: Path, found: Iterable[tuple[int, Detections]], *, classes: Sequence[str]
) -> None:
    """Write a file of results.

    Args:
        found: (image_id, its detections).
        classes: names that the detections' classes count; COCO's 80 get its ids, all others count from 1.

    Raises:
        UserError: the file cannot be written.
    """
    ids = COCO_IDS if len(classes) == len(COCO_IDS) else tuple(range(1, len(classes) + 1))
    records = [record for image_id, detections in found for record in _records(image_id, detections, ids)]
    text = ",\n".join(json.dumps(record, allow_nan=False) for record in records)
    try:
        path.write_text(f"[{text}]\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror}): name another file.") from error


def _records(image_id: int, detections: Detections, ids: Sequence[int]) -> Iterator[dict[str, Any]]:
    boxes = detections.boxes.round(DIGITS).tolist()
    scores, classes = detections.scores.round(6).tolist(), detections.classes.tolist()
    for i, (box, score, number) in enumerate(zip(boxes, scores, classes, strict=True)):
        record = {"image_id": image_id, "category_id": ids[number], "bbox": box, "score": score}
        if detections.poses is not None:
            record["keypoints"] = detections.poses[i].round(DIGITS).ravel().tolist()
        yield record
