"""An example plugin: follow a target by matching its last picture. Copy it to make your own."""

import cv2
import numpy as np

from workbench.api import Box, Image, Registry, TargetState, TrackerPlugin

SEARCH = 2.0  # the search window's side, in target sides
FOUND = 0.5  # correlation below which the target counts as lost


class TemplateMatch:
    """Normalised cross-correlation with the target's last picture; no change of size."""

    def start(self, image: Image, box: Box) -> None:
        """Remember the picture in the box."""
        self.box = box
        self.template = _crop(image, box)

    def step(self, image: Image) -> TargetState:
        """Look for the remembered picture round its last place."""
        x, y, w, h = self.box
        window = (x - w * (SEARCH - 1) / 2, y - h * (SEARCH - 1) / 2, w * SEARCH, h * SEARCH)
        answer = cv2.matchTemplate(_crop(image, window), self.template, cv2.TM_CCOEFF_NORMED)
        _, score, _, (dx, dy) = cv2.minMaxLoc(answer)
        found = score >= FOUND
        if found:
            self.box = (float(int(window[0]) + dx), float(int(window[1]) + dy), w, h)
            self.template = _crop(image, self.box)
        return TargetState(self.box, float(np.clip(score, 0.0, 1.0)), found)


def _crop(image: Image, box: Box) -> Image:
    x, y, w, h = (int(v) for v in box)
    pad = max(w, h, -x, -y, x + w - image.shape[1], y + h - image.shape[0], 1)
    padded = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    return padded[y + pad : y + pad + max(h, 1), x + pad : x + pad + max(w, 1)]


def register(registry: Registry) -> None:
    """Offer the tracker."""
    registry.add_tracker(
        TrackerPlugin(
            name="template-match",
            title="Template matching",
            description="An example plugin: very fast, for targets that keep their size and look",
            make=lambda seed: TemplateMatch(),
        )
    )
