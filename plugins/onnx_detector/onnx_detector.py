"""Any detector in an ONNX file whose outputs are those of the YOLO family (``outputs``).

The network is run by onnxruntime where that is installed, else by OpenCV.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.api import Detections, Image, ModelError, UserError, option

from .onnx_file import read_facts
from .outputs import Layout, decoded

GREY = 114  # of the border round a picture that has another shape than the input
USUAL = 640  # pixels of the input, where the file takes any

Run = Callable[[NDArray[np.float32]], Sequence[NDArray[np.float32]]]


@dataclass(frozen=True)
class OnnxOptions:
    """Which network, and what of its answer is kept.

    Args:
        file: the ONNX file.
        names: a text file with the name of a class a line; none = those in the file, or numbers.
        size: pixels of the input's sides; 0 = as the file says, or 640.
        score: least score, [0, 1].
        overlap: of two boxes of one class that overlap more than this, only the likelier one is kept, [0, 1].
        layout: of the output; auto = told by its shape.
        letterbox: keep the shape of the picture, with a grey border; else it is stretched.
    """

    file: Path
    names: Path | None = None
    size: int = option(0, low=0, high=8192)
    score: float = 0.1
    overlap: float = 0.45
    layout: str = option("auto", choices=tuple(Layout))
    letterbox: bool = True


class OnnxDetector:
    """The detector; see the module."""

    warm_up = 0

    def __init__(self, options: OnnxOptions) -> None:
        self.options = options
        data = _content(options.file)
        try:
            facts = read_facts(data)
        except ValueError as error:
            raise ModelError(f"{options.file} is no ONNX file: {error}; choose another one.") from error
        self._size = (options.size, options.size) if options.size else facts.size or (USUAL, USUAL)
        names = _lines(options.names) if options.names else facts.names
        self._run = _runner(options.file)
        count, self._layout = self._tried(len(names))
        self.classes = names or tuple(f"class {number}" for number in range(count))

    def detect(self, frame: int, image: Image) -> Detections:
        """What the network finds in a frame."""
        picture, scale, border = self._fitted(image)
        boxes, scores, numbers = self._decoded(picture)
        known = (numbers >= 0) & (numbers < len(self.classes))
        kept = np.flatnonzero((scores >= self.options.score) & np.isfinite(boxes).all(1) & known)
        corners = (boxes[kept] - (border * 2)) / (scale * 2)
        found = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], 1)
        scores, numbers = np.clip(scores[kept], 0.0, 1.0), numbers[kept]
        order = np.argsort(-scores, kind="stable")
        if self._layout is not Layout.END and len(kept):
            order = np.asarray(
                cv2.dnn.NMSBoxesBatched(
                    found.tolist(), scores.tolist(), numbers.tolist(), 0.0, self.options.overlap
                ),
                np.intp,
            ).ravel()
        return Detections(found[order], scores[order], numbers[order])

    def _tried(self, names: int) -> tuple[int, Layout]:
        """How many classes there are, and the layout, told by the answer to a grey picture."""
        width, height = self._size
        output = self._output(np.full((1, 3, height, width), GREY / 255, np.float32))
        try:
            *_, layout = decoded(output, self._size, classes=names, layout=Layout(self.options.layout))
        except ValueError as error:
            raise ModelError(
                f"{self.options.file}: {error}. Set names, size or layout as the network wants them."
            ) from error
        columns = min(output.shape[-2:])
        if layout is Layout.END:
            return names or 1000, layout
        return names or columns - (5 if layout is Layout.OBJECTNESS else 4), layout

    def _decoded(self, picture: Image) -> tuple[Any, Any, Any]:
        """x1, y1, x2, y2 in pixels of the input, scores and classes."""
        blob = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
        boxes, scores, numbers, _ = decoded(
            self._output(blob), self._size, classes=len(self.classes), layout=self._layout
        )
        return boxes, scores, numbers

    def _output(self, blob: NDArray[np.float32]) -> NDArray[np.float32]:
        """The output with the boxes: the first that has rows and columns."""
        try:
            outputs = self._run(blob)
        except Exception as error:
            raise ModelError(
                f"{self.options.file} cannot be run on {self._size[0]} × {self._size[1]} pixels: {error}"
            ) from error
        for output in outputs:
            if output.ndim == 2 or (output.ndim == 3 and len(output) == 1):
                return output
        shapes = ", ".join(str(output.shape) for output in outputs)
        raise ModelError(f"{self.options.file} gives {shapes}: no output of a YOLO detector is among these.")

    def _fitted(self, image: Image) -> tuple[Image, tuple[float, float], tuple[float, float]]:
        """The picture at the size of the input, how much larger it is, and where its corner is."""
        width, height = self._size
        down, across = image.shape[:2]
        scale = (width / across, height / down)
        if self.options.letterbox:
            scale = (min(scale), min(scale))
        inner = (max(round(across * scale[0]), 1), max(round(down * scale[1]), 1))
        left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
        picture = np.full((height, width, 3), GREY, np.uint8)
        picture[top : top + inner[1], left : left + inner[0]] = cv2.resize(image, inner)
        return picture, (inner[0] / across, inner[1] / down), (float(left), float(top))


def _runner(file: Path) -> Run:
    """A function from the input (1, 3, H, W) to all outputs."""
    try:
        if importlib.util.find_spec("onnxruntime"):
            return _by_onnxruntime(file)
        network = cv2.dnn.readNetFromONNX(str(file))
    except Exception as error:
        raise ModelError(f"{file} cannot be loaded as a network: {error}") from error
    names = network.getUnconnectedOutLayersNames()

    def run(blob: NDArray[np.float32]) -> Sequence[NDArray[np.float32]]:
        network.setInput(blob)
        return [np.asarray(output) for output in network.forward(names)]

    return run


def _by_onnxruntime(file: Path) -> Run:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=onnxruntime.get_available_providers())
    name = session.get_inputs()[0].name
    return lambda blob: [np.asarray(output) for output in session.run(None, {name: blob})]


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UserError(f"{file} cannot be read ({error.strerror}); choose an ONNX file.") from error


def _lines(file: Path) -> tuple[str, ...]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file} cannot be read ({error}); choose a text file, a class a line.") from error
    return tuple(line.strip() for line in lines if line.strip())
