"""Plugins: found, used, broken in every way; and the program lives on."""

import re
import sys
import tomllib
from contextlib import closing

import numpy as np
import pytest

from tests.formats.made import finished
from tests.painted import make_clip
from tests.plugin_folder import CODE, TOML, write_plugin
from workbench.__main__ import main
from workbench.core.detections import Detections
from workbench.core.errors import PluginError, UserError
from workbench.core.progress import Progress
from workbench.core.track_boxes import TrackBoxes
from workbench.services.detecting import DetectedFrame, DetectOptions, Detectors, detect
from workbench.services.exporting import export
from workbench.services.importing import import_file
from workbench.services.plugin_finding import user_plugins
from workbench.services.plugin_formats import all_formats
from workbench.services.plugins import (
    detectors,
    find_detector,
    find_plugins,
    find_tracker,
    multi_trackers,
    review_rules,
    trackers,
)
from workbench.services.projects import open_media

IMAGE = np.zeros((60, 80, 3), np.uint8)
IMAGE[20, 30] = 255


@pytest.fixture
def found(tmp_path):
    """Plugins of a folder with one sound plugin."""
    write_plugin(tmp_path / "plugins" / "spots")
    return find_plugins([(tmp_path / "plugins", "user")])


def test_a_plugin_is_listed_without_running_its_code(tmp_path):
    write_plugin(tmp_path / "plugins" / "spots", code=CODE + "\nraise RuntimeError('run')\n")
    found = find_plugins([(tmp_path / "plugins", "user")])
    (plugin,) = found.all
    assert plugin.state == "ready"
    assert [d.name for d in detectors(found)] == ["spots"]
    with pytest.raises(PluginError, match=r"RuntimeError: run \(spots.py, line \d+\)"):
        _ = find_detector("spots", found).parameters
    assert plugin.state == "broken"
    assert detectors(found) == ()


def test_a_detector_is_made_with_its_options(found):
    choice = find_detector("spots", found)
    assert [(p.name, p.default, p.low) for p in choice.parameters] == [("side", 8.0, 1.0)]
    detector = choice.make(choice.configured({"side": 10}))
    assert (detector.classes, detector.warm_up, detector.samples) == (("spot",), 0, 0)
    np.testing.assert_array_equal(detector.detect(0, IMAGE).boxes, [[25, 15, 10, 10]])
    with pytest.raises(UserError, match="side takes a number from 1 on"):
        choice.configured({"side": 0})


def test_trackers_and_rules_are_used(found):
    tracker = multi_trackers(found)[0].make()
    seen = tracker.update(0, Detections(np.ones((2, 4)), np.ones(2), np.zeros(2, np.int64)))
    assert seen.ids.tolist() == [1, 2]
    follow = find_tracker("stays", plugins=found)()
    follow.start(IMAGE, (1, 2, 3, 4))
    assert follow.step(IMAGE).box == (1, 2, 3, 4)
    assert "stays" in [t.name for t in trackers(found)]
    boxes = TrackBoxes.of([1, 1, 2, 2, 2], [0, 1, 0, 1, 2], np.ones((5, 4)))
    (issue,) = review_rules(found)[0].make()(boxes)
    assert issue.tracks == (1,)


def test_boxes_go_out_and_in_through_a_plugin(found, tmp_path):
    clip = make_clip(tmp_path / "clip.mp4", 6, (160, 120))
    (tmp_path / "made.spots").write_text("0,1,2,3,4\n5,6,7,8,9\n")
    formats = all_formats(found)
    with closing(open_media(clip).project) as project:
        video = project.videos()[0].id
        report = finished(import_file(project, video, None, tmp_path / "made.spots", formats=formats))
        assert "2 boxes of 1 track read" in str(report)
        assert "every line is a spot" in str(report)
        finished(export(project, video, "spots-csv", tmp_path / "out", formats=formats))
    (written,) = (tmp_path / "out").glob("*.spots")
    assert written.read_text() == "0,1,2,3,4\n5,6,7,8,9\n"


