"""Writing COCO with videos, the JSON of CenterTrack, TAO and YouTube-VIS (Lin et al. 2014, arXiv:1405.0312).

::

    annotations.json          videos, images, annotations, categories, tracks
    images/clip/000001.jpg    file_name is relative to images/

Boxes are 0-based floats. Every frame has an image entry, boxes or not, with a 1-based ``frame_id`` that
has no holes, because CenterTrack takes the image with the frame_id before as the previous one. Ids and
categories count from 1, for 0 means "ignore" there. Track ids are unique over the file. Annotations
have no "segmentation": CenterTrack would decode an empty one. Poses: see ``coco_keypoints``.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.annotations import Annotations, Boxes, Skeleton
from workbench.core.errors import UserError
from workbench.core.progress import Progress
from workbench.core.report import Findings, Report
from workbench.formats import coco_keypoints
from workbench.formats.clips import Clip, picture_name, video_names, write_pictures
from workbench.formats.folder import ExportFolder
from workbench.formats.names import UniqueNames, file_name
from workbench.formats.selection import BoxRules, writable_boxes

TITLE = "COCO video"
DIGITS = 6
CONVENTIONS = (
    "frame_id, track_id and category_id count from 1.",
    "Coordinates count from 0; the right edge is x + w, not included.",
    "file_name is relative to the folder images.",
)


@dataclass(frozen=True)
class CocoOptions(BoxRules):
    """How the file is written.

    Args:
        clip, decimals: see ``BoxRules``.
        quality: of the JPEG pictures, 0 to 100.
    """

    quality: int = 95


@dataclass(frozen=True, eq=False)
class _Part:
    """One clip with the ids it got."""

    clip: Clip
    video_id: int
    name: str
    first_image: int
    rows: Boxes
    track_ids: list[int]

    @property
    def annotations(self) -> Annotations:
        return self.clip.annotations


def write(
    target: Path, clips: Sequence[Clip], *, options: CocoOptions | None = None
) -> Generator[Progress, None, Report]:
    """Write all clips into one annotations.json.

    Args:
        target: the folder for the file.
        clips: the videos.

    Returns:
        The report, which is also in the folder.

    Raises:
        UserError: the folder cannot be written.
        VideoError: a picture is missing.
    """
    options = options or CocoOptions()
    if target.suffix.lower() == ".json":
        raise UserError(f"{target}: name a folder; annotations.json and the report are written into it.")
    findings = Findings()
    parts = _parts(clips, options, findings)
    skeletons = coco_keypoints.skeletons_of(((part.annotations, part.rows) for part in parts), findings)
    conventions = (*CONVENTIONS, coco_keypoints.CONVENTION) if skeletons else CONVENTIONS
    with ExportFolder(target, TITLE, video_names(clips)) as folder:
        yield from _write_json(folder, parts, skeletons)
        for part in parts:
            yield from _write_pictures(folder, part, options)
        boxes = sum(len(part.rows) for part in parts)
        tracks = sum(len(part.track_ids) for part in parts)
        sources = tuple((f"video {part.video_id}", _source(part)) for part in parts)
        return folder.finish(
            Report(TITLE, "written", boxes, tracks, (), conventions, findings.all(), sources)
        )


def _parts(clips: Sequence[Clip], options: CocoOptions, findings: Findings) -> list[_Part]:
    numbers = [track.number for clip in clips for track in clip.annotations.tracks]
    keep = len(set(numbers)) == len(numbers) and min(numbers, default=1) >= 1
    if not keep:
        findings.note(
            "track_id counts over all videos, for their numbers overlap; tracks[].number has the number"
        )
    names, parts = UniqueNames(), []
    image, track = 1, 1
    for video_id, clip in enumerate(clips, start=1):
        tracks = clip.annotations.tracks
        ids = [t.number for t in tracks] if keep else list(range(track, track + len(tracks)))
        name = names.take(file_name(clip.annotations.video.name))
        rows = writable_boxes(clip.annotations, options, findings)
        parts.append(_Part(clip, video_id, name, image, rows, ids))
        image, track = image + clip.annotations.video.frame_count, track + len(tracks)
    return parts


def _write_json(
    folder: ExportFolder, parts: Sequence[_Part], skeletons: Mapping[str, Skeleton]
) -> Generator[Progress, None, None]:
    """One record a line, so that a large file is written without being built, and compares line by line."""
    categories = dict.fromkeys(name for part in parts for name in part.annotations.categories)
    ids = {name: i for i, name in enumerate(categories, start=1)}
    tables: dict[str, Iterable[dict[str, Any]]] = {
        "videos": map(_video, parts),
        "categories": (_category(i, name, skeletons.get(name)) for name, i in ids.items()),
        "tracks": (record for part in parts for record in _tracks(part, ids)),
        "images": (record for part in parts for record in _images(part)),
        "annotations": _annotations(parts, ids, skeletons),
    }
    with folder.open("annotations.json") as file:
        separator = "{"
        for done, (name, records) in enumerate(tables.items()):
            file.write(f"{separator}{json.dumps(name)}: [")
            for count, record in enumerate(records):
                file.write(
                    (",\n" if count else "\n") + json.dumps(record, ensure_ascii=False, allow_nan=False)
                )
            file.write("\n]")
            separator = ",\n"
            yield Progress(done + 1, len(tables), "Annotations")
        file.write("}\n")


def _video(part: _Part) -> dict[str, Any]:
    video = part.annotations.video
    return {
        "id": part.video_id,
        "file_name": part.name,
        "name": video.name,
        "width": video.width,
        "height": video.height,
        "length": video.frame_count,
        "fps": video.fps,
        "start_frame": part.annotations.start,
    }


def _category(category_id: int, name: str, skeleton: Skeleton | None) -> dict[str, Any]:
    record = {"id": category_id, "name": name, "supercategory": ""}
    return record | coco_keypoints.of_category(skeleton)


def _tracks(part: _Part, categories: dict[str, int]) -> Iterator[dict[str, Any]]:
    for track_id, track in zip(part.track_ids, part.annotations.tracks, strict=True):
        yield {
            "id": track_id,
            "video_id": part.video_id,
            "category_id": categories[track.category],
            "number": track.number,
            "name": track.name,
        }


def _images(part: _Part) -> Iterator[dict[str, Any]]:
    video = part.annotations.video
    last = video.frame_count - 1
    for frame in range(video.frame_count):
        image_id = part.first_image + frame
        yield {
            "id": image_id,
            "file_name": f"{part.name}/{picture_name(frame, video.frame_count, DIGITS)}",
            "width": video.width,
            "height": video.height,
            "video_id": part.video_id,
            "frame_id": frame + 1,
            "prev_image_id": image_id - 1 if frame else -1,
            "next_image_id": image_id + 1 if frame < last else -1,
        }


def _annotations(
    parts: Sequence[_Part], categories: dict[str, int], skeletons: Mapping[str, Skeleton]
) -> Iterator[dict[str, Any]]:
    annotation_id = 0
    for part in parts:
        tracks = part.annotations.tracks
        more = coco_keypoints.of_boxes(part.annotations, part.rows, skeletons)
        for (frame, track, x, y, w, h, score, occluded, _, verified), keypoints in zip(
            part.rows.tolist(), more, strict=True
        ):
            annotation_id += 1
            record = {
                "id": annotation_id,
                "image_id": part.first_image + frame,
                "video_id": part.video_id,
                "category_id": categories[tracks[track].category],
                "track_id": part.track_ids[track],
                "bbox": [x, y, w, h],
                "area": w * h,
                "iscrowd": 0,
                "attributes": {"occluded": occluded, "verified": verified},
                **keypoints,
            }
            if score == score:  # not NaN
                record["score"] = score
            yield record


def _write_pictures(
    folder: ExportFolder, part: _Part, options: CocoOptions
) -> Generator[Progress, None, None]:
    count = part.annotations.video.frame_count

    def places(frame: int) -> list[str]:
        return [f"images/{part.name}/{picture_name(frame, count, DIGITS)}"]

    yield from write_pictures(folder, part.clip, places, quality=options.quality)


def _source(part: _Part) -> str:
    start = part.annotations.start
    return f"{part.annotations.video.name}, frame_id 1 is its frame {start} counted from 0"
