"""Tracking Workbench: make tracking data sets and keep trackers honest."""

import os

# OpenMP's threads wait for each other in a busy loop unless told otherwise; on a machine that does anything
# else meanwhile (a decoder, another window) that makes torch several times slower. Read once, at loading.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"
