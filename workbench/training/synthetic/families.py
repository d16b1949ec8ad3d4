"""Families of objects: lumps of parts, people, animals with or without a rider, vehicles, faces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workbench.training.synthetic.layouts import Assembly, Layout, join
from workbench.training.synthetic.patches import BOX, FREE, ROUND, SKIN, VARIANTS, Patches

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
SHARES = {"lump": 0.32, "person": 0.32, "animal": 0.14, "vehicle": 0.12, "face": 0.1}
PERSON_PARTS = 12


def make_layouts(
    rng: np.random.Generator, patches: Patches, n: int, *, poses: int, part_share: float
) -> Layout:
    """``n`` objects of all families in random order, 2 k + 1 the sibling of 2 k: a few parts differ.

    Args:
        rng: where every random number comes from.
        patches: what the parts are filled with.
        n: how many objects, an even number.
        poses: how many looks of each.
        part_share: share of the objects whose box is around a part only.
    """
    makers = (_lumps, _people, _animals, _vehicles, _faces)
    counts = np.bincount(rng.choice(5, n // 2, p=list(SHARES.values())), minlength=5)
    made = [
        maker(Assembly(rng, patches, count, poses), part_share)
        for maker, count in zip(makers, counts.tolist(), strict=True)
        if count
    ]
    whole, order = join(made), np.repeat(rng.permutation(n // 2), 2)
    return _vary(rng, patches, Layout(whole.which[order], whole.maps[order], whole.target[order]))


def _vary(rng: np.random.Generator, patches: Patches, layout: Layout) -> Layout:
    """Give every second object other patches in some parts and another build."""
    n, _, parts = layout.which.shape
    second = (np.arange(n) % 2 == 1)[:, None]
    other = rng.integers(len(patches.kinds), size=(n, parts)) * VARIANTS
    change = second & (rng.random((n, parts)) < 0.3)
    which = np.where(
        change[:, None] & (layout.which >= 0), other[:, None] + layout.which % VARIANTS, layout.which
    )
    build = np.exp(np.where(second, rng.normal(0, 0.08, (n, 2)), 0.0))
    return Layout(which, layout.maps * build[:, None, None, :, None], layout.target)


def _lumps(a: Assembly, part_share: float) -> Layout:
    """A body with one to six parts on and around it."""
    n = a.shape[0]
    single = a.chance(part_share)
    aspect = np.exp(a.rng.normal(0, 0.4, (n, 1)))
    body = np.where(a.chance(0.5), a.pick(FREE), np.where(a.chance(0.5), a.pick(ROUND), a.pick(BOX)))
    parts = np.maximum(a.rng.integers(1, 7, n), np.where(single, 3, 1))
    wild = np.exp(a.rng.normal(-2.6, 0.7, (n, 1)))  # how much the parts move
    keep = 2 + a.rng.integers(6, size=n) % np.maximum(parts - 2, 1)  # the boxed part, never one behind
    for i in range(6):
        patch = np.where(a.chance(0.5), a.pick(FREE), np.where(a.chance(0.5), a.pick(ROUND), a.pick(BOX)))
        angle, far = a.uniform(0, 2 * np.pi), np.sqrt(a.uniform(0, 1)) * 0.85
        size = a.uniform(0.18, 0.5)
        x = np.cos(angle) * far * aspect + wild * a.wave(1)
        y = np.sin(angle) * far + wild * a.wave(1)
        part = (size * np.exp(0.5 * a.rng.normal(0, 1, (n, 1)) + 0.6 * wild * a.wave(1)), size)
        mine = single & (keep == i)
        a.add(
            patch,
            (x, y),
            part,
            a.uniform(0, 6) + 2 * wild * a.wave(1),
            target=~single | mine,
            present=i < parts,
        )
        if i == 1:  # two parts lie behind the body
            squash = 0.8 * wild
            a.add(
                body,
                (0, 0),
                (aspect * np.exp(squash * a.wave(1)), np.exp(squash * a.wave(1))),
                target=~single,
            )
    return a.layout()


def _people(a: Assembly, part_share: float) -> Layout:
    """Walking, running, standing; a part means head and trunk."""
    upper = a.chance(part_share)
    _person(a, below=~upper, legs=np.ones(a.shape[0], bool), x=0.0, y=0.0, scale=1.0)
    return a.layout()


def _person(
    a: Assembly,
    *,
    below: NDArray[np.bool_],
    legs: NDArray[np.bool_],
    x: float,
    y: float,
    scale: float,
    target: NDArray[np.bool_] | bool = True,
) -> None:
    skin, shirt, trousers = a.pick(SKIN), a.pick(ROUND), a.pick(ROUND)
    sleeve = np.where(a.chance(0.7), shirt, skin)
    shin = np.where(a.chance(0.75), trousers, skin)
    broad, lively = a.uniform(0.85, 1.7) * scale, np.exp(a.rng.normal(-0.9, 0.6, (a.shape[0], 1)))
    lean = 0.25 * lively * a.wave(1)
    stride, swing = lively * a.wave(1), lively * a.wave(1.2)
    knee = lively * np.abs(a.wave(0.8))
    hip, neck = (x + 0 * lean, y + 0.02 * scale), (x + lean * 0.62 * scale, y - 0.62 * scale)
    for side in (-1, 1):
        leg = (hip[0] + 0.09 * side * broad, hip[1] * np.ones_like(lean))
        flags = {"target": below & target, "present": legs}
        bend = a.limb(trousers, leg, side * stride + 0.05 * side, (0.46 * scale, 0.085 * broad), **flags)
        a.limb(
            shin, bend, side * stride - knee * (0.4 + 0.6 * (side > 0)), (0.44 * scale, 0.06 * broad), **flags
        )
        if side < 0:
            _arm(a, neck, (sleeve, skin), (side, swing, broad, scale), target=target)
    a.limb(shirt, neck, -lean, (0.6 * scale, 0.19 * broad), target=target)
    bag = a.chance(0.25)
    a.add(
        a.pick(FREE),
        (neck[0] - 0.15 * broad, neck[1] + 0.25 * scale),
        (0.14 * broad, 0.2 * scale),
        target=target,
        present=bag,
    )
    head = (neck[0] + 0.04 * a.wave(1), neck[1] - 0.24 * scale)
    a.add(skin, head, (0.11 * np.sqrt(broad * scale), 0.15 * scale), lean, target=target)
    hair = (head[0] + 0.03 * a.wave(1), head[1] - 0.06 * scale)
    a.add(
        a.pick(ROUND),
        hair,
        (0.12 * np.sqrt(broad * scale), 0.11 * scale),
        lean,
        target=target,
        present=a.chance(0.8),
    )
    _arm(a, neck, (sleeve, skin), (1, swing, broad, scale), target=target)


def _arm(
    a: Assembly,
    neck: tuple[Array, float],
    patches: tuple[Indices, Indices],
    numbers: tuple[int, Array, Array, float],
    *,
    target: NDArray[np.bool_] | bool,
) -> None:
    """Upper and lower arm of ``patches``; numbers are side (-1 or 1), swing, breadth, scale."""
    sleeve, skin = patches
    side, swing, broad, scale = numbers
    shoulder = (neck[0] + 0.19 * side * broad, neck[1] + 0.08 * scale)
    elbow = a.limb(sleeve, shoulder, -side * swing + 0.12 * side, (0.3 * scale, 0.058 * broad), target=target)
    bend = -side * swing + 0.5 * np.abs(swing)
    a.limb(np.where(a.chance(0.4), sleeve, skin), elbow, bend, (0.26 * scale, 0.048 * broad), target=target)


def _animals(a: Assembly, part_share: float) -> Layout:
    """Four legs, a neck, a head, a tail; some carry a rider, and a part means the rider or the animal."""
    n = a.shape[0]
    fur, ridden = a.pick(ROUND), a.chance(0.3)
    part = a.chance(2 * part_share) & ridden
    rider_only = part & a.chance(0.6)
    mine = ~rider_only
    long, leg = a.uniform(0.5, 0.9), a.uniform(0.3, 0.75)
    thick, stride = a.uniform(0.2, 0.36), a.wave(0.45)
    shin = np.where(a.chance(0.7), fur, a.pick(ROUND))
    for end in (-1, 1):
        for side in (-1, 1):
            x = end * (long - 0.12) + 0.05 * side
            angle = side * stride * (1 + 0.3 * end) + 0.3 * a.wave(0.5)
            bend = a.limb(fur, (x, 0.1), angle, (leg * 0.55, 0.09), target=mine)
            a.limb(shin, bend, angle * 0.5 - np.abs(stride) * 0.5, (leg * 0.5, 0.06), target=mine)
    a.limb(fur, (-long, -0.05), -a.uniform(0.2, 1.6) + a.wave(0.3), (a.uniform(0.2, 0.6), 0.05), target=mine)
    a.add(fur, (0, 0), (long, thick), a.wave(0.06), target=mine)
    a.add(
        a.pick(FREE),
        (a.uniform(-0.4, 0.4), 0),
        (long * 0.4, thick * 0.7),
        a.wave(0.1),
        target=mine,
        present=a.chance(0.4),
    )
    tip = a.limb(
        fur,
        (long - 0.1, -0.08),
        np.pi - a.uniform(0.3, 1.3) + a.wave(0.2),
        (a.uniform(0.2, 0.6), 0.12),
        target=mine,
    )
    a.add(
        np.where(a.chance(0.7), fur, a.pick(ROUND)),
        tip,
        (a.uniform(0.16, 0.26), 0.13),
        a.uniform(-0.2, 0.8) + a.wave(0.25),
        target=mine,
    )
    _person(
        a,
        below=np.ones(n, bool),
        legs=ridden,
        x=0.0,
        y=-0.25,
        scale=0.75,
        target=ridden & (~part | rider_only),
    )
    layout = a.layout()
    layout.which[~ridden, :, -PERSON_PARTS:] = -1
    return layout


def _vehicles(a: Assembly, part_share: float) -> Layout:
    """A body and a cabin of one paint, windows, wheels, lights, seen from anywhere around."""
    del part_share  # a vehicle is always boxed as a whole
    paint, glass = a.pick(BOX), a.pick(BOX)
    rim, light = a.pick(ROUND), a.pick(ROUND)
    long, tall = a.uniform(0.6, 1.5), a.uniform(0.25, 0.5)
    turn = 1 - np.abs(a.wave(0.12))  # seen a little from the front: shorter
    top, wide = a.uniform(0.2, 0.6), a.uniform(0.4, 0.95)
    shift = a.uniform(-0.2, 0.2)
    a.add(paint, (shift * long * turn, -tall - top * 0.8), (long * wide * turn, top), target=True)
    for k in (-1, 0, 1):
        x = (shift + k * wide * 0.6) * long * turn
        a.add(glass, (x, -tall - top * 0.85), (long * wide * 0.25 * turn, top * 0.6), present=a.chance(0.85))
    a.add(paint, (0, 0), (long * turn, tall), a.wave(0.02))
    a.add(a.pick(BOX), (0, a.uniform(-0.2, 0.2)), (long * 0.97 * turn, tall * 0.25), present=a.chance(0.4))
    a.add(a.pick(FREE), (shift, 0), (long * 0.3 * turn, tall * 0.6), present=a.chance(0.3))
    wheel = a.uniform(0.14, 0.26)
    for end in (-1, 1):
        a.add(rim, (end * long * 0.62 * turn, tall), (wheel * turn, wheel), a.wave(2), present=a.chance(0.9))
        a.add(light, (end * long * 0.88 * turn, -0.3 * tall), (0.1 * turn, 0.09), present=a.chance(0.7))
    return a.layout()


def _faces(a: Assembly, part_share: float) -> Layout:
    """Head and shoulders; a part means the face alone, which is the usual box."""
    face_only = a.chance(min(1.0, 0.4 + part_share))
    skin, hair, shirt = a.pick(SKIN), a.pick(ROUND), a.pick(FREE)
    nod, turn, tilt = a.wave(0.06), a.wave(0.14), a.wave(0.12)
    context = ~face_only
    a.add(
        hair,
        (0.3 * turn, -0.15),
        (a.uniform(0.5, 0.75), a.uniform(0.7, 1.1)),
        tilt,
        target=context,
        present=a.chance(0.7),
    )
    a.add(shirt, (0, 1.35), (a.uniform(0.8, 1.3), 0.65), 0.3 * tilt, target=context)
    a.add(skin, (0, 0.7), (0.24, 0.4), target=context)
    a.add(skin, (turn * 0.4, nod), (a.uniform(0.42, 0.58), a.uniform(0.6, 0.75)), tilt)
    a.add(hair, (turn * 0.2, -0.52 + nod), (0.5, a.uniform(0.15, 0.32)), tilt, present=a.chance(0.8))
    eye, mouth, beard = a.pick(ROUND), a.pick(ROUND), a.chance(0.25)
    a.add(hair, (turn, 0.5 + nod), (0.3, 0.22), tilt, present=beard)
    gap, open_ = a.uniform(0.16, 0.24), np.abs(a.wave(0.05))
    for side in (-1, 1):
        a.add(
            eye, (turn * 1.3 + side * gap, -0.08 + nod + side * tilt * gap), (0.09, 0.035 + 0.4 * open_), tilt
        )
    a.add(skin, (turn * 1.6, 0.14 + nod), (0.07, 0.14), tilt)
    a.add(mouth, (turn * 1.3 - 0.36 * tilt, 0.38 + nod), (a.uniform(0.12, 0.2), 0.04 + open_), tilt)
    a.add(eye, (turn * 1.3, -0.08 + nod), (0.42, 0.1), tilt, present=a.chance(0.2))
    return a.layout()
