"""The timeline: one lane a track, what its boxes are made of, and the score of the selected track."""

from workbench.ui.timeline.headers import Lane
from workbench.ui.timeline.marks import LaneMark
from workbench.ui.timeline.model import BoxColumns, LaneData, lane_data
from workbench.ui.timeline.widget import TimelineView

__all__ = ["BoxColumns", "Lane", "LaneData", "LaneMark", "TimelineView", "lane_data"]
