"""The network of FairMOT: CenterNet's DLA-34 with an appearance vector at every cell.

Y. Zhang, C. Wang, X. Wang, W. Zeng, W. Liu, "FairMOT: On the Fairness of Detection and Re-Identification in
Multiple Object Tracking", IJCV 2021, arXiv:2004.01888.
"""

from __future__ import annotations

from workbench.models.dla_up import DLASeg
from workbench.models.heads import NetworkSpec

EMBEDDING = 128


def spec(*, classes: int = 1) -> NetworkSpec:
    """What is published: heat map, distances to the four sides, appearance (not of unit length), offset."""
    return NetworkSpec("dla_34", {"hm": classes, "wh": 4, "id": EMBEDDING, "reg": 2})


def build(spec: NetworkSpec) -> DLASeg:
    """A network with new weights."""
    return DLASeg(spec)
