"""All that the searches share: the tracks, who is near whom, and what is usual in this video."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.boxes import Array
from workbench.core.track_boxes import TrackBoxes
from workbench.review.likeness import Likeness
from workbench.review.motion import Usual
from workbench.review.nearness import Pairs, near_pairs, touched
from workbench.review.standing import standing
from workbench.review.view import Evidence, View


@dataclass(frozen=True, eq=False)
class Scene:
    """A video's tracks, prepared.

    Args:
        view: the boxes.
        pairs: of boxes near each other.
        touched: (N,) the greatest overlap of each box with another one.
        standing: (N,) how sure the detector was of each box, see ``standing``.
        likeness: what looks say.
        usual: how well targets keep to their ways.
    """

    view: View
    pairs: Pairs
    touched: Array
    standing: Array
    likeness: Likeness
    usual: Usual

    @classmethod
    def of(cls, tracks: TrackBoxes, evidence: Evidence) -> Scene:
        """Prepare tracks."""
        view = View.of(tracks, evidence)
        pairs = near_pairs(view)
        return cls(view, pairs, touched(view, pairs), standing(view), Likeness.of(view), Usual.of(view))
