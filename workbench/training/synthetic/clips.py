"""Clips: whole frames of several targets that move, grow, turn and pass behind each other.

A clip is a function of its options alone. Targets move in the frame on smooth paths, over a background that a
slowly moving camera, or one that stands still, looks at; they are painted in a fixed order of depth, which
gives each one's visibility exactly. On demand each target vanishes once, behind something or out of the
frame, and comes back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from workbench.training.synthetic.backgrounds import affine, make_backgrounds
from workbench.training.synthetic.camera import look_at
from workbench.training.synthetic.clip_types import ClipFrame, ClipOptions
from workbench.training.synthetic.families import make_layouts
from workbench.training.synthetic.layouts import cycle
from workbench.training.synthetic.painting import Pyramid, paint
from workbench.training.synthetic.patches import Patches, make_patches
from workbench.training.synthetic.sprites import Sprites, make_sprites

Array = NDArray[np.float64]
HIDDEN = 0.05  # below this share of visible pixels a target counts as hidden
PATCHES = 96
POSES = 4  # of an object, passed through in a circle
PHASES = 24  # pictures of an object that the circle is made of
SECOND = 25.0  # frames
SHIFT = 64  # pixels by which the noise of a frame may be shifted


@dataclass(frozen=True)
class _Cast:
    """Objects and the way each goes: the picture (F, n), sprite to frame (F, n, 2, 3).

    There is always a sprite, even where nobody goes.
    """

    sprites: Sprites
    phases: NDArray[np.int64]
    placements: Array

    def __len__(self) -> int:
        return int(self.phases.shape[1])


@torch.no_grad()
def make_clip(options: ClipOptions | None = None) -> Iterator[ClipFrame]:
    """Yield the frames of a clip, in order.

    Args:
        options: what to make.
    """
    options = options or ClipOptions()
    setting, people, extras, sensor = (np.random.default_rng([options.seed, i]) for i in range(4))
    patches = make_patches(setting, PATCHES, device=torch.device("cpu"))
    others = _cast(extras, patches, options, options.bystanders)
    ground = make_backgrounds(setting, patches, others.sprites, 1, side=min(1024, options.width // 4 * 4))
    views = _views(setting, options, ground[0].shape[-1])
    targets = _cast(people, patches, options, options.targets)
    targets, covers = _vanish(people, targets, options)
    wide = (4, 3, options.height, options.width + SHIFT)
    grain = torch.as_tensor(sensor.standard_normal(wide, dtype=np.float32)) * options.noise
    canvas = torch.zeros(1, 5, options.height, options.width)
    for frame in range(options.frames):
        _set_scene(canvas, frame, ground, views, others)
        owners = _perform(canvas, frame, targets, patches, covers)
        number, shift = int(sensor.integers(4)), int(sensor.integers(SHIFT))
        image = _record(canvas, frame, grain[number, :, :, shift : shift + options.width])
        yield _describe(image, owners, frame, targets)


def _cast(rng: np.random.Generator, patches: Patches, options: ClipOptions, n: int) -> _Cast:
    layout = make_layouts(rng, patches, 2 * max(n, 1), poses=POSES, part_share=0.0)  # twos are siblings
    phases = min(PHASES, options.frames)
    side = int(np.clip(round(options.height * 0.28), 32, 224)) // 4 * 4
    which = np.zeros(max(n, 1), np.int64) if options.alike else np.arange(max(n, 1)) * 2
    sprites = make_sprites(cycle(layout, phases).pick(which), patches, side=side)
    time = np.arange(options.frames)[:, None] / SECOND
    pace = rng.uniform(0.4, 1.1, n)
    phase = np.floor((time * pace + rng.random(n)) * phases).astype(np.int64) % phases
    return _Cast(sprites, phase, _paths(rng, sprites.hull[:n], options))


def _paths(rng: np.random.Generator, hulls: Array, options: ClipOptions) -> Array:
    """(F, n, 2, 3): sums of slow waves, about the middle of the frame."""
    n = len(hulls)
    span = np.array([options.width, options.height], dtype=np.float64)
    t = np.arange(options.frames)[:, None] / (10 * SECOND)

    def wave(amplitude: Array | float, low: float, high: float) -> Array:
        return np.asarray(amplitude * np.sin(2 * np.pi * (rng.uniform(low, high, n) * t + rng.random(n))))

    extent = np.ptp(hulls, axis=2).prod(axis=-1).mean(axis=1) ** 0.5  # of the box, in [-1, 1]
    scale = options.size * options.height * rng.uniform(0.16, 0.26, n) / extent
    scale = scale * np.exp(wave(rng.uniform(0.12, 0.35, n), 0.5, 1.3))
    angle = wave(rng.uniform(0.0, 0.12, n), 0.3, 1.0)
    place = np.zeros((*scale.shape, 2))
    for axis, share in ((0, 1.0), (1, 0.8)):
        waves = wave(0.27, 0.6, 1.4) + wave(0.09, 1.2, 2.8) + wave(0.02, 2.4, 5.6)
        place[..., axis] = span[axis] * (rng.uniform(0.4, 0.6, n) + share * waves)
    if options.alike:
        going = np.gradient(place, axis=0)
        angle += np.unwrap(np.arctan2(going[..., 1], going[..., 0]), axis=0)
    maps = affine(angle.ravel(), scale.ravel(), scale.ravel()).reshape(*scale.shape, 2, 3)
    maps[..., 2] = place
    return maps


def _views(rng: np.random.Generator, options: ClipOptions, side: int) -> Array:
    """(F, 3, 3) frame pixels to background pixels of a camera that pans, nods and zooms a little, or not."""
    t = np.arange(options.frames) * (not options.still) / (10 * SECOND)
    pace, phase = rng.uniform(0.4, 1.2, 4), rng.random(4)
    x, y, zoom, roll = np.sin(2 * np.pi * (pace[:, None] * t + phase[:, None]))
    scale = 0.8 * side / options.width * np.exp(0.06 * zoom)
    maps = affine(0.03 * roll, scale, scale)
    middle = side / 2 + side * np.stack([0.1 * x, 0.08 * y], axis=1)
    views = np.zeros((options.frames, 3, 3))
    views[:, :2, :2], views[:, 2, 2] = maps[:, :, :2], 1.0
    views[:, :2, 2] = middle - maps[:, :, :2] @ (np.array([options.width, options.height]) / 2)
    return views


@dataclass(frozen=True)
class _Covers:
    """Patches that stand in front of all: which (m,), and patch to frame (F, m, 2, 3)."""

    which: NDArray[np.int64]
    placements: Array


def _vanish(rng: np.random.Generator, cast: _Cast, options: ClipOptions) -> tuple[_Cast, _Covers]:
    """Send some targets out of the frame for a while, and something past others, in front of them."""
    n, frames = options.targets, options.frames
    moment = (rng.uniform(0.35, 0.65, n) * frames).astype(np.int64)
    vanishing = np.flatnonzero(rng.random(n) < options.vanishing)
    hidden, leaving = vanishing[::2], vanishing[1::2]
    placements = cast.placements.copy()
    for i in leaving:
        x, _, w, _ = _boxes(cast, moment[i])[i]
        away = options.width - x if x + w / 2 > options.width / 2 else -x - w
        rest = np.abs(np.arange(frames) - moment[i]) / (0.17 * frames)
        placements[:, i, 0, 2] += np.exp(-(rest**4)) * (away + np.sign(away) * w)
    cast = _Cast(cast.sprites, cast.phases, placements)
    passing = [_pass(rng, _boxes(cast, moment[i])[i], moment[i], options) for i in hidden]
    covers = np.stack(passing, axis=1) if passing else np.zeros((frames, 0, 2, 3))
    return cast, _Covers(2 * rng.integers(PATCHES, size=len(hidden)), covers)


def _pass(rng: np.random.Generator, box: Array, moment: int, options: ClipOptions) -> Array:
    """(F, 2, 3): something that is over this box at this moment, and outside near both ends of the clip."""
    x, y, w, h = box
    wide, high = rng.uniform(1.4, 1.9) * max(w, h), rng.uniform(0.8, 1.1) * max(w, h)
    speed = rng.choice([-1.0, 1.0]) * (options.width + 2 * wide) / (0.3 * options.frames)
    maps = np.zeros((options.frames, 2, 3))
    maps[:, 0, 0], maps[:, 1, 1], maps[:, 1, 2] = wide, high, y + h / 2
    maps[:, 0, 2] = x + w / 2 + speed * (np.arange(options.frames) - moment)
    return maps


def _boxes(cast: _Cast, frame: int) -> Array:
    """(n, 4) boxes of all, hidden or not."""
    objects = np.arange(len(cast))
    maps = cast.placements[frame]
    points = cast.sprites.hull[objects, cast.phases[frame]] @ np.swapaxes(maps[:, :, :2], 1, 2)
    points += maps[:, None, :, 2]
    low, high = points.min(axis=1), points.max(axis=1)
    return np.concatenate([low, high - low], axis=1)


def _set_scene(canvas: Tensor, frame: int, ground: Pyramid, views: Array, others: _Cast) -> None:
    """Paint the background and those without a box over the last frame, and forget its owners."""
    canvas[:, :3] = look_at(ground, views[frame, None, None], (canvas.shape[2], canvas.shape[3]))[0]
    canvas[:, 3:] = 0.0
    for i in range(len(others)):
        _stamp(canvas, others, frame, i, owner=0)


def _stamp(canvas: Tensor, cast: _Cast, frame: int, i: int, *, owner: int) -> None:
    which = np.array([i * cast.sprites.poses + cast.phases[frame, i]])
    paint(
        canvas,
        cast.sprites.pictures,
        which,
        cast.placements[frame, i, None],
        np.zeros(1, np.int64),
        owner=owner,
    )


def _perform(
    canvas: Tensor, frame: int, targets: _Cast, patches: Patches, covers: _Covers
) -> NDArray[np.int16]:
    """Paint the targets, the last in front, and what covers them; returns the owners (H, W)."""
    for i in range(len(targets)):
        _stamp(canvas, targets, frame, i, owner=i + 1)
    for j in range(len(covers.which)):
        where = covers.placements[frame, j, None]
        paint(canvas, patches.pictures, covers.which[j, None], where, np.zeros(1, np.int64), owner=0)
    return canvas[0, 4].numpy().astype(np.int16) - 1


def _record(canvas: Tensor, frame: int, grain: Tensor) -> NDArray[np.uint8]:
    """Slowly changing light, and the sensor's noise."""
    light = 1.0 + 0.1 * np.sin(2 * np.pi * frame / 170)
    shot = torch.add(grain, canvas[0, :3], alpha=float(light))
    return shot.clamp_(0, 255).round_().byte().permute(1, 2, 0).contiguous().numpy()


def _describe(image: NDArray[np.uint8], owners: NDArray[np.int16], frame: int, targets: _Cast) -> ClipFrame:
    n = len(targets)
    seen = np.array([np.count_nonzero(owners == i) for i in range(n)], dtype=np.float64)
    size = np.abs(np.linalg.det(targets.placements[frame][:, :, :2]))
    areas = targets.sprites.area[np.arange(n), targets.phases[frame]] * size
    visibility = np.clip(seen / np.maximum(areas, 1.0), 0.0, 1.0)
    visibility[visibility < HIDDEN] = 0.0
    return ClipFrame(image, _boxes(targets, frame), visibility, owners)
