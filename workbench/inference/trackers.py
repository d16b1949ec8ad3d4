"""The single-target trackers that can be chosen by name, or by a file of weights.

Torch is imported only when one is made, so that listing them is instant.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import UserError
from workbench.core.resources import resource
from workbench.core.target import SingleTargetTracker


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
    """A tracker, not yet started.

    Args:
        name: of an available tracker, or the path of ATOM weights, ours or published ones.
        seed: of every random number the tracker draws.
        device: "auto", or what torch calls it: "cpu", "cuda", "mps".
        threads: processor threads of torch for the whole program; None leaves them as they are.

    Raises:
        UserError: no tracker and no file has this name.
        ModelError: the file does not hold ATOM weights, or the device does not exist.
    """
    if threads is not None:
        import torch

        torch.set_num_threads(threads)
    if name in (HOG.name, RANDOM.name):
        from workbench.inference.untrained import hog_tracker, random_tracker

        return hog_tracker(seed=seed) if name == HOG.name else random_tracker(seed=seed)
    if name == SLIM.name or Path(name).is_file():
        path = resource(WEIGHTS) if name == SLIM.name else Path(name)
        return _of_file(path, seed=seed, device=device)
    known = ", ".join(info.name for info in available())
    raise UserError(
        f"No tracker is called {name!r} and no such file exists: choose one of {known}, or a file."
    )


def _of_file(path: Path, *, seed: int, device: str) -> SingleTargetTracker:
    from workbench.inference.atom.pretrained import atom_tracker
    from workbench.inference.device import torch_device
    from workbench.inference.slim import slim_tracker
    from workbench.models.atom import AtomNet
    from workbench.models.atom_slim import SlimAtomNet
    from workbench.models.loading import load

    network = load(path, kind="atom").network
    if isinstance(network, SlimAtomNet):
        return slim_tracker(network, seed=seed, device=torch_device(device))
    assert isinstance(network, AtomNet)
    return atom_tracker(network, seed=seed, device=torch_device(device))
