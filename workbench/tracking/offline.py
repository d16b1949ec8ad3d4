"""Offline association: who is who, when the whole video is known.

Trackers that see one frame after another have to decide at once; here later frames speak too. Tracklets
that are surely right are built (``tracklets``), the camera's sudden turns (``jumps``) and its shaking
(``shake``) are taken out, tracklets are linked over growing gaps, forwards and backwards in time, by the
video's own noise (``linking``, ``video_noise``), gaps are filled and boxes smoothed (``smoothing``), and what
no evidence supports is dropped (``track_evidence``). Every link says how likely it is, so that a person can
look at the doubtful ones.

All numbers were fitted or chosen on made scenes (``benchmarks/made_scenes.py``,
``benchmarks/offline_fit.py``).
Four sequences of MOT15 were looked at meanwhile to see what made scenes lacked (boxes suppressed by others,
scores of wide spread, cameras that turn at once), so they are no untouched test of this.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workbench.core.detections import Detections
from workbench.core.progress import Progress
from workbench.tracking.jumps import jumps
from workbench.tracking.link_ends import Noise
from workbench.tracking.link_evidence import LinkModel
from workbench.tracking.linking import rounds_of_linking
from workbench.tracking.shake import shaking
from workbench.tracking.smoothing import Filled, fill, smooth
from workbench.tracking.track_evidence import TrackModel, track_evidence
from workbench.tracking.tracker import Array, Indices
from workbench.tracking.tracklets import NONE, Found, Tracklets, sure_links
from workbench.tracking.video_noise import measured

GAPS = (4, 10, 25, 64)
"""From 4 on: with shorter ones, who is missed for a frame is no rival yet of whoever is near by then."""
ROUNDS = tuple((gap, least) for least in (0.9, 0.6, 0.4, 0.25) for gap in GAPS)


@dataclass(frozen=True)
class OfflineOptions:
    """How tracks are made; frames count from detection to detection.

    Args:
        overlap: least overlap (intersection over union) at which two detections of consecutive frames are
            joined at once, [0, 1]; what overlaps less is left to linking.
        margin: by how much they have to overlap more than either does with any other detection, [0, 1]; a
            smaller one joins more at once, in crowds also what is not one target.
        steady: how smoothly targets are taken to move; what they do together beside that is the camera's
            shaking, of which a larger one finds more.
        rounds: of linking: longest gap in frames, and least probability of a link, [0, 1].
        longest_fill: gaps of at most this many frames are filled.
        place: how much the centres of boxes are smoothed, as a share of what the noise of the video asks
            for, above 0; a larger one smooths more.
        size: how much their widths and heights are smoothed, above 0; a larger one smooths more.
        tolerance: a detection that is further than this from the smoothed track counts less, in standard
            deviations of its place.
        shortest: tracks of fewer detections than this are left out.
        believed: tracks that are of a target with less than this probability are left out, [0, 1].
        noise, model: of links.
        tracks: of tracks.
    """

    overlap: float = 0.5
    margin: float = 0.3
    steady: float = 100.0
    rounds: tuple[tuple[int, float], ...] = ROUNDS
    longest_fill: int = 64
    place: float = 0.5
    size: float = 100.0
    tolerance: float = 2.0
    shortest: int = 5
    believed: float = 0.85
    noise: Noise = field(default_factory=Noise)
    model: LinkModel = field(default_factory=LinkModel)
    tracks: TrackModel = field(default_factory=TrackModel)


@dataclass(frozen=True, eq=False)
class Links:
    """The links that hold tracks together, (L,) each, by track and frame.

    Args:
        ids: track that each is in.
        before, after: frame of the last detection before and of the first behind it.
        from_tracklets, to_tracklets: numbers of the tracklets as they were before anything was linked.
        gaps: after - before, at least 1.
        probabilities: that the link is right, [0, 1].
    """

    ids: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    from_tracklets: NDArray[np.int64]
    to_tracklets: NDArray[np.int64]
    gaps: NDArray[np.int64]
    probabilities: Array

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False)
class Tracks:
    """All tracks of a video, one row a box, by id and then frame; (M,) each.

    Args:
        frames: 0-based.
        ids: from 1, in the order in which tracks begin.
        boxes: (M, 4) x, y, w, h, float64 pixels, smoothed.
        scores: of the detection; of a filled box, the least of the detections about the gap.
        classes: 0-based.
        detections: row of the detection in its frame, or -1 for a filled box.
        links: what was joined to make them.
    """

    frames: NDArray[np.int64]
    ids: NDArray[np.int64]
    boxes: Array
    scores: Array
    classes: NDArray[np.int64]
    detections: NDArray[np.int64]
    links: Links

    def __len__(self) -> int:
        return len(self.frames)


def track_offline(
    video: Sequence[Detections], options: OfflineOptions | None = None
) -> Generator[Progress, None, Tracks]:
    """Make the tracks of a video.

    Args:
        video: detections of every frame from 0; a frame may have none.
        options: how.

    Yields:
        Progress; closing the generator stops the work, and nothing is kept.

    Raises:
        UserError: embeddings of different lengths.
    """
    options = options or OfflineOptions()
    found = Found.of(video)
    total = 2 * len(video) + len(options.rounds) + 1
    found, after, shift = yield from camera_off(found, len(video), options)
    whole = Tracklets.of(after)
    chance = np.full(len(found), np.nan)  # of the link behind each detection
    linking = rounds_of_linking(found, after, options.rounds, noise=options.noise, model=options.model)
    for number, step in enumerate(linking):
        after = step.after
        made = step.made
        gaps = found.frames[made.after] - found.frames[made.before]
        chance[made.before] = options.model.of_links(made.probabilities, gaps)
        yield Progress(2 * len(video) + number, total, f"Linking over {step.gap} frames")
    noise = measured(found, Tracklets.of(after), options.noise)
    yield Progress(total - 1, total, "Filling gaps")
    return _tracks(found, Tracklets.of(after), whole, chance, shift, noise, options)


def camera_off(
    found: Found, frames: int, options: OfflineOptions
) -> Generator[Progress, None, tuple[Found, Indices, Array]]:
    """Detections as a steady camera sees them, what surely follows each, and the shift (frames, 2)."""
    total = 2 * frames + len(options.rounds) + 1
    text = "Telling the camera's motion from the targets'"
    after = yield from _surely(found, frames, 0, total, text, options)
    turned = jumps(found, after, frames)
    found = found.moved(-turned)
    for frame in np.flatnonzero(np.diff(turned, axis=0).any(axis=1)):
        _join(found, after, int(frame), options)
    shaken = shaking(found, Tracklets.of(after), frames, stiffness=options.steady)
    found = found.moved(-shaken)
    shift = turned + shaken
    after = yield from _surely(found, frames, frames, total, "Joining what is surely the same", options)
    return found, after, shift


def _surely(
    found: Found, frames: int, begun: int, total: int, text: str, options: OfflineOptions
) -> Generator[Progress, None, Indices]:
    """The detection that surely follows each, (N,), or NONE."""
    after = np.full(len(found), NONE, dtype=np.intp)
    for frame in range(frames):
        _join(found, after, frame, options)
        yield Progress(begun + frame, total, text)
    return after


def _join(found: Found, after: Indices, frame: int, options: OfflineOptions) -> None:
    """Write what surely follows the detections of a frame."""
    rows, columns = sure_links(found, frame, overlap=options.overlap, margin=options.margin)
    after[slice(*np.searchsorted(found.frames, [frame, frame + 1]))] = NONE
    after[rows] = columns


def _tracks(
    found: Found,
    tracklets: Tracklets,
    whole: Tracklets,
    chance: Array,
    shift: Array,
    noise: Noise,
    options: OfflineOptions,
) -> Tracks:
    """Finished tracks of those that have evidence."""
    tracklets = _with_evidence(found, tracklets, options)
    filled = fill(found, tracklets, longest=options.longest_fill)
    boxes = smooth(
        found,
        filled,
        place=options.place * (noise.place / noise.change) ** 2,
        size=options.size,
        tolerance=options.tolerance * noise.place,
    )
    boxes[:, :2] += shift[filled.frames]
    given = filled.detections != NONE
    ids = filled.tracks + 1
    return Tracks(
        filled.frames,
        ids,
        boxes,
        _scores(found, filled),
        found.classes[tracklets.firsts][filled.tracks],
        np.where(given, found.rows[filled.detections], NONE),
        _links(found, tracklets, whole, chance),
    )


def _with_evidence(found: Found, tracklets: Tracklets, options: OfflineOptions) -> Tracklets:
    chance = options.tracks.probabilities(track_evidence(found, tracklets))
    return tracklets.chosen((chance >= options.believed) & (tracklets.lengths >= options.shortest))


def _scores(found: Found, filled: Filled) -> Array:
    """Of every row; a filled one has the lesser of those before and behind its gap."""
    given = filled.detections != NONE
    rows = np.arange(len(given))
    before = np.maximum.accumulate(np.where(given, rows, 0))
    behind = np.minimum.accumulate(np.where(given, rows, len(rows))[::-1])[::-1]
    score = np.where(given, found.scores[filled.detections], 0.0) if len(given) else np.empty(0)
    return np.asarray(np.minimum(score[before], score[behind]))


def _links(found: Found, tracklets: Tracklets, whole: Tracklets, chance: Array) -> Links:
    track = np.repeat(np.arange(len(tracklets)), tracklets.lengths)
    at = np.flatnonzero(~np.isnan(chance[tracklets.order]))
    before, after = tracklets.order[at], tracklets.order[at + 1]
    number = np.empty(len(found), dtype=np.int64)
    number[whole.order] = np.repeat(np.arange(len(whole)), whole.lengths)
    frames = found.frames.astype(np.int64)
    return Links(
        track[at].astype(np.int64) + 1,
        frames[before],
        frames[after],
        number[before],
        number[after],
        frames[after] - frames[before],
        chance[before],
    )