BROKEN = {
    "bad toml": ({"toml": "name = "}, "cannot be read"),
    "no manifest text": ({"toml": ""}, "title is missing"),
    "unknown point": ({"toml": TOML.replace("[[detector]]", "[[detectro]]")}, "'detectro' is no point"),
    "unknown key": ({"toml": TOML.replace("call =", "cal =", 1)}, "has no key 'cal'"),
    "point that is no table": ({"toml": TOML.replace("[[detector]]", "[detector]")}, r"\[\[detector\]\]"),
    "wrong version": ({"toml": TOML.replace('api = "1"', 'api = "9"')}, "version 9 of the plugin interface"),
    "version that is a number": ({"toml": TOML.replace('api = "1"', "api = 1")}, "text in quotes"),
    "bad name": ({"name": "Bad Name"}, "lower case with dashes"),
    "missing module": ({"code": None}, "ModuleNotFoundError"),
    "import error": ({"code": "import no_such_thing_at_all\n"}, "no_such_thing_at_all"),
    "syntax error": ({"code": "def (:\n"}, "SyntaxError"),
    "exception": ({"code": "1 / 0\n"}, r"ZeroDivisionError: division by zero \(spots.py, line 1\)"),
    "exit": ({"code": "import sys\nsys.exit(3)\n"}, "SystemExit"),
    "no such class": ({"code": "x = 1\n"}, "has no attribute"),
    "built-in name": ({"toml": TOML.replace('name = "stays"', 'name = "atom-hog"')}, "the program itself"),
    "twice": ({"toml": TOML + '[[detector]]\nname = "spots"\ncall = "Spots"\n'}, "the same name"),
}


