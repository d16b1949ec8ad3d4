"""The picture with boxes, labels, trails, skeletons and heatmap, and the mouse that edits it."""

from workbench.ui.canvas.heatmap import Heatmap
from workbench.ui.canvas.scene import EMPTY, BoxFlag, Overlay
from workbench.ui.canvas.shapes import Shape
from workbench.ui.canvas.view import CanvasView

__all__ = ["EMPTY", "BoxFlag", "CanvasView", "Heatmap", "Overlay", "Shape"]
