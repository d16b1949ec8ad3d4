"""Plans of pairs: what is where in each search crop, drawn for a whole batch before anything is painted."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import UserError
from workbench.training.synthetic.backgrounds import affine
from workbench.training.synthetic.bank import Bank, BankOptions

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
FACTORS = (1.0, 1.5, 2.0, 3.0)
FACTOR_SHARES = (0.58, 0.19, 0.15, 0.08)
OTHERS = 3  # places for other objects in a crop, one of them in front of the target


@dataclass(frozen=True)
class PairOptions:
    """What pairs to make.

    Args:
        batch: pairs a batch.
        batches_at_once: batches painted together: an accelerator paints many pairs nearly as fast as few.
        size: pixels of a crop's side.
        search_area: side of a crop over the root of the target's area.
        frames: crops of each target, the reference first.
        centre_jitter: how far the target may be from the middle of the other crops, in roots of its area.
        scale_jitter: standard deviation of the logarithm of the other crops' scale.
        distractors: mean number of other things in a crop; about half look like the target.
        occluders: share of the other crops where something lies in front of the target.
        loose: share of the targets whose box is drawn too large, too small or beside them.
        turn, squeeze: standard deviations of the rotation (radians) and of the logarithm of the aspect
            ratio between crops of one target.
        ramp: batches over which distractors, occluders and changes grow to the full; 0 for full at once.
        pairs_a_bank: pairs painted from one bank before the next is made.
        banks_at_once: banks that are painted from in turn, made at different times, so that as many
            processes can paint and no bank is made twice; each takes memory where it is painted from.
        bank: what a bank holds.

    Raises:
        UserError: one of the numbers is not at least 1.
    """

    batch: int = 32
    batches_at_once: int = 1
    size: int = 144
    search_area: float = 5.0
    frames: int = 2
    centre_jitter: float = 1.6
    scale_jitter: float = 0.3
    distractors: float = 1.3
    occluders: float = 0.3
    loose: float = 0.3
    turn: float = 0.15
    squeeze: float = 0.1
    ramp: int = 0
    pairs_a_bank: int = 4096
    banks_at_once: int = 1
    bank: BankOptions = field(default_factory=BankOptions)

    def __post_init__(self) -> None:
        for name in ("batch", "batches_at_once", "size", "frames", "pairs_a_bank", "banks_at_once"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} must be at least 1.")


@dataclass(frozen=True)
class Layer:
    """One thing in some of the crops: ``rows`` (n,) are frame * batch + pair."""

    which: Indices
    placements: Array
    rows: Indices

    def of_pairs(self, pairs: Indices, batch: int, factor: float) -> Layer:
        """What concerns these pairs, their rows counted anew, in pixels ``factor`` times as large."""
        place = np.full(batch, -1)
        place[pairs] = np.arange(len(pairs))
        frame, pair = np.divmod(self.rows, batch)
        kept = place[pair] >= 0
        rows = frame[kept] * len(pairs) + place[pair[kept]]
        return Layer(self.which[kept], self.placements[kept] / factor, rows)


@dataclass(frozen=True)
class Plan:
    """A batch before it is painted.

    Args:
        targets: (B,) objects of the bank.
        factors: (B,) pixels of the crop for one of the source, above 1 for targets that are small there.
        target: the targets' layer, in the order of rows.
        boxes: (T, B, 4).
        areas: (T, B) pixels of each whole target.
        behind, before: other objects behind and in front of the target.
        cover: patches in front of all.
        grounds: (B,) backgrounds; views (T, B, 3, 3) crop pixels to background pixels.
    """

    targets: Indices
    factors: Array
    target: Layer
    boxes: Array
    areas: Array
    behind: list[Layer]
    before: list[Layer]
    cover: Layer
    grounds: Indices
    views: Array

    def of_pairs(self, pairs: Indices, factor: float) -> Plan:
        """The plan of some of the pairs, in pixels ``factor`` times as large."""
        b, t = len(self.targets), self.boxes.shape[0]

        def pick(layer: Layer) -> Layer:
            return layer.of_pairs(pairs, b, factor)

        return Plan(
            targets=self.targets[pairs],
            factors=self.factors[pairs],
            target=pick(self.target),
            boxes=self.boxes[:, pairs] / factor,
            areas=self.areas.reshape(t, b)[:, pairs] / factor**2,
            behind=[pick(layer) for layer in self.behind],
            before=[pick(layer) for layer in self.before],
            cover=pick(self.cover),
            grounds=self.grounds[pairs],
            views=self.views[:, pairs] @ np.diag([factor, factor, 1.0]),
        )


def make_plan(rng: np.random.Generator, bank: Bank, options: PairOptions, strength: float) -> Plan:
    """Draw a batch; ``strength`` in [0, 1] scales what makes pairs hard."""
    t, b, sprites = options.frames, options.batch, bank.sprites
    targets = rng.integers(len(sprites), size=b)
    poses = _poses(rng, (t, b), sprites.poses)
    linear = _looks(rng, options, strength)
    shape = _boxes(rng, sprites.hull[targets, poses], linear, options)
    zoom = np.clip(rng.normal(size=(t, b)), -2, 2) * options.scale_jitter
    zoom[0] = 0.0
    placements, boxes = _place(rng, linear, shape, zoom, options)
    areas = sprites.area[targets, poses] * np.abs(np.linalg.det(placements[..., :2]))
    others = [_other(rng, bank, targets, placements, options, strength) for _ in range(OTHERS)]
    return Plan(
        targets=targets,
        factors=rng.choice(FACTORS, b, p=FACTOR_SHARES),
        target=Layer(
            (targets * sprites.poses + poses).ravel(), placements.reshape(-1, 2, 3), np.arange(t * b)
        ),
        boxes=boxes,
        areas=areas,
        behind=others[1:],
        before=others[:1],
        cover=_cover(rng, bank, boxes, options, strength),
        grounds=rng.integers(len(bank.backgrounds[0]), size=b),
        views=_views(rng, bank, zoom, options, strength),
    )


def _poses(rng: np.random.Generator, shape: tuple[int, int], poses: int) -> Indices:
    poses_ = rng.integers(poses, size=shape)
    return np.where(rng.random(shape) < 0.25, poses_[:1], poses_)


def _heavy(rng: np.random.Generator, shape: tuple[int, ...], share: float, factor: float) -> Array:
    """Normal numbers, a share of them ``factor`` times as large."""
    return rng.normal(size=shape) * np.where(rng.random(shape) < share, factor, 1.0)


def _looks(rng: np.random.Generator, options: PairOptions, strength: float) -> Array:
    """(T, B, 2, 2) how each target is turned, mirrored and squeezed, at unit scale."""
    t, b = options.frames, options.batch
    anyhow = rng.random(b) < 0.15
    angle = np.where(anyhow, rng.uniform(-np.pi, np.pi, b), rng.normal(0, 0.1, b))
    change = strength * _heavy(rng, (t, b), 0.12, 4.0) * options.turn
    aspect = rng.normal(0, 0.12, b) + strength * _heavy(rng, (t, b), 0.15, 2.5) * options.squeeze / 2
    mirror = np.where(rng.random(b) < 0.5, -1.0, 1.0) * np.where(rng.random((t, b)) < 0.04 * strength, -1, 1)
    shear = strength * rng.normal(0, 0.06, (t, b))
    flat = affine(
        (angle + change).ravel(),
        (mirror * np.exp(aspect)).ravel(),
        np.exp(-aspect).ravel(),
        shear=shear.ravel(),
    )
    return flat[:, :, :2].reshape(t, b, 2, 2)


def _boxes(rng: np.random.Generator, hull: Array, linear: Array, options: PairOptions) -> Array:
    """(T, B, 4) middle and size of each box in the target's own plane, loosely drawn for some pairs."""
    points = hull @ np.swapaxes(linear, -1, -2)
    low, high = points.min(axis=2), points.max(axis=2)
    b = options.batch
    loose = (rng.random(b) < options.loose)[:, None]
    grow = np.exp(np.where(loose, rng.normal(0.04, 0.15, (b, 2)), 0.0))
    shift = np.where(loose, rng.normal(0, 0.06, (b, 2)), 0.0)
    return np.concatenate([(low + high) / 2 + shift * (high - low), (high - low) * grow], axis=-1)