@pytest.mark.parametrize(("how", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_plugin_is_listed_with_its_reason_and_disturbs_nothing(how, reason, tmp_path, capsys):
    write_plugin(user_plugins() / "broken", **how)
    found = find_plugins()
    found.check()
    plugin = next(p for p in found.all if p.origin == "user")
    assert plugin.state == "broken"
    assert re.search(reason, plugin.reason)
    assert {t.name for t in trackers(found)} >= {"atom-hog", "template-match"}
    assert main(["plugins"]) == 0
    listed = capsys.readouterr().out
    assert "broken, user" in listed
    assert plugin.reason in listed
    assert main(["trackers"]) == 0


def test_of_two_with_one_name_the_first_is_kept(tmp_path):
    write_plugin(tmp_path / "a")
    write_plugin(tmp_path / "b")
    write_plugin(tmp_path / "c", name="others")
    found = find_plugins([(tmp_path, "user")])
    assert [p.state for p in found.all] == ["ready", "broken", "broken"]
    assert "'spots' is taken" in found.all[1].reason
    assert "has the name of one of the plugin 'spots'" in found.all[2].reason
    assert len(detectors(found)) == 1


FAILING = {
    "exception": ("raise KeyError('nothing')", r"KeyError: 'nothing' \(spots.py, line \d+\)"),
    "exit": ("raise SystemExit", "SystemExit"),
    "nothing": ("return None", "detect gave NoneType, not Detections"),
    "wrong shape": ("return Detections(np.ones(1), np.ones(1), np.array([0]))", r"boxes of shape \(1,\)"),
    "no such class": ("return Detections(np.ones((1, 4)), np.ones(1), np.array([7]))", "class 7 of 1"),
    "score": ("return Detections(np.ones((1, 4)), np.array([2.0]), np.array([0]))", "scores"),
    "joints": (
        "return Detections(np.ones((1, 4)), np.ones(1), np.array([0]), poses=np.ones((1, 17, 2)))",
        r"poses of float64 and shape \(1, 17, 2\)",
    ),
}


@pytest.mark.parametrize(("line", "reason"), FAILING.values(), ids=FAILING.keys())
def test_what_goes_wrong_in_a_run_is_an_error_that_names_the_plugin(line, reason, tmp_path):
    code = CODE.replace("        y, x = np.unravel", f"        {line}\n        y, x = np.unravel", 1)
    write_plugin(tmp_path / "plugins" / "spots", code=code)
    found = find_plugins([(tmp_path / "plugins", "user")])
    detector = find_detector("spots", found).make()
    with pytest.raises(PluginError, match=f"“spots” in .*{reason}"):
        detector.detect(0, IMAGE)
    assert found.all[0].state == "failed"
    assert detectors(found), "another video may go well"


@pytest.mark.parametrize("box", [(1.0, 2.0, -3.0, 4.0), (1.0, 2.0, 3.0, -4.0), (np.nan, 2.0, 3.0, 4.0)])
def test_trackers_that_give_what_is_no_box_are_named_and_nothing_of_it_is_kept(found, box):
    follow = find_tracker("stays", plugins=found)()
    follow.start(IMAGE, box)
    with pytest.raises(PluginError, match=r"“spots” in .*step gave the box"):
        follow.step(IMAGE)
    tracker = next(t for t in multi_trackers(found) if t.name == "all-new").make(None)
    with pytest.raises(
        PluginError, match=r"“spots” in .*update gave a box that is not finite, or of negative"
    ):
        tracker.update(0, Detections(np.array([box]), np.ones(1), np.zeros(1, np.int64)))


def test_a_detector_whose_poses_change_their_joints_is_named(tmp_path):
    line = (
        "return Detections(*[np.ones((1, 4)), np.ones(1), np.array([0])], poses=np.ones((1, 17 - frame, 3)))"
    )
    code = CODE.replace("        y, x = np.unravel", f"        {line}\n        y, x = np.unravel", 1)
    write_plugin(tmp_path / "plugins" / "spots", code=code)
    detector = find_detector("spots", find_plugins([(tmp_path / "plugins", "user")])).make()
    detector.detect(0, IMAGE)
    with pytest.raises(PluginError, match="poses of 16 joints after 17"):
        detector.detect(1, IMAGE)


def test_detectors_of_plugins_run_over_a_video(found, tmp_path):
    clip = make_clip(tmp_path / "clip.mp4", 5, (160, 120))
    options = DetectOptions(settings={"side": 12.0})
    steps = detect(clip, "spots", detectors=Detectors(plugins=found), start=1, stop=4, options=options)
    items = [item for item in steps if isinstance(item, DetectedFrame)]
    assert [item.frame for item in items] == [1, 2, 3]
    assert items[0].classes == ("spot",)
    assert items[0].detections.boxes[0, 2] == 12.0


MEMORY = '''
class Spots:
    """Counts what it was shown."""

    classes = ("spot",)
    warm_up = 2
    samples = 3

    def __init__(self, options):
        self.learned, self.shown = [], []

    def learn(self, frame, image):
        self.learned.append(frame)

    def detect(self, frame, image):
        self.shown.append(frame)
        row = [len(self.learned), self.learned[-1], len(self.shown), self.shown[0] + 1]
        return Detections(np.array([row], float), np.ones(1), np.zeros(1, int))
'''


def test_a_detector_with_memory_learns_first_and_is_warmed_up(tmp_path):
    write_plugin(tmp_path / "plugins" / "spots", code=CODE + MEMORY)
    found = find_plugins([(tmp_path / "plugins", "user")])
    clip = make_clip(tmp_path / "clip.mp4", 9, (160, 120))
    items = list(detect(clip, "spots", detectors=Detectors(plugins=found), start=4, stop=6))
    assert sum(isinstance(item, Progress) for item in items) > 3
    rows = [i.detections.boxes[0].tolist() for i in items if isinstance(i, DetectedFrame)]
    assert rows == [[3, 8, 3, 3], [3, 8, 4, 3]]


def test_a_package_brings_plugins_by_an_entry_point(tmp_path, monkeypatch):
    package = tmp_path / "site" / "spot_package"
    write_plugin(package / "inside")
    for module in (package / "__init__.py", package / "inside" / "__init__.py"):
        module.write_text("")
    info = tmp_path / "site" / "spot_package-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: spot-package\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[workbench.plugins]\nspots = spot_package.inside\ngone = not_there\n"
    )
    monkeypatch.syspath_prepend(tmp_path / "site")
    found = find_plugins()
    assert "spot_package" not in sys.modules
    spots = next(p for p in found.all if p.name == "spots")
    assert spots.origin == "spot-package"
    np.testing.assert_array_equal(
        find_detector("spots", found).make().detect(0, IMAGE).boxes, [[26, 16, 8, 8]]
    )
    gone = next(p for p in found.all if p.name == "gone")
    assert "'not_there' is not there" in gone.reason


def test_the_command_line_tells_parameters(capsys):
    write_plugin(user_plugins() / "spots")
    assert main(["plugins", "--parameters", "spots"]) == 0
    assert "side (a number from 1 on; default 8.0): of their boxes in pixels." in capsys.readouterr().out
    assert main(["plugins", "--parameters", "nobody"]) == 1
    assert "No plugin brings" in capsys.readouterr().err


def test_the_example_in_the_interface_is_sound():
    import workbench.api

    example = workbench.api.__doc__.split("::\n")[1].split("====")[0]
    table = tomllib.loads("\n".join(line.strip() for line in example.splitlines()))
    assert table["api"] == workbench.api.API_VERSION
