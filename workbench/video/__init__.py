"""Frame-accurate readers of video files, image folders and cameras (PyAV). Knows core only."""

from workbench.video.info import VideoInfo, VideoReader
from workbench.video.opening import open_video

__all__ = ["VideoInfo", "VideoReader", "open_video"]
