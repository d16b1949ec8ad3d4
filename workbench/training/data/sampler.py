"""Which frames of which sequence are shown together: reference frames, and test frames near them in time.

After the sampler of ATOM's training (Danelljan et al. 2019, arXiv:1811.07628): test frames are drawn from
the visible ones within a gap around (or behind) the first reference frame, and the gap grows until there
are any. Single pictures are paired with themselves.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from workbench.core.errors import UserError
from workbench.training.data.sequences import Flags, SequenceInfo, SequenceSet

LEAST_FRAMES = 20  # of a video
GROWTH = 5  # frames the gap grows by at each retry
TRIES = 2000  # sequences looked at before a set is given up


@dataclass(frozen=True)
class SamplerOptions:
    """What is drawn.

    Args:
        max_gap: frames between the first reference frame and the others, at most.
        train_frames, test_frames: how many of each.
        mode: test frames lie on both sides of the reference ("interval") or only behind it ("causal").
    """

    max_gap: int = 50
    train_frames: int = 1
    test_frames: int = 1
    mode: Literal["interval", "causal"] = "interval"


class Sampled(NamedTuple):
    """Frames of one sequence; all show the target.

    Args:
        source: the data set's place in the list.
        sequence: number in the set.
        info: of the sequence.
        train, test: frame numbers, the first of ``train`` is the one the gap is measured from.
    """

    source: int
    sequence: int
    info: SequenceInfo
    train: list[int]
    test: list[int]


def sample(
    sets: Sequence[SequenceSet], shares: Sequence[float], *, options: SamplerOptions, rng: random.Random
) -> Sampled:
    """Frames of a random sequence of a random set.

    Args:
        sets: at least one.
        shares: how often each is used, in any unit.
        options: see ``SamplerOptions``.
        rng: advanced by as many numbers as are needed.

    Raises:
        UserError: the set that was drawn has no video with enough frames that show the target.
        FormatError: annotations cannot be read.
    """
    total = sum(shares)
    source = rng.choices(range(len(sets)), [share / total for share in shares])[0]
    drawn = sets[source]
    sequence, info = _sequence(drawn, options, rng)
    if drawn.stills:
        return Sampled(source, sequence, info, [0] * options.train_frames, [0] * options.test_frames)
    frames = _interval if options.mode == "interval" else _causal
    train, test = frames(info.visible > 0, options, rng)
    return Sampled(source, sequence, info, train, test)


def _sequence(drawn: SequenceSet, options: SamplerOptions, rng: random.Random) -> tuple[int, SequenceInfo]:
    enough = 2 * (options.train_frames + options.test_frames)
    for _ in range(TRIES):
        sequence = rng.randint(0, len(drawn) - 1)
        info = drawn.info(sequence)
        if drawn.stills or (len(info.visible) >= LEAST_FRAMES and (info.visible > 0).sum() > enough):
            return sequence, info
    raise UserError(
        f"{drawn.name} has no sequence of {LEAST_FRAMES} frames with the target visible in more than {enough}"
        " of them; leave the set out."
    )


def _interval(visible: Flags, options: SamplerOptions, rng: random.Random) -> tuple[list[int], list[int]]:
    gap = options.max_gap
    while True:
        base = _visible(visible, 0, len(visible), number=1, rng=rng)
        others = _visible(visible, base[0] - gap, base[0] + gap, number=options.train_frames - 1, rng=rng)
        if len(others) == options.train_frames - 1:
            test = _visible(visible, base[0] - gap, base[0] + gap, number=options.test_frames, rng=rng)
            if test:
                return base + others, test
        gap += GROWTH


def _causal(visible: Flags, options: SamplerOptions, rng: random.Random) -> tuple[list[int], list[int]]:
    gap = options.max_gap
    while True:
        last = len(visible) - options.test_frames
        base = _visible(visible, options.train_frames - 1, last, number=1, rng=rng)
        others = _visible(visible, base[0] - gap, base[0], number=options.train_frames - 1, rng=rng)
        if len(others) == options.train_frames - 1:
            test = _visible(visible, base[0] + 1, base[0] + gap, number=options.test_frames, rng=rng)
            if test:
                return base + others, test
        gap += GROWTH


def _visible(visible: Flags, start: int, stop: int, *, number: int, rng: random.Random) -> list[int]:
    """So many of the visible frames in [start, stop), with repetition; none where there are none."""
    if number == 0:
        return []
    start = max(start, 0)
    there = [start + int(i) for i in visible[start:stop].nonzero()[0]]
    return rng.choices(there, k=number) if there else []
