"""Every action has a command, a menu, a tool tip and keys that clash with no other."""

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtGui import QKeySequence

from workbench.ui.actions import ACTIONS, PRESETS, clashes, keys_of
from workbench.ui.keys import KeyMap


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "keys.ini"), QSettings.Format.IniFormat)


@pytest.mark.parametrize("preset", PRESETS)
def test_no_key_does_two_things(preset):
    assert clashes(keys_of(preset, {})) == {}


def test_every_key_is_one_that_qt_knows():
    for preset in PRESETS:
        for keys in keys_of(preset, {}).values():
            for key in keys:
                assert QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText), key


def test_every_action_says_what_it_does():
    assert all(spec.menu and spec.text and len(spec.tip) > 10 for spec in ACTIONS)
    assert len({spec.id for spec in ACTIONS}) == len(ACTIONS)


def test_a_remapped_key_survives_a_restart_and_a_taken_one_is_refused(settings):
    keymap = KeyMap(settings)
    assert keymap.assign("new_box", "F9") is None
    assert keymap.assign("fit", "F9") == "new_box"
    assert KeyMap(settings).keys["new_box"] == ("F9",)


def test_choosing_a_preset_drops_what_was_remapped(settings):
    keymap = KeyMap(settings)
    keymap.assign("new_box", "F9")
    keymap.choose("CVAT")
    again = KeyMap(settings)
    assert again.preset == "CVAT"
    assert again.keys["new_box"] == ("N",)
    assert again.keys["next_frame"] == ("F", "Right")
