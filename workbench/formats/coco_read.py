"""Reading COCO boxes, with videos (CenterTrack, TAO, CVAT) or as plain images (Lin et al. 2014).

The frame of an image is its ``frame_id``, else the number at the end of its file name, else its place in
the order of names. A box's identity is ``track_id``, ``instance_id`` or ``attributes.track_id``; a box that
has none becomes a track of its own. Crowd regions are not boxes of one target and are left out. Poses: see
``coco_keypoints_read``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypeAlias

import numpy as np

from workbench.core.annotations import Annotations, VideoFacts
from workbench.core.errors import FormatError
from workbench.core.report import Findings, Report
from workbench.formats.assembly import NO_IDENTITY, FileRows, assemble
from workbench.formats.coco_keypoints_read import PoseReader
from workbench.formats.text import SAFE_INTEGER, read_text

TITLE = "COCO"
Record: TypeAlias = dict[str, Any]
_Kept: TypeAlias = tuple[int, int, int, list[float], float, bool, bool, int]  # the columns of ``FileRows``


@dataclass(frozen=True)
class CocoReadOptions:
    """How a COCO file is taken.

    Args:
        video: name of the video to read from a file of several; None = the one named like the video asked
            for, or the only one.
        frame_base: what the first frame is called; None = 0 if the file has a frame 0, else 1.
    """

    video: str | None = None
    frame_base: Literal[0, 1] | None = None


def recognises(source: Path) -> bool:
    """Whether the name says JSON."""
    return source.is_file() and source.suffix.lower() == ".json"


def read(
    source: Path, video: VideoFacts | None = None, *, options: CocoReadOptions | None = None
) -> tuple[Annotations, Report]:
    """Read the boxes of one video.

    Args:
        source: the JSON file.
        video: the video the boxes belong to; None = what the file says.

    Raises:
        FormatError: the file is not COCO, or has several videos and none of the name; nothing is kept.
    """
    options = options or CocoReadOptions()
    findings = Findings()
    data = _load(source)
    chosen = _choose_video(data, source, options.video, video.name if video else None)
    images = [
        i for i in _records(data, "images", source) if chosen is None or i.get("video_id") == chosen["id"]
    ]
    frames, told = _frames(images, source, options)
    poses = PoseReader(_records(data, "categories", source), source)
    rows, names = _rows(data, frames, source, findings, poses)
    poses.tell(findings)
    facts = video or _facts(chosen, images, frames, source)
    titles = {int(t["id"]): t["name"] for t in _tracks(data) if isinstance(t.get("name"), str)}
    annotations = assemble(
        rows, video=facts, categories=names, findings=findings, names=titles, poses=poses.found
    )
    said = (told, "Coordinates count from 0.")
    report = Report(TITLE, "read", len(annotations.boxes), len(annotations.tracks), (), said, findings.all())
    return annotations, report


def _load(path: Path) -> Record:
    text = read_text(path)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise FormatError(f"is not JSON ({error.msg})", path, error.lineno) from error
    except (ValueError, RecursionError) as error:  # a number of a million digits; brackets in brackets
        raise FormatError("is not JSON that can be read", path) from error
    if not isinstance(data, dict) or not isinstance(data.get("images"), list):
        raise FormatError("is JSON, but not COCO: it has no list of images", path)
    if not isinstance(data.get("annotations"), list):
        raise FormatError("is JSON, but not COCO: it has no list of annotations", path)
    return data


def _records(data: Record, name: str, path: Path) -> list[Record]:
    """A table of the file whose records are objects, those of images and videos with an id."""
    records = data.get(name, [])
    if not isinstance(records, list):
        raise FormatError(f"{name} is not a list", path)
    for index, record in enumerate(records):
        if not isinstance(record, dict):
            raise FormatError(f"{name}[{index}] is not an object", path)
        if name != "annotations" and not isinstance(record.get("id"), int | str):
            raise FormatError(f"{name}[{index}] has no id", path)
    return records


def _choose_video(data: Record, path: Path, wanted: str | None, like: str | None) -> Record | None:
    """The video to read, or None where the file knows no videos."""
    videos = _records(data, "videos", path)
    if not videos:
        return None
    for name in filter(None, (wanted, like)):
        for video in videos:
            if name in _names(video) or PurePosixPath(name).stem in _names(video):
                return video
        if wanted:
            break
    if len(videos) == 1 and not wanted:
        return videos[0]
    known = ", ".join(sorted(_names(video)[0] for video in videos)[:10])
    raise FormatError(f"has no video called {wanted or like or ''!r}; it has {known}", path)


def _names(video: Record) -> list[str]:
    """What a video may be called: its names as written and without folder and suffix."""
    given = [str(video[key]) for key in ("name", "file_name") if video.get(key)]
    return [*given, *(PurePosixPath(name.replace("\\", "/")).stem for name in given), str(video["id"])]


def _frames(images: list[Record], path: Path, options: CocoReadOptions) -> tuple[dict[int | str, int], str]:
    """(0-based frame by image id, how it was found)."""
    numbers, told = _frame_numbers(images, path)
    first = min(numbers, default=1)
    base = options.frame_base if options.frame_base is not None else min(1, max(0, first))
    if first < base:
        raise FormatError(f"has frame {first}, and frames start at {base}", path)
    frames = {image["id"]: number - base for image, number in zip(images, numbers, strict=True)}
    if len(frames) < len(images):
        raise FormatError("has two images with the same id", path)
    return frames, f"Frames are {told}, taken to count from {base}."


def _frame_numbers(images: list[Record], path: Path) -> tuple[list[int], str]:
    if images and all("frame_id" in image or "frame_index" in image for image in images):
        numbers: list[Any] = [image.get("frame_id", image.get("frame_index")) for image in images]
        for number in numbers:
            if not _is_integer(number):
                raise FormatError(f"has the frame_id {number!r}, which is not a whole number", path)
        return list(map(int, numbers)), "the frame_id of the images"
    names = [str(image.get("file_name", "")) for image in images]
    ends = [re.search(r"(\d{1,12})\D*$", PurePosixPath(name.replace("\\", "/")).stem) for name in names]
    numbered = [int(end[1]) for end in ends if end]
    if len(set(numbered)) == len(images):
        return numbered, "the numbers in the file names of the images"
    order = {
        index: place for place, index in enumerate(sorted(range(len(names)), key=names.__getitem__), start=1)
    }
    return [order[index] for index in range(len(names))], "the images in the order of their names"


def _rows(
    data: Record, frames: Mapping[int | str, int], path: Path, findings: Findings, poses: PoseReader
) -> tuple[FileRows, tuple[str, ...]]:
    elsewhere = {image["id"] for image in _records(data, "images", path)} - frames.keys()
    categories = {
        c["id"]: str(c.get("name") or f"class {c['id']}") for c in _records(data, "categories", path)
    }
    numbers = _numbers_of_tracks(data)
    names = {name: i for i, name in enumerate(dict.fromkeys(categories.values()))}  # in the file's order
    kept: list[_Kept] = []
    for index, record in enumerate(_records(data, "annotations", path)):
        where = f"annotations[{index}]"
        image = record.get("image_id")
        if not isinstance(image, int | str):
            raise FormatError(f"{where} has no image_id", path)
        if image in elsewhere:
            continue
        if image not in frames:
            raise FormatError(f"{where} is for image {image!r}, which the file does not have", path)
        if record.get("iscrowd"):
            findings.add("left out", "crowd, not one target")
            continue
        name = _category(record, categories, where, path)
        identity = _identity(record, where, path)
        kind = names.setdefault(name, len(names))
        box = _box(record, where, path)
        kept.append(
            (
                frames[image],
                numbers.get(identity, identity),
                kind,
                box,
                _score(record),
                _flag(record, "occluded"),
                _flag(record, "verified"),
                poses.take(record, where),
            )
        )
    return _columns(kept), tuple(names)


def _columns(kept: list[_Kept]) -> FileRows:
    return FileRows(
        frame=np.array([row[0] for row in kept], np.int64),
        identity=np.array([row[1] for row in kept], np.int64),
        category=np.array([row[2] for row in kept], np.int64),
        xywh=np.array([row[3] for row in kept], np.float64).reshape(-1, 4),
        score=np.array([row[4] for row in kept], np.float64),
        occluded=np.array([row[5] for row in kept], np.bool_),
        verified=np.array([row[6] for row in kept], np.bool_),
        pose=np.array([row[7] for row in kept], np.int64),
    )


def _box(record: Record, where: str, path: Path) -> list[float]:
    box = record.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all(_is_finite(value) for value in box):
        raise FormatError(f"{where} has no bbox of four numbers", path)
    if box[2] < 0 or box[3] < 0:
        raise FormatError(
            f"{where} has a box of size {box[2]:g} × {box[3]:g}; a size cannot be negative", path
        )
    return [float(value) for value in box]


def _is_finite(value: object) -> bool:
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # an integer beyond the floats
        return False


def _is_integer(value: object) -> bool:
    return _is_finite(value) and value == int(value) and abs(value) < SAFE_INTEGER  # type: ignore[call-overload, arg-type]


def _identity(record: Record, where: str, path: Path) -> int:
    attributes = record.get("attributes")
    nested = attributes.get("track_id") if isinstance(attributes, dict) else None
    for value in (record.get("track_id"), record.get("instance_id"), nested):
        if value is None:
            continue
        if not _is_integer(value):
            raise FormatError(f"{where} has the track_id {value!r}, which is not a whole number", path)
        return max(int(value), NO_IDENTITY)
    return NO_IDENTITY


def _category(record: Record, categories: Mapping[int | str, str], where: str, path: Path) -> str:
    """The category's name; one that the file does not list is called after its id."""
    key = record.get("category_id")
    if not isinstance(key, int | str):
        raise FormatError(f"{where} has no category_id", path)
    return categories.get(key, f"class {key}")


