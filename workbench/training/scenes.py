"""Procedural video with exact boxes: textured targets that move, grow, turn and pass behind each other.

A scene is a function of its options and seed alone. Targets are closed shapes with textures of their
own over a textured background that a slowly moving camera looks at; they are painted in a fixed order
of depth, which gives each one's visibility exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Array = NDArray[np.float64]

HIDDEN = 0.05  # below this share of visible pixels a target counts as hidden
TEXTURE = 192  # pixels of a target's own texture, each side


@dataclass(frozen=True)
class SceneOptions:
    """What to make.

    Args:
        width, height: pixels of a frame.
        frames: length of the clip.
        targets: how many targets move through it.
        seed: everything random comes from it.
        noise: standard deviation of the sensor noise, in grey levels.
    """

    width: int = 640
    height: int = 360
    frames: int = 240
    targets: int = 5
    seed: int = 7
    noise: float = 2.0


@dataclass(frozen=True)
class SceneFrame:
    """One frame and what is true of it.

    Args:
        image: (H, W, 3) RGB.
        boxes: (N, 4) x, y, w, h around all of each target, hidden parts included.
        visibility: (N,) share of the target's pixels that can be seen, [0, 1]; 0 outside the picture.
    """

    image: Image
    boxes: Array
    visibility: Array


@dataclass(frozen=True)
class _Sprite:
    """A target: its picture, its outline, and the waves that move it."""

    texture: Image  # (T, T, 3)
    outline: Array  # (P, 2) in [-1, 1]
    aspect: float
    path: Array  # (2, 3, 3): for x and y three waves of amplitude, frequency, phase
    centre: Array
    size: tuple[float, float, float, float]  # mean half side in px, growth, frequency, phase
    spin: tuple[float, float, float]


def make_scene(options: SceneOptions | None = None) -> Iterator[SceneFrame]:
    """Yield the frames of a scene, in order.

    Args:
        options: what to make; the defaults give the demo clip.
    """
    options = options or SceneOptions()
    rng = np.random.default_rng(options.seed)
    margin = 60
    ground = _texture(rng, (options.height + 2 * margin, options.width + 2 * margin), contrast=0.5, kind=2)
    sprites = [_sprite(rng, options, i) for i in range(options.targets)]
    for frame in range(options.frames):
        image = _look_at(ground, frame, options, margin)
        yield _paint(image, sprites, frame, options, rng)


def _look_at(ground: Image, frame: int, options: SceneOptions, margin: int) -> Image:
    t = frame / 240
    dx = margin * (1 + 0.9 * np.sin(2 * np.pi * t * 0.9))
    dy = margin * (1 + 0.7 * np.sin(2 * np.pi * t * 0.6 + 1.0))
    matrix = np.array([[1.0, 0.0, -dx], [0.0, 1.0, -dy]])
    return np.asarray(cv2.warpAffine(ground, matrix, (options.width, options.height), flags=cv2.INTER_LINEAR))


def _paint(
    image: Image, sprites: list[_Sprite], frame: int, options: SceneOptions, rng: np.random.Generator
) -> SceneFrame:
    owner = np.full(image.shape[:2], -1, dtype=np.int16)
    boxes, areas = [], []
    canvas = image.astype(np.float32)
    for i, sprite in enumerate(sprites):
        matrix, outline = _place(sprite, frame)
        low, high = outline.min(axis=0), outline.max(axis=0)
        boxes.append([*low, *(high - low)])
        areas.append(abs(float(cv2.contourArea(outline.astype(np.float32)))))
        _stamp(canvas, owner, sprite, matrix, outline, i)
    light = 1.0 + 0.12 * np.sin(2 * np.pi * frame / 170)
    canvas = canvas * light + rng.normal(0.0, options.noise, canvas.shape).astype(np.float32)
    seen = np.array([np.count_nonzero(owner == i) for i in range(len(sprites))], dtype=np.float64)
    visibility = np.clip(seen / np.maximum(areas, 1.0), 0.0, 1.0)
    visibility[visibility < HIDDEN] = 0.0
    return SceneFrame(np.clip(canvas, 0, 255).astype(np.uint8), np.array(boxes), visibility)


def _place(sprite: _Sprite, frame: int) -> tuple[Array, Array]:
    """The map from texture to picture (2, 3), and the outline in picture pixels (P, 2)."""
    t = frame / 240
    amplitude, frequency, phase = sprite.path[:, 0], sprite.path[:, 1], sprite.path[:, 2]
    centre = sprite.centre + (amplitude * np.sin(2 * np.pi * frequency * t + phase)).sum(axis=1)
    mean, growth, rate, offset = sprite.size
    half = mean * np.exp(growth * np.sin(2 * np.pi * rate * t + offset))
    angle = sprite.spin[0] * np.sin(2 * np.pi * sprite.spin[1] * t + sprite.spin[2])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ np.diag([half * np.sqrt(sprite.aspect), half / np.sqrt(sprite.aspect)])
    outline = sprite.outline @ linear.T + centre
    # texture pixel p covers [-1, 1] of the shape
    scale = linear * (2.0 / TEXTURE)
    matrix = np.column_stack([scale, centre - linear @ np.ones(2)])
    return matrix, outline


def _stamp(
    canvas: NDArray[np.float32],
    owner: NDArray[np.int16],
    sprite: _Sprite,
    matrix: Array,
    outline: Array,
    i: int,
) -> None:
    height, width = owner.shape
    left, top = np.clip(np.floor(outline.min(axis=0)).astype(int) - 1, 0, (width, height))
    right, bottom = np.clip(np.ceil(outline.max(axis=0)).astype(int) + 1, 0, (width, height))
    if right <= left or bottom <= top:
        return
    corner = np.array([left, top])
    mask = np.zeros((bottom - top, right - left), np.uint8)
    shift = 4  # sub-pixel bits of fillPoly, whose pixel centres are at whole numbers
    points = np.round((outline - corner - 0.5) * (1 << shift)).astype(np.int32)
    cv2.fillPoly(mask, [points], 255, lineType=cv2.LINE_AA, shift=shift)
    local = matrix - np.column_stack([np.zeros((2, 2)), corner])
    painted = cv2.warpAffine(
        sprite.texture, local, mask.shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    alpha = (mask.astype(np.float32) / 255.0)[..., None]
    window = canvas[top:bottom, left:right]
    window += alpha * (painted - window)
    owner[top:bottom, left:right][mask > 127] = i


def _sprite(rng: np.random.Generator, options: SceneOptions, i: int) -> _Sprite:
    points = rng.integers(5, 11)
    angles = np.sort(rng.uniform(0, 2 * np.pi, points)) if i % 2 else np.linspace(0, 2 * np.pi, 41)[:-1]
    radius = rng.uniform(0.7, 1.0, len(angles)) if i % 2 else np.ones(len(angles))
    outline = np.column_stack([np.cos(angles), np.sin(angles)]) * radius[:, None]
    outline /= np.abs(outline).max(axis=0)
    span = np.array([options.width, options.height], dtype=np.float64)
    path = np.stack(
        [
            np.stack(
                [
                    share * s * np.array([0.26, 0.1, 0.03]),
                    rng.uniform(0.6, 1.4, 3) * [1, 2, 4],
                    rng.uniform(0, 6.3, 3),
                ]
            )
            for s, share in zip(span, (1.0, 0.9), strict=True)
        ]
    )
    side = options.height * rng.uniform(0.075, 0.13)
    return _Sprite(
        texture=_texture(rng, (TEXTURE, TEXTURE), contrast=1.0),
        outline=outline,
        aspect=float(np.exp(rng.uniform(-0.5, 0.5))),
        path=path,
        centre=span * rng.uniform(0.38, 0.62, 2),
        size=(side, rng.uniform(0.15, 0.4), rng.uniform(0.5, 1.3), rng.uniform(0, 6.3)),
        spin=(rng.uniform(0.0, 0.5), rng.uniform(0.3, 1.0), rng.uniform(0, 6.3)),
    )


def _texture(
    rng: np.random.Generator, shape: tuple[int, int], *, contrast: float, kind: int | None = None
) -> Image:
    """Octaves of smooth noise between two or three colours, with stripes, dots or leaves over it."""
    height, width = shape
    field = np.zeros(shape, np.float32)
    for octave in (4, 8, 16, 32, 64):
        grid = rng.random((octave, octave * width // height + 1), dtype=np.float32)
        smooth: NDArray[np.float32] = np.asarray(
            cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC), np.float32
        )
        field += smooth / octave**0.6
    field = (field - field.min()) / np.ptp(field)
    dark, bright = _colours(rng, contrast)
    image = dark + (bright - dark) * field[..., None]
    _decorate(image, rng, contrast, int(rng.integers(3)) if kind is None else kind)
    return np.asarray(np.clip(image, 0, 255), np.uint8)


def _colours(rng: np.random.Generator, contrast: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    hue = rng.uniform(0, 180)
    low, high = 128 - 95 * contrast, 128 + 95 * contrast
    hsv = np.array(
        [[[hue, 150 * contrast, low], [(hue + rng.uniform(20, 70)) % 180, 190 * contrast, high]]],
        dtype=np.float32,
    )
    rgb = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB).astype(np.float32)
    return rgb[0, 0], rgb[0, 1]


def _decorate(image: NDArray[np.float32], rng: np.random.Generator, contrast: float, kind: int) -> None:
    height, width = image.shape[:2]
    colour = tuple(float(c) for c in rng.uniform(128 - 110 * contrast, 128 + 110 * contrast, 3))
    if kind == 0:
        for x in range(0, width + height, int(rng.integers(18, 40))):
            cv2.line(image, (x, 0), (x - height, height), colour, int(rng.integers(3, 9)), cv2.LINE_AA)
    elif kind == 1:
        for _ in range(height * width // 1500):
            centre = (int(rng.integers(width)), int(rng.integers(height)))
            cv2.circle(image, centre, int(rng.integers(3, 11)), colour, -1, cv2.LINE_AA)
    else:
        for _ in range(height * width // 1200):
            centre = (int(rng.integers(width)), int(rng.integers(height)))
            axes = (int(rng.integers(3, 16)), int(rng.integers(2, 8)))
            shade = tuple(float(c) for c in rng.uniform(128 - 100 * contrast, 128 + 100 * contrast, 3))
            cv2.ellipse(image, centre, axes, float(rng.uniform(0, 180)), 0, 360, shade, -1, cv2.LINE_AA)