def _place(
    rng: np.random.Generator, linear: Array, shape: Array, zoom: Array, options: PairOptions
) -> tuple[Array, Array]:
    """Sprite to crop (T, B, 2, 3) and the boxes in the crop (T, B, 4)."""
    unit = options.size / options.search_area
    scale = (unit * np.exp(-zoom) / np.sqrt(shape[..., 2] * shape[..., 3]))[..., None]
    offset = rng.uniform(-1, 1, (*zoom.shape, 2)) * options.centre_jitter * unit
    offset[0] = 0.0
    centre = options.size / 2 + offset
    maps = np.concatenate([linear * scale[..., None], (centre - scale * shape[..., :2])[..., None]], axis=-1)
    return maps, np.concatenate([centre - scale * shape[..., 2:] / 2, scale * shape[..., 2:]], axis=-1)


def _other(
    rng: np.random.Generator,
    bank: Bank,
    targets: Indices,
    placements: Array,
    options: PairOptions,
    strength: float,
) -> Layer:
    """One more object in some crops, the same in all frames of a pair, about the target's size.

    Some are the target's sibling or its double, some are anything.
    """
    t, b = options.frames, options.batch
    n = len(bank.sprites)
    kind = rng.random(b)
    objects = np.select(
        [kind < 0.3, kind < 0.5], [bank.sprites.sibling(targets), targets], rng.integers(n, size=b)
    )
    present = rng.random(b) < strength * options.distractors / OTHERS
    there = (present & (rng.random((t, b)) < 0.85)).ravel()
    maps = placements.copy()
    maps[..., :2] *= np.exp(rng.normal(0, 0.25, b) + rng.normal(0, 0.06, (t, b)))[..., None, None]
    maps[..., 2] = rng.uniform(0, options.size, (t, b, 2))
    which = objects * bank.sprites.poses + rng.integers(bank.sprites.poses, size=(t, b))
    return Layer(which.ravel()[there], maps.reshape(-1, 2, 3)[there], np.flatnonzero(there))


