"""The single-target trackers that can be chosen by name, or by a file of weights.

Torch is imported only when one is made, so that listing them is instant.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import UserError
from workbench.core.resources import resource
from workbench.core.target import SingleTargetTracker

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class TrackerInfo:
    """A tracker as the user chooses it.

    Args:
        name: what ``make`` takes.
        title: what a menu shows.
        description: what it is made of, one or two sentences.
        default: chosen where the user says nothing.
    """

    name: str
    title: str
    description: str
    default: bool = False


HOG = TrackerInfo(
    "atom-hog",
    "ATOM classifier on HOG and colour",
    "Learns the target from its box alone and needs no weights; the best for its time on a processor.",
    default=True,
)
SLIM = TrackerInfo(
    "atom",
    "ATOM with our overlap network",
    "As atom-hog, and a network trained on painted video adjusts size and shape: holds more targets that "
    "turn and change, at a third of the speed.",
)
RANDOM = TrackerInfo(
    "atom-random",
    "ATOM classifier on a random network",
    "As atom-hog, but it looks through a network that was never trained.",
)


WEIGHTS = "weights/atom-slim.safetensors"  # of the slim network, among the program's resources


def available() -> tuple[TrackerInfo, ...]:
    """The trackers that need no file; a path to ATOM weights can be given to ``make`` as well."""
    return (HOG, SLIM, RANDOM)


def make(
    name: str, *, seed: int = 0, device: str = "auto", threads: int | None = None
) -> SingleTargetTracker:
    """A tracker, not yet started; see ``maker``."""
    return maker(name, seed=seed, device=device, threads=threads)()


def maker(
    name: str, *, seed: int = 0, device: str = "auto", threads: int | None = None
) -> Callable[[], SingleTargetTracker]:
    """A function that makes trackers of one kind.

    A file of weights is read for the first one and its network shared by all, which is also kinder to the
    processor's cache than one for each. They may be used in several threads, each by one at a time.

    Args:
        name: of an available tracker, or the path of ATOM weights, ours or published ones.
        seed: of every random number a tracker draws.
        device: "auto", or what torch calls it: "cpu", "cuda", "mps".
        threads: processor threads of torch for the whole program, from the first tracker on; None leaves
            them as they are.

    Raises:
        UserError: no tracker and no file has this name.
        ModelError: from the function, when the file does not hold ATOM weights, or the device does not exist.
    """
    if name in (HOG.name, RANDOM.name):
        fresh = functools.partial(_without_weights, name, seed)
    elif name == SLIM.name or Path(name).is_file():
        path = resource(WEIGHTS) if name == SLIM.name else Path(name)
        fresh = functools.partial(
            _with_network, functools.cache(functools.partial(_network, path)), seed, device
        )
    else:
        known = ", ".join(info.name for info in available())
        raise UserError(
            f"No tracker is called {name!r} and no such file exists: choose one of {known}, or a file."
        )

    def make_one() -> SingleTargetTracker:
        if threads is not None:
            import torch

            torch.set_num_threads(threads)
        return fresh()

    return make_one


def _without_weights(name: str, seed: int) -> SingleTargetTracker:
    from workbench.inference.untrained import hog_tracker, random_tracker

    return hog_tracker(seed=seed) if name == HOG.name else random_tracker(seed=seed)


def _network(path: Path) -> nn.Module:
    from workbench.models.loading import load

    return load(path, kind="atom").network


def _with_network(network: Callable[[], nn.Module], seed: int, device: str) -> SingleTargetTracker:
    from workbench.inference.atom.pretrained import atom_tracker
    from workbench.inference.device import torch_device
    from workbench.inference.slim import slim_tracker
    from workbench.models.atom import AtomNet
    from workbench.models.atom_slim import SlimAtomNet

    loaded = network()
    if isinstance(loaded, SlimAtomNet):
        return slim_tracker(loaded, seed=seed, device=torch_device(device))
    assert isinstance(loaded, AtomNet)
    return atom_tracker(loaded, seed=seed, device=torch_device(device))
