"""Menus and tool bar, made from the table of actions."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from workbench.ui.actions import ACTIONS, ActionSpec

TOOLBAR = {
    "open_video": "Open",
    "new_box": "New box",
    "track_backward": "◀ Track",
    "track_forward": "Track ▶",
    "stop": "■ Stop",
    "undo": "↶ Undo",
    "redo": "↷ Redo",
    "export_files": "Export",
}
"""Actions of the tool bar and their short texts."""
BOX_MENU = (
    "track_forward", "track_backward", "queue_target", "", "set_class", "set_number", "",
    "toggle_keyframe", "toggle_occluded", "toggle_outside", "toggle_verified", "interpolate", "propagate", "",
    "copy_box", "delete_box", "delete_before", "delete_after", "delete_track",
)  # fmt: skip
EMPTY_MENU = ("new_box", "paste_box", "", "fit")
IDENTITY_MENU = (
    "swap_tracks", "merge_tracks", "join_tracks", "split_track", "renumber_track", "relabel_tracks", "",
    "end_track", "delete_span", "", "extend_forward", "extend_backward", "fill_gaps", "fill_with_tracker",
)  # fmt: skip
RANGE_MENU = ("", "scope_start", "scope_stop", "scope_clear")
"""Actions of the context menus; "" is a line."""

ON_AT_START = ("follow_view", "show_regions")


def find_command(groups: Sequence[QObject], name: str) -> Callable[..., None]:
    """The method that carries an action out.

    Raises:
        LookupError: no group has it, or several do.
    """
    found = [getattr(group, name) for group in groups if callable(getattr(type(group), name, None))]
    if len(found) != 1:
        raise LookupError(f"{len(found)} commands are called {name!r}")
    return found[0]  # type: ignore[no-any-return]


def build_menus(window: QMainWindow, groups: Sequence[QObject]) -> dict[str, QAction]:
    """Fill the window's menu bar.

    Returns:
        The actions by their ids.
    """
    actions: dict[str, QAction] = {}
    menus = {}
    for spec in ACTIONS:
        if spec.menu not in menus:
            menus[spec.menu] = window.menuBar().addMenu(f"&{spec.menu}")
        menu = menus[spec.menu]
        if spec.separated:
            menu.addSeparator()
        actions[spec.id] = _action(window, spec, find_command(groups, spec.command or spec.id))
        menu.addAction(actions[spec.id])
    return actions


def _action(window: QMainWindow, spec: ActionSpec, command: Callable[..., None]) -> QAction:
    action = QAction(spec.text, window)
    action.setObjectName(spec.id)
    action.setIconText(TOOLBAR.get(spec.id, spec.text))
    action.setStatusTip(spec.tip)
    action.setCheckable(spec.checkable)
    action.setChecked(spec.id in ON_AT_START)
    if spec.checkable:
        action.toggled.connect(command)
    elif spec.argument is not None:
        action.triggered.connect(functools.partial(command, spec.argument))
    else:
        action.triggered.connect(command)
    return action


def context_menu(
    window: QMainWindow,
    actions: Mapping[str, QAction],
    names: Sequence[str],
    *,
    within: Mapping[str, Sequence[str]] | None = None,
) -> QMenu:
    """A menu for a right click, gone when it is closed; ``within`` are menus in it, by their titles."""
    menu = QMenu(window)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for title, inner in (within or {}).items():
        _fill(menu.addMenu(title), actions, inner)
    _fill(menu, actions, names)
    return menu


def _fill(menu: QMenu, actions: Mapping[str, QAction], names: Sequence[str]) -> None:
    for name in names:
        if name:
            menu.addAction(actions[name])
        else:
            menu.addSeparator()


def assign_keys(actions: Mapping[str, QAction], keys: Mapping[str, Sequence[str]]) -> None:
    """Give actions their keys, and tool tips that name them."""
    for spec in ACTIONS:
        sequences = [QKeySequence(key) for key in keys[spec.id]]
        actions[spec.id].setShortcuts(sequences)
        shown = ", ".join(s.toString(QKeySequence.SequenceFormat.NativeText) for s in sequences)
        actions[spec.id].setToolTip(spec.tip + (f" ({shown})" if shown else ""))
