"""An example plugin: follow a target by matching its last picture. Copy it to make your own."""

from dataclasses import dataclass

import cv2
import numpy as np

from workbench.api import Box, Image, TargetState, option


@dataclass(frozen=True)
class TemplateMatchOptions:
    """How the target is looked for.

    Args:
        search: the search window's side, in target sides.
        found: correlation below which the target counts as lost, [0, 1].
    """

    search: float = option(2.0, low=1.0, high=10.0)
    found: float = 0.5


class TemplateMatch:
    """Normalised cross-correlation with the target's last picture; no change of size."""

    def __init__(self, options: TemplateMatchOptions) -> None:
        self.options = options

    def start(self, image: Image, box: Box) -> None:
        """Remember the picture in the box."""
        self.box = box
        self.template = _crop(image, box)

    def step(self, image: Image) -> TargetState:
        """Look for the remembered picture round its last place."""
        x, y, w, h = self.box
        side = self.options.search
        window = (x - w * (side - 1) / 2, y - h * (side - 1) / 2, w * side, h * side)
        answer = cv2.matchTemplate(_crop(image, window), self.template, cv2.TM_CCOEFF_NORMED)
        _, score, _, (dx, dy) = cv2.minMaxLoc(answer)
        found = score >= self.options.found
        if found:
            self.box = (float(int(window[0]) + dx), float(int(window[1]) + dy), w, h)
            self.template = _crop(image, self.box)
        return TargetState(self.box, float(np.clip(score, 0.0, 1.0)), found)


def _crop(image: Image, box: Box) -> Image:
    x, y, w, h = (int(v) for v in box)
    pad = max(w, h, -x, -y, x + w - image.shape[1], y + h - image.shape[0], 1)
    padded = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    return padded[y + pad : y + pad + max(h, 1), x + pad : x + pad + max(w, 1)]
