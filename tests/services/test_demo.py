"""The demo shows a new user what the program can do: a run without weights finds its targets."""

from tests.services.test_scoring import result
from workbench.services.demo import make_demo
from workbench.services.run_detectors import RunDetectors
from workbench.services.run_options import RunOptions
from workbench.services.running import run
from workbench.services.scoring import layers_of, score_layer, truth_of
from workbench.store import Project


def test_a_first_run_finds_the_targets_and_is_scored_against_all_of_them(tmp_path):
    with Project.open(result(make_demo(tmp_path / "demo"))) as project:
        video = project.videos()[0].id
        imported = len(project.tracks(video))
        result(run(project, video, RunOptions("moving-objects"), detectors=RunDetectors()))
        newest = layers_of(project, video)[0]
        figures = result(score_layer(project, video, newest, truth=truth_of(project, video))).figures()["all"]
    assert figures["MT"] + figures["PT"] + figures["ML"] > imported, "those left to draw count, too"
    assert figures["CLR_Re"] > 0.8
    assert figures["HOTA"] > 0.4, "the two bystanders move and have no truth, so they count as false"
