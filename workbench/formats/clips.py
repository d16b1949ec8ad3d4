"""What exporters share about the clips they are handed: names, and writing pictures."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.core.clip import Clip as Clip
from workbench.core.errors import VideoError
from workbench.core.progress import Progress
from workbench.formats.folder import ExportFolder

Image = NDArray[np.uint8]


def video_names(clips: Sequence[Clip]) -> list[str]:
    """What the clips' videos are called."""
    return [clip.annotations.video.name for clip in clips]


def picture_name(frame: int, count: int, digits: int) -> str:
    """``frame`` + 1 with leading zeros; with more digits where ``count`` frames need them, to sort right."""
    return f"{frame + 1:0{max(digits, len(str(count)))}d}.jpg"


def write_pictures(
    folder: ExportFolder,
    clip: Clip,
    places: Callable[[int], Sequence[str]],
    *,
    quality: int,
) -> Generator[Progress, None, None]:
    """Write each frame as JPEG to its places, encoded once.

    Args:
        places: the paths a frame goes to; none = the frame is not wanted.
        quality: of the JPEG, 0 to 100.

    Raises:
        VideoError: a frame is missing or has another size than the annotations say.
    """
    if clip.pictures is None:
        return
    video = clip.annotations.video
    arrived = np.zeros(video.frame_count, bool)
    for frame, image in clip.pictures:
        paths = places(frame)
        if paths:
            data = encode_jpeg(image, quality=quality)
            if image.shape[:2] != (video.height, video.width):
                size = f"{image.shape[1]} × {image.shape[0]}"
                raise VideoError(
                    f"{video.name}: frame {frame} is {size}, not {video.width} × {video.height}."
                )
        for path in paths:
            folder.write_bytes(path, data)
        arrived[frame] = True
        yield Progress(int(frame) + 1, video.frame_count, f"Pictures of {video.name}")
    missing = [f for f in np.flatnonzero(~arrived) if places(int(f))]
    if missing:
        raise VideoError(
            f"{video.name}: frame {missing[0]} could not be read, and the format needs a picture of every"
            " frame; export a range without it, or no pictures."
        )


def encode_jpeg(image: Image, *, quality: int) -> bytes:
    """An RGB image (H, W, 3) as a JPEG file."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()
