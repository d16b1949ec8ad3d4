"""Plugins in the real window: listed with their reasons, and a broken one disturbs nothing."""

import numpy as np
import pytest

from tests.painted import make_clip
from tests.plugin_folder import CODE, write_plugin
from workbench.core.edits import ChangeSet
from workbench.core.rows import BoxRow, Origin, TrackRow
from workbench.services.plugin_finding import user_plugins
from workbench.ui.export_dialog import ExportDialog

TIMEOUT = 60_000  # ms


@pytest.fixture
def window(open_window, tmp_path):
    write_plugin(user_plugins() / "sound")
    write_plugin(user_plugins() / "worse", toml='name = "worse"')
    other = CODE.replace("return TargetState(self.box, 1.0, True)", "raise RuntimeError('lost my way')")
    write_plugin(user_plugins() / "zombie", name="zombie", toml=ZOMBIE, code=other)
    write_plugin(user_plugins() / "zzz", toml=ZOMBIE.replace("zombie", "exits"), code="raise SystemExit\n")
    return open_window(make_clip(tmp_path / "clip.mp4", 8, (160, 120)))


ZOMBIE = """
name = "zombie"
title = "Zombie"
description = "Fails at its first step"
version = "1"
api = "1"
module = "spots"

[[single-object-tracker]]
name = "zombie"
call = "Stays"
"""


def listed(window):
    table = window.plugin_commands.dialog.table
    rows = range(table.rowCount())
    return {
        table.item(r, 0).text().split()[0]: (table.item(r, 1).text(), table.item(r, 3).text()) for r in rows
    }


def test_plugins_are_listed_with_what_is_wrong(qtbot, window):
    window.actions_by_id["list_plugins"].trigger()
    qtbot.waitUntil(lambda: listed(window)["template-match"][0] == "loaded", timeout=TIMEOUT)
    shown = listed(window)
    assert shown["spots"][0] == "loaded"
    assert shown["worse"][0] == "broken"
    assert "title is missing" in shown["worse"][1]
    assert shown["exits"][0] == "broken"
    assert "SystemExit" in shown["exits"][1]
    window.plugin_commands.dialog.reject()
    models = window.detection.commands.models
    assert "spots" in models
    formats = ExportDialog(None, window, formats=window.files._formats)._formats
    assert "spots-csv" in [formats.itemData(i) for i in range(formats.count())]


def test_a_tracker_that_fails_is_told_and_the_window_lives_on(qtbot, window):
    project, video = window.project, window.state.video.id
    category = (project.categories() or [project.add_category("thing")])[0].id
    (track,) = project.new_ids("track", 1)
    row = BoxRow(video, 0, track, 10.0, 10.0, 30.0, 30.0, None, Origin.HUMAN, None, 0, 1, 0, 0)
    project.apply(
        ChangeSet.of("Draw", track=((), [TrackRow(track, video, category, 1, "", None)]), box=((), [row]))
    )
    window.state.select((track,))
    window.track.use_tracker("zombie")
    with qtbot.waitSignal(window.compute.failed, timeout=TIMEOUT) as failed:
        window.track.track_forward()
    assert "“zombie”" in str(failed.args[1])
    assert "lost my way" in str(failed.args[1])
    assert window.plugins.all[[p.name for p in window.plugins.all].index("zombie")].state == "failed"
    window.track.use_tracker("stays")
    with qtbot.waitSignal(window.compute.done, timeout=TIMEOUT):
        window.track.track_forward()
    boxes = project.boxes_of_track(track)
    assert len(boxes) == 8
    np.testing.assert_array_equal([b.x for b in boxes], 10.0)
