"""The rows of a long edit that is being written, which nobody else may change meanwhile.

A long edit is valid only with its last slice and may be taken back at any moment before. That is exact
as long as its rows, and the tracks they stand on, stay as it left them. Corrections anywhere else go on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from workbench.core.edits import Change, Scope
from workbench.core.errors import EditConflictError
from workbench.store.journal import key_of


class Reservation:
    """What one long edit holds.

    Args:
        name: the edit, for the message to who comes in its way.
        parts: its changes.
    """

    def __init__(self, name: str, parts: Iterable[Change]) -> None:
        self.name = name
        self.edit_id: int | None = None
        self._keys: dict[str, set[Any]] = defaultdict(set)
        self.scope = Scope()
        self._turned: set[int] = set()  # tracks that it makes or removes
        for part in parts:
            self._add(part)

    def refuse(self, changes: Iterable[Change]) -> None:
        """Raise ``EditConflictError`` when a change would touch what is held."""
        for change in changes:
            held = self._keys.get(change.table, set())
            keys = set(map(key_of(change.table), change.before + change.after))
            gone = _removed_tracks(change)
            if keys & held or change.scope().tracks & self._turned or gone & self.scope.tracks:
                raise EditConflictError(
                    f"“{self.name}” is being written and holds these rows; repeat this when it has finished."
                )

    def _add(self, change: Change) -> None:
        rows = change.before + change.after
        self._keys[change.table].update(map(key_of(change.table), rows))
        self.scope = self.scope.union(change.scope())
        self._turned |= _removed_tracks(change) | _removed_tracks(change.inverted())


def _removed_tracks(change: Change) -> set[int]:
    """Ids of the tracks that are no more after the change."""
    if change.table != "track":
        return set()
    return set(map(key_of("track"), change.before)) - set(map(key_of("track"), change.after))
