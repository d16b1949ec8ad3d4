"""Frame-accurate readers of video files, image folders and cameras (PyAV). Knows core only."""
