"""FairMOT as a session: boxes with embeddings (Y. Zhang et al. 2021, arXiv:2004.01888)."""

from __future__ import annotations

from workbench.inference.detection.placement import Placement, Size, boxed
from workbench.inference.detection.session import Session
from workbench.models.decoding.fairmot import decode_mot
from workbench.models.decoding.peaks import Found
from workbench.models.heads import Maps


class FairMOTSession(Session):
    """Boxes with embeddings; the image gets grey borders."""

    top = 500

    def decode(self, maps: Maps, k: int) -> Found:
        """Up to ``k`` objects of each image."""
        return decode_mot(maps, k)

    def placement(self, size: Size, scale: float) -> Placement:
        """The whole image with borders, where the input has a size of its own."""
        if self.options.resolution != "fix" or scale != 1:
            return super().placement(size, scale)
        return boxed(size, self.input_size)
