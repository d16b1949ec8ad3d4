"""The kinds of clips on which frame accuracy is lost elsewhere, as arguments of ``make_clip``."""

from __future__ import annotations

from itertools import accumulate, cycle, islice
from typing import Any

FRAMES = 90

_QUICK = {"deadline": "realtime", "cpu-used": "8"}
_OPEN_264 = {"x264-params": "open-gop=1:bframes=3:b-adapt=0:scenecut=0"}
_OPEN_265 = {"x265-params": "open-gop=1:bframes=4:b-adapt=0:scenecut=0:log-level=none"}
_UNEVEN = list(accumulate(islice(cycle([0.02, 0.04, 0.1, 0.033, 0.04]), FRAMES)))

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "H.264, B-frames": ("plain.mp4", {}),
    "H.264, variable rate": ("variable.mp4", {"times": _UNEVEN}),
    "H.264, open GOP": ("open.mp4", {"options": _OPEN_264}),
    "HEVC, open GOP": ("open_hevc.mp4", {"codec": "libx265", "options": _OPEN_265}),
    "H.264, GOP 250": ("long.mp4", {"gop": 250}),
    "H.264, slow refresh": ("refresh.mp4", {"gop": 30, "options": {"x264-params": "intra-refresh=1"}}),
    "H.264, edit list": ("edit.mp4", {"hidden": 17, "options": {"sc_threshold": "0"}}),
    "H.264, turned by 90": ("turned.mp4", {"rotation": 90}),
    "H.264, turned by 180": ("upside_down.mp4", {"rotation": 180}),
    "H.264, turned by 270": ("turned_back.mp4", {"rotation": 270}),
    "H.264, transport stream": ("offset.ts", {"start": 2500}),
    "HEVC, transport stream": ("offset_hevc.ts", {"codec": "libx265", "start": 77, "options": _OPEN_265}),
    "H.264 in Matroska": ("plain.mkv", {}),
    "H.264 in AVI": ("wrong_stamps.avi", {}),
    "H.264, no container": ("raw.h264", {}),
    "VP9, odd size": ("odd.webm", {"codec": "libvpx-vp9", "size": (321, 241), "options": _QUICK}),
    "AV1": ("av1.mp4", {"codec": "libsvtav1", "options": {"preset": "10", "crf": "20"}}),
    "MPEG-4 AVI": ("plain.avi", {"codec": "mpeg4"}),
    "MPEG-4 AVI, B-frames": ("b_frames.avi", {"codec": "mpeg4", "bframes": 2}),
    "MPEG-2 program stream": ("plain.mpg", {"codec": "mpeg2video", "bframes": 2}),
}
