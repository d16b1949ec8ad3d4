"""A run's tracks as a file of MOTChallenge results, without a project."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from workbench.core.annotations import new_boxes, set_xywh
from workbench.core.errors import UserError
from workbench.formats.mot_challenge import MotOptions, result_lines
from workbench.tracking.offline import Tracks


def write_tracks(path: Path, tracks: Tracks) -> None:
    """Write ``frame,id,left,top,width,height,conf,-1,-1,-1``, by frame and then id; frames from 1.

    Boxes are written as they are, also where they leave the picture.

    Raises:
        UserError: the file cannot be written.
    """
    ids, index = np.unique(tracks.ids, return_inverse=True)
    rows = new_boxes(len(tracks))
    rows["frame"], rows["track"], rows["score"] = tracks.frames, index, np.clip(tracks.scores, 0, 1)
    set_xywh(rows, tracks.boxes)
    lines = result_lines(rows, ids.tolist(), MotOptions())
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UserError(f"{path} cannot be written ({error.strerror}): name another file.") from error
