"""What a fixed camera sees: a textured ground, noise, a lamp, and coloured things that move, stop, touch."""

import cv2
import numpy as np

SIZE = (320, 240)  # width, height
FRAMES = 60
THINGS = (  # colour, size, start, speed, frames of standing still from the beginning
    ((200, 60, 40), (34, 22), (20, 30), (4.0, 0.3), 0),
    ((40, 160, 220), (22, 40), (240, 60), (-2.5, 1.2), 36),  # stands for most of the clip
    ((60, 60, 70), (30, 26), (20, 150), (3.0, 0.0), 0),
    ((230, 220, 90), (28, 30), (280, 152), (-3.0, 0.0), 0),  # meets the one before
)


def ground():
    generator = np.random.default_rng(5)
    coarse = generator.uniform(110, 170, (12, 16, 3)).astype(np.float32)
    fine = generator.normal(0, 6, (SIZE[1], SIZE[0], 1))
    return cv2.resize(coarse, SIZE, interpolation=cv2.INTER_CUBIC) + fine


def boxes_at(frame):
    """(N, 4) true boxes."""
    rows = []
    for _, (w, h), (x, y), (across, down), still in THINGS:
        moved = max(frame - still, 0)
        rows.append([x + across * moved, y + down * moved, w, h])
    return np.array(rows)


def picture(frame, *, noise=4.0, shadows=True, lamp=0.0):
    """(H, W, 3) uint8."""
    image = ground()
    if shadows:
        dark = np.zeros(SIZE[::-1], np.float32)
        for x, y, w, h in boxes_at(frame):
            corner = (round(x + w * 0.7 + int(w * 0.45)), round(y + h * 0.55 + int(h * 0.35)))
            cv2.ellipse(
                dark,
                corner,
                (int(w * 0.6), int(h * 0.3)),
                20,
                0,
                360,
                1.0,
                -1,
            )
        image = image * (1 - 0.4 * cv2.GaussianBlur(dark, (0, 0), 1.0)[..., None])
    for (colour, *_), (x, y, w, h) in zip(THINGS, boxes_at(frame), strict=True):
        middle = (round(16 * (x + w / 2)), round(16 * (y + h / 2)))
        axes = (round(8 * w), round(8 * h))
        cv2.ellipse(image, middle, axes, 0, 0, 360, colour, -1, cv2.LINE_AA, shift=4)
    image = image * (1 + lamp * frame / FRAMES) + np.random.default_rng(frame).normal(0, noise, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)
