"""How the picture moved because the camera did, from one frame to the next.

Corners are followed by sparse optical flow and an affine map of four parameters (turn, zoom, shift) is fitted
to them by RANSAC, which leaves out what moves by itself; or the map of turn and shift is found that makes the
frames correlate best (ECC). Both on a reduced grey picture.

Bouguet, Pyramidal Implementation of the Lucas Kanade Feature Tracker, 2001; Evangelidis and Psarakis,
Parametric Image Alignment Using Enhanced Correlation Coefficient Maximization, PAMI 2008; as used by Aharon
et al., BoT-SORT, 2022 (arXiv:2206.14651).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from workbench.core.boxes import Array, as_boxes

Image = NDArray[np.uint8]

STILL: Array = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
"""The map of a camera that did not move."""


@dataclass(frozen=True)
class CameraMotionOptions:
    """How the motion is estimated.

    Args:
        method: "flow" = sparse optical flow, "ecc" = correlation.
        longest_side: pixels of the reduced picture.
        corners: how many are followed at most.
        fewest: corners that have to be followed for a map to be believed.
    """

    method: Literal["flow", "ecc"] = "flow"
    longest_side: int = 640
    corners: int = 500
    fewest: int = 12


class CameraMotion:
    """Estimates the motion between consecutive frames handed to it."""

    def __init__(self, options: CameraMotionOptions | None = None) -> None:
        self.options = options or CameraMotionOptions()
        self._last: Image | None = None

    def step(self, image: Image, boxes: Array | None = None) -> Array:
        """The affine map (2, 3) from pixels of the last image to pixels of this one.

        Args:
            image: (H, W, 3) RGB uint8.
            boxes: (N, 4) x, y, w, h of targets in it, which move by themselves and are left out.

        Returns:
            ``STILL`` for the first image, one of another size, and where the motion cannot be told.
        """
        scale = min(1.0, self.options.longest_side / max(image.shape[:2]))
        size = (max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale)))
        small = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
        last, self._last = self._last, np.asarray(small, dtype=np.uint8)
        if last is None or last.shape != self._last.shape:
            return STILL.copy()
        mask = _background(self._last.shape, as_boxes(boxes if boxes is not None else ()) * scale)
        found = (
            self._flow(last, self._last, mask)
            if self.options.method == "flow"
            else _ecc(last, self._last, mask)
        )
        if found is None or not np.isfinite(found).all():
            return STILL.copy()
        # Pixel centres are at halves in our boxes and at whole numbers in cv2.
        turn, shift = found[:, :2], found[:, 2] + 0.5 - found[:, :2] @ (0.5, 0.5)
        return np.column_stack([turn, shift / scale])

    def _flow(self, last: Image, image: Image, mask: Image) -> Array | None:
        """Map of turn, zoom and shift that most followed corners agree on."""
        # From this image back to the last, since the boxes of targets are known in this one.
        corners = cv2.goodFeaturesToTrack(image, self.options.corners, 0.01, 5, mask=mask, blockSize=3)
        if corners is None or len(corners) < self.options.fewest:
            return None
        before, status, _ = cv2.calcOpticalFlowPyrLK(image, last, corners, np.zeros_like(corners))
        followed = status.ravel() == 1
        if followed.sum() < self.options.fewest:
            return None
        cv2.setRNGSeed(0)
        found = cv2.estimateAffinePartial2D(before[followed], corners[followed], method=cv2.RANSAC)[0]
        return None if found is None else np.asarray(found, dtype=np.float64)


def _background(shape: tuple[int, ...], boxes: Array) -> Image:
    """255 where there is no target."""
    mask = np.full(shape, 255, dtype=np.uint8)
    limits = np.array([shape[1], shape[0]])
    finite = boxes[np.isfinite(boxes).all(axis=1)]
    low = np.clip(np.floor(finite[:, :2]), 0, limits).astype(int)
    high = np.clip(np.ceil(finite[:, :2] + finite[:, 2:]), 0, limits).astype(int)
    for (left, top), (right, bottom) in zip(low, high, strict=True):
        mask[top:bottom, left:right] = 0
    return mask


def _ecc(last: Image, image: Image, mask: Image) -> Array | None:
    """Map of turn and shift under which the two correlate best."""
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 50, 1e-4)
    try:
        found = cv2.findTransformECC(
            last, image, STILL.astype(np.float32), cv2.MOTION_EUCLIDEAN, criteria, mask, 5
        )[1]
    except cv2.error:  # it did not converge, or a picture is of one colour
        return None
    return np.asarray(found, dtype=np.float64)
