"""Operations on identities: what a ``core.fixes.Fix`` does to a project, previewed and carried out.

Each is one change set, so one undoable edit, in which boxes, poses, actions and review items move along.
Tracks keep their ids and numbers; a track without boxes goes. Rows keep who made them and with which run.
What makes an identity edit outlast a later run: the boxes on both sides of every seam (where consecutive
boxes of a track now come from different ones) are marked verified, for a person has just looked at them. A
run never replaces a verified box, and its tracks inherit the identities that verified boxes carry; the boxes
between seams stay the model's to improve.
"""

from workbench.services.identities.carrying_out import carry_out, plan, preview
from workbench.services.identities.case import Manner
from workbench.services.identities.following import Follower
from workbench.services.identities.plans import Conflict, Move, Plan

__all__ = ["Conflict", "Follower", "Manner", "Move", "Plan", "carry_out", "plan", "preview"]
