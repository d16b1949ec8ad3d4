"""Tracking Workbench: make tracking data sets and keep trackers honest."""

__version__ = "0.1.0"
