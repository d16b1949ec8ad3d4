"""Scores of trackers and detectors (numpy, scipy). Knows core only."""
