"""The film strip of a place in a project, as it is or as a correction would leave it."""

from __future__ import annotations

from dataclasses import replace

from workbench.core.boxes import Box
from workbench.ui.overlay_of import Palette
from workbench.ui.review.preview import Preview
from workbench.ui.review.strips import SMALL, USUAL, Layout, Names, Place, Strip, strip_of
from workbench.ui.state import UiState


def place_strip(
    state: UiState,
    palette: Palette,
    place: Place,
    correction: Preview | None = None,
    *,
    layout: Layout = USUAL,
) -> Strip:
    """Plan the strip of a place of the video shown.

    Args:
        palette: of the video's tracks.
        correction: as this would leave the boxes; None = as they are.
        layout: of the strip; in a small one tracks are called by their numbers alone.
    """
    tracks = place.tracks
    if correction is not None and correction.plan is not None:
        palette = palette.having(correction.tracks)
        targets = [m.target for m in correction.plan.moves if m.target is not None]
        tracks = tuple(dict.fromkeys((*tracks, *targets)))

    def box_of(track: int, frame: int) -> Box | None:
        row = state.project.box(track, frame)
        if correction is not None:
            return correction.box(track, frame, row)
        return None if row is None or row.outside else row.box

    titles = numbers_of(palette) if layout is SMALL else {t: palette.label(t) for t in tracks}
    names = Names(titles, {t: palette.colour(t) for t in tracks})
    shown = replace(place, tracks=tracks)
    return strip_of(shown, box_of, names, frame_count=state.frame_count, layout=layout)


def numbers_of(palette: Palette) -> dict[int, str]:
    """What tracks are called in a sentence."""
    return {t.id: f"#{t.number}" for t in palette.tracks.values()}
