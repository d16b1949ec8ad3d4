from pathlib import Path

import pytest

from workbench.core.errors import ProjectError
from workbench.store import Project


def test_a_video_beside_the_project_moves_with_it(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    with Project.create(here / "a.wbp") as project:
        project.add_video(here / "clips" / "one.mp4", width=64, height=48, frame_count=5, fps=25.0)
    here.rename(there)
    with Project.open(there / "a.wbp") as project:
        (video,) = project.videos()
        assert (video.path, video.name) == ("../clips/one.mp4", "one")
        assert project.video_file(video) == there / "clips" / "one.mp4"


def test_a_video_elsewhere_is_kept_by_its_whole_path(tmp_path):
    (tmp_path / "data").mkdir()
    with Project.create(tmp_path / "projects" / "a.wbp") as project:
        video = project.add_video(tmp_path / "data" / "one.mp4", width=64, height=48, frame_count=5)
        assert Path(video.path) == tmp_path / "data" / "one.mp4"
        moved = project.relink_video(video.id, tmp_path / "projects" / "one.mp4")
        assert (moved.path, project.video(video.id)) == ("../one.mp4", moved)


def test_archived_entries_are_left_out_but_stay(project):
    project.update_video(1, archived=True)
    project.update_category(1, archived=True)
    assert project.videos() == []
    assert [v.id for v in project.videos(archived=True)] == [1]
    assert [c.name for c in project.categories()] == ["car"]
    assert project.category(1).archived


def test_categories_get_colors_of_their_own_and_keep_their_order(project):
    project.add_category("bike", "#112233")
    project.update_category(2, position=-1)
    found = project.categories()
    assert [c.name for c in found] == ["car", "person", "bike"]
    assert len({c.color for c in found}) == 3
    with pytest.raises(ProjectError, match="“car” already"):
        project.add_category("car")


def test_a_run_remembers_how_it_was_made(project):
    run = project.add_run(
        video_id=1, kind="mot", model="centernet", parameters={"score": 0.4}, seed=3, version="1"
    )
    assert (run.state, run.finished_at) == ("running", None)
    ended = project.finish_run(run.id, "stopped")
    assert ended.state == "stopped"
    assert ended.finished_at >= run.started_at
    assert project.run(run.id).parameters == {"score": 0.4}
    assert [r.id for r in project.runs(1)] == [1, run.id]
    assert project.runs(2) == []


def test_using_a_model_puts_the_other_of_its_kind_out_of_use(project):
    first, second = (project.add_model(n, kind="detector", path=f"weights/{n}.pth") for n in "ab")
    other = project.add_model("c", kind="embedder", path="weights/c.pth", metrics={"auc": 0.5})
    for model in (other, first, second):
        project.use_model(model.id)
    assert [m.name for m in project.models() if m.active] == ["b", "c"]
    assert [m.name for m in project.models("embedder")] == ["c"]


def test_jobs_snapshots_and_skeletons_are_listed(project):
    job = project.add_job("train", folder="jobs/1", parameters={"epochs": 2})
    assert project.finish_job(job.id, "failed").state == "failed"
    project.add_snapshot("first", folder="snapshots/1", contents={"boxes": 7})
    assert [s.contents for s in project.snapshots()] == [{"boxes": 7}]
    assert project.skeletons()[0].edges == [[0, 1]]
    assert [j.id for j in project.jobs()] == [job.id]


def test_settings_keep_what_json_can_say(project):
    assert project.setting("view", "none") == "none"
    project.set_setting("view", {"zoom": 1.5, "tracks": [1, 2]})
    project.set_setting("view", {"zoom": 2.0})
    assert project.setting("view") == {"zoom": 2.0}


def test_an_unknown_id_is_said(project):
    with pytest.raises(ProjectError, match="no video 77"):
        project.video(77)