def _score(record: Record) -> float:
    score = record.get("score", record.get("conf"))
    return float(score) if _is_finite(score) else math.nan  # type: ignore[arg-type]


def _flag(record: Record, name: str) -> bool:
    attributes = record.get("attributes")
    return bool(attributes.get(name)) if isinstance(attributes, dict) else False


def _tracks(data: Record) -> list[Record]:
    tracks = data.get("tracks", [])
    return (
        [t for t in tracks if isinstance(t, dict) and _is_integer(t.get("id"))]
        if isinstance(tracks, list)
        else []
    )


def _numbers_of_tracks(data: Record) -> dict[int, int]:
    """The number a track had where it was written from, by track id."""
    return {
        int(t["id"]): int(t["number"])
        for t in _tracks(data)
        if _is_integer(t.get("number")) and t["number"] > 0
    }


def _facts(
    chosen: Record | None, images: list[Record], frames: Mapping[int | str, int], path: Path
) -> VideoFacts:
    source = {**(images[0] if images else {}), **(chosen or {})}
    name = _names(chosen)[0] if chosen else path.stem
    width, height, fps, length = (source.get(key) for key in ("width", "height", "fps", "length"))
    stated = int(length) if _is_integer(length) else 0  # type: ignore[arg-type]
    return VideoFacts(
        name,
        int(width) if _is_integer(width) else 0,  # type: ignore[arg-type]
        int(height) if _is_integer(height) else 0,  # type: ignore[arg-type]
        max(stated, max(frames.values(), default=-1) + 1),
        float(fps) if _is_finite(fps) else 0.0,  # type: ignore[arg-type]
    )
