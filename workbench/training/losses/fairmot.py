"""Loss of FairMOT (Zhang et al. 2020, arXiv:2004.01888): detection and identity in balance.

Identity is learnt by classification: the unit embedding of each object, stretched, goes through a linear
classifier of all identities. The two tasks are weighed by uncertainties that are learnt with them
(Kendall et al. 2018, arXiv:1705.07115). Classifier and uncertainties belong to the loss, not to the network,
and are in none of its checkpoints; they have to be given to the optimiser.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

import torch
import torch.nn.functional as F  # noqa: N812 - the name everybody knows it by
from torch import Tensor, nn

from workbench.training.losses.focal import focal_loss, identity_focal_loss, probability
from workbench.training.losses.gather import gather_at
from workbench.training.losses.regression import MaskedRegression, l1
from workbench.training.losses.task import Heads, TaskLoss

WEIGHTS: Mapping[str, float] = {"hm": 1, "wh": 0.1, "off": 1, "id": 1}
FIXED_IDENTITY_WEIGHT = 0.1


class FairmotLoss(nn.Module):
    """Terms hm, wh, off, id and their sum.

    Args:
        identities: how many the classifier tells apart; at least 3.
        embedding: length of an embedding.
        regression: of distances to the box's sides and of offsets.
        balance: "uncertainty" learns how detection and identity weigh, "fixed" gives identity a tenth.
        identity: "entropy" over all identities (-1 = not known, left out), or "focal" (all have to be known).
        weights: of the terms; id 0 leaves identity out.
    """

    def __init__(
        self,
        identities: int,
        *,
        embedding: int = 128,
        regression: MaskedRegression = l1,
        balance: Literal["uncertainty", "fixed"] = "uncertainty",
        identity: Literal["entropy", "focal"] = "entropy",
        weights: Mapping[str, float] = WEIGHTS,
    ) -> None:
        super().__init__()
        self.classifier = nn.Linear(embedding, identities)
        self.s_det = nn.Parameter(torch.full((1,), -1.85))
        self.s_id = nn.Parameter(torch.full((1,), -1.05))
        self.stretch = math.sqrt(2) * math.log(identities - 1)
        self._regression, self._balance, self._identity = regression, balance, identity
        self._weights = weights

    def forward(self, heads: Heads, batch: Heads) -> TaskLoss:
        """Loss of one output.

        Args:
            heads: raw outputs hm (B, 1, H, W), wh (B, 4, ...), id (B, E, ...), reg (B, 2, ...).
            batch: hm, ind, reg_mask (B, M), wh, reg and ids (B, M) int64.
        """
        mask, index = batch["reg_mask"], batch["ind"]
        terms = {
            "hm": focal_loss(probability(heads["hm"]), batch["hm"]),
            "wh": self._regression(heads["wh"], mask, index, batch["wh"]),
            "off": self._regression(heads["reg"], mask, index, batch["reg"]),
            "id": self._identity_loss(heads["id"], batch),
        }
        detection = sum(self._weights[name] * terms[name] for name in ("hm", "wh", "off"))
        return TaskLoss(self._balanced(detection, terms["id"]), terms)

    def _identity_loss(self, maps: Tensor, batch: Heads) -> Tensor:
        if self._weights["id"] == 0:
            return maps.sum() * 0
        there = batch["reg_mask"] > 0
        embeddings = F.normalize(gather_at(maps, batch["ind"])[there], dim=-1) * self.stretch
        logits = self.classifier(embeddings)
        if self._identity == "focal":
            return identity_focal_loss(logits, batch["ids"][there])
        return _known_entropy(logits, batch["ids"][there])

    def _balanced(self, detection: Tensor | float, identity: Tensor) -> Tensor:
        if self._balance == "fixed":
            return detection + FIXED_IDENTITY_WEIGHT * identity
        learnt = torch.exp(-self.s_det) * detection + torch.exp(-self.s_id) * identity
        return (0.5 * (learnt + self.s_det + self.s_id)).squeeze(0)


def _known_entropy(logits: Tensor, identity: Tensor) -> Tensor:
    """Mean cross entropy of the rows whose identity is known; 0 where none is."""
    total = F.cross_entropy(logits, identity, ignore_index=-1, reduction="sum")
    return total / (identity != -1).sum().clamp(min=1)
