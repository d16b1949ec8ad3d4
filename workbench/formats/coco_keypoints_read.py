"""Reading the key points of COCO annotations (Lin et al. 2014, arXiv:1405.0312): x, y, v of each joint.

A class names its joints in "keypoints", and in "skeleton" pairs of them, counted from 1. v = 0 is a joint
that is not marked, whatever its x and y; 1 is one that is hidden and 2 one that is seen, marked alike here. A
list in which no joint is marked, or none at all, is no pose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from workbench.core.annotations import Skeleton
from workbench.core.errors import FormatError
from workbench.core.plurals import counted
from workbench.core.report import Findings
from workbench.formats.selection import LARGEST

Record: TypeAlias = Mapping[str, Any]
Pose: TypeAlias = tuple[Skeleton, NDArray[np.float32]]  # (K, 3) x, y, score; NaN = not marked

NONE = -1
HIDDEN, SEEN = 1, 2


class PoseReader:
    """Collects the poses of annotations in ``found``.

    Args:
        categories: the classes of the file.
        path: the file, for messages.
    """

    def __init__(self, categories: Sequence[Record], path: Path) -> None:
        self._places = {record["id"]: index for index, record in enumerate(categories)}
        self._categories, self._path = categories, path
        self._skeletons: dict[int | str, Skeleton | None] = {}
        self._hidden = self._nameless = 0
        self.found: list[Pose] = []

    def take(self, record: Record, where: str) -> int:
        """Its pose's place in ``found``, or ``NONE``.

        Args:
            record: an annotation with a category_id.
            where: how messages name it.

        Raises:
            FormatError: the list has a wrong length or a value that means nothing, or the class names its
                joints or their lines wrongly.
        """
        values = record.get("keypoints")
        if values is None or values == []:
            return NONE
        skeleton = self._skeleton(record["category_id"])
        if skeleton is None:
            self._nameless += 1
            return NONE
        points = self._points(values, skeleton, where)
        if np.isnan(points).all():
            return NONE
        self.found.append((skeleton, points))
        return len(self.found) - 1

    def tell(self, findings: Findings) -> None:
        """Say what was not taken as it stands."""
        if self._nameless:
            have = counted(self._nameless, "box has", "boxes have")
            findings.note(f"{have} key points whose class does not name them, which were left out")
        if self._hidden:
            joints = counted(self._hidden, "hidden joint (v = 1) is", "hidden joints (v = 1) are")
            findings.note(f"{joints} kept like those that are seen (v = 2)")

    def _points(self, values: object, skeleton: Skeleton, where: str) -> NDArray[np.float32]:
        if not isinstance(values, list):
            raise FormatError(f"{where} has keypoints that are no list", self._path)
        count = len(skeleton.joints)
        if len(values) != 3 * count:
            raise FormatError(
                f"{where} has {len(values)} numbers in keypoints, and the {count} joints of its class take"
                f" {3 * count}; mend the list, or the names in its category",
                self._path,
            )
        points = np.full((count, 3), np.nan, np.float32)
        for i, joint in enumerate(skeleton.joints):
            x, y, visibility = values[3 * i : 3 * i + 3]
            if isinstance(visibility, bool) or visibility not in (0, HIDDEN, SEEN):
                raise FormatError(
                    f"{where} has v = {visibility!r} for {joint!r}; mend it (0 = not marked, 1, 2 = marked)",
                    self._path,
                )
            if visibility == 0:
                continue
            if not (_is_coordinate(x) and _is_coordinate(y)):
                raise FormatError(
                    f"{where} has {joint!r} at {x!r}, {y!r}, which is no place; mend it", self._path
                )
            points[i, :2] = x, y
            self._hidden += visibility == HIDDEN
        return points

    def _skeleton(self, category: int | str) -> Skeleton | None:
        """What the joints of a class are; None where it does not say."""
        if category not in self._skeletons:
            place = self._places.get(category)
            self._skeletons[category] = None if place is None else self._read(place)
        return self._skeletons[category]

    def _read(self, place: int) -> Skeleton | None:
        record = self._categories[place]
        names, lines = record.get("keypoints"), record.get("skeleton") or []
        if names is None or names == []:
            return None
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise FormatError(
                f"categories[{place}] has keypoints that are no list of names; mend it", self._path
            )
        for line in lines if isinstance(lines, list) else [lines]:
            if not _is_line(line, len(names)):
                raise FormatError(
                    f"categories[{place}] has {line!r} in skeleton, which is no pair of joints from 1 to"
                    f" {len(names)}; mend it",
                    self._path,
                )
        return Skeleton(tuple(names), tuple((a - 1, b - 1) for a, b in lines))


def _is_coordinate(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _is_line(line: object, joints: int) -> bool:
    if not isinstance(line, list) or len(line) != 2:
        return False
    return all(isinstance(end, int) and not isinstance(end, bool) and 1 <= end <= joints for end in line)
