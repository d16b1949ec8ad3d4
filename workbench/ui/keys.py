"""The user's keys: a preset and what was changed on top of it, kept in the settings."""

from __future__ import annotations

from PySide6.QtCore import QSettings

from workbench.ui.actions import ACTIONS, PRESETS, clashes, keys_of


class KeyMap:
    """Which keys do what.

    Args:
        settings: where the preset and the changed keys are kept.
    """

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings
        preset = str(settings.value("keys/preset", ""))
        self.preset = preset if preset in PRESETS else next(iter(PRESETS))
        self._remapped: dict[str, tuple[str, ...]] = {}
        for spec in ACTIONS:
            stored = settings.value(f"keys/map/{spec.id}")
            if stored is not None:
                self._remapped[spec.id] = tuple(key for key in str(stored).split(" ") if key)

    @property
    def keys(self) -> dict[str, tuple[str, ...]]:
        """The keys of every action, by its id."""
        return keys_of(self.preset, self._remapped)

    def choose(self, preset: str) -> None:
        """Use a preset, without the changes made on top of the last one."""
        self.preset = preset
        self._settings.setValue("keys/preset", preset)
        self.reset()

    def assign(self, action: str, key: str) -> str | None:
        """Give an action one key, or none for "".

        Returns:
            The id of the action that has the key already, when it was not given; else None.
        """
        wanted = clashes(self.keys | {action: (key,)} if key else {}).get(key, [])
        taken = next((other for other in wanted if other != action), None)
        if taken is None:
            self._remapped[action] = (key,) if key else ()
            self._settings.setValue(f"keys/map/{action}", key)
        return taken

    def reset(self) -> None:
        """Drop every change, back to the preset."""
        self._remapped.clear()
        self._settings.remove("keys/map")
