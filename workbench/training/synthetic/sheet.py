"""A contact sheet of made pairs, to look at: ``python -m workbench.training.synthetic.sheet OUT.png``."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from workbench.training.synthetic.pairs import PairGenerator
from workbench.training.synthetic.plans import PairOptions

GREEN = (90, 255, 90)


def contact_sheet(generator: PairGenerator, *, index: int = 0, columns: int = 4) -> NDArray[np.uint8]:
    """(H, W, 3) RGB: the crops of each pair side by side, the reference left, with their boxes."""
    batch = generator.batch(index)
    images = batch.images.byte().permute(1, 0, 3, 4, 2).cpu().numpy()  # (B, T, S, S, 3)
    boxes = batch.boxes.transpose(0, 1).cpu().numpy()
    strips = [
        np.concatenate([_boxed(i, x) for i, x in zip(*pair, strict=True)], axis=1)
        for pair in zip(images, boxes, strict=True)
    ]
    strips = [np.pad(s, ((2, 2), (2, 2), (0, 0)), constant_values=255) for s in strips]
    rows = [strips[i : i + columns] for i in range(0, len(strips) - columns + 1, columns)]
    return np.concatenate([np.concatenate(row, axis=1) for row in rows])


def _boxed(image: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.uint8]:
    image = np.ascontiguousarray(image)
    x, y, w, h = (float(v) for v in box)
    fine = 16  # cv2's sub-pixel positions; its pixel centres are at whole numbers
    left, top, right, bottom = (round((v - 0.5) * fine) for v in (x, y, x + w, y + h))
    cv2.rectangle(image, (left, top), (right, bottom), GREEN, 1, cv2.LINE_AA, shift=4)
    return image


def main() -> None:
    """Write a sheet."""
    parser = argparse.ArgumentParser(description="Write a contact sheet of made training pairs.")
    parser.add_argument("out", type=Path, metavar="OUT.png")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--index", type=int, default=0, help="which batch (default 0)")
    parser.add_argument("--pairs", type=int, default=32)
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    torch.set_num_threads(1)
    generator = PairGenerator(PairOptions(batch=given.pairs), seed=given.seed, device=given.device)
    cv2.imwrite(str(given.out), contact_sheet(generator, index=given.index)[..., ::-1])


if __name__ == "__main__":
    main()