def _cover(
    rng: np.random.Generator, bank: Bank, boxes: Array, options: PairOptions, strength: float
) -> Layer:
    """A patch over a part of the target in some crops, seldom in the reference."""
    t, b = options.frames, options.batch
    share = np.where(np.arange(t) == 0, 0.15, 1.0)[:, None] * options.occluders * strength
    there = (rng.random((t, b)) < share).ravel()
    box = boxes.reshape(-1, 4)[there]
    n = len(box)
    side = np.sqrt(box[:, 2] * box[:, 3])
    pole = rng.random(n) < 0.4
    width = side * np.where(pole, rng.uniform(0.1, 0.4, n), rng.uniform(0.25, 0.7, n))
    height = side * np.where(pole, rng.uniform(1.5, 5.0, n), rng.uniform(0.25, 0.7, n))
    maps = affine(np.where(pole, rng.normal(0, 0.15, n), rng.uniform(0, np.pi, n)), width, height)
    way, far = rng.uniform(0, 2 * np.pi, n), rng.uniform(0.2, 0.75, n)
    maps[:, :, 2] = box[:, :2] + box[:, 2:] * (0.5 + np.stack([np.cos(way), np.sin(way)], 1) * far[:, None])
    return Layer(rng.integers(len(bank.patches.pictures[0]), size=n), maps, np.flatnonzero(there))


def _views(rng: np.random.Generator, bank: Bank, zoom: Array, options: PairOptions, strength: float) -> Array:
    """(T, B, 3, 3) crop pixels to background pixels, a little in perspective."""
    t, b = options.frames, options.batch
    side, size = bank.backgrounds[0].shape[-1], options.size
    first = np.exp(rng.uniform(np.log(0.45), np.log(1.3), b)) * (144 / size)
    away = rng.random(b) < 0.12  # pairs so far apart in time that the background is another
    scale = first * np.exp(zoom + strength * rng.normal(0, 0.1, (t, b)))
    angle = rng.normal(0, 0.15, b) + strength * _heavy(rng, (t, b), 0.1, 4.0) * 0.05
    maps = affine(angle.ravel(), scale.ravel(), scale.ravel()).reshape(t, b, 2, 3)
    drift = rng.normal(0, 1, (t, b, 2)) * np.where(away, 2.0, 0.35)[:, None] * size * first[:, None]
    middle = rng.uniform(0.2, 0.8, (b, 2)) * side + drift
    views = np.zeros((t, b, 3, 3))
    views[..., :2, :2] = maps[..., :2]
    views[..., :2, 2] = middle - (maps[..., :2] @ np.full(2, size / 2))
    views[..., 2, :2] = strength * rng.normal(0, 0.06, (t, b, 2)) / size
    views[..., 2, 2] = 1.0 - views[..., 2, :2].sum(axis=-1) * size / 2
    return views
