"""What a person says of tracks and frames."""

import pytest

from tests.services.identity_project import add_track, carry_out, new_project, state
from workbench.core.errors import UserError
from workbench.core.fixes import Operation
from workbench.services import reviewing
from workbench.services.verdicts import judge_frame, judge_track, judgements


@pytest.fixture
def project(tmp_path):
    with new_project(tmp_path / "p.wbp") as project:
        yield project


def test_a_verified_track_has_verified_boxes_until_that_is_taken_back(project):
    a = add_track(project, 1, range(5))
    before = state(project)
    project.apply(judge_track(project, a, "verified", comment="sure"))
    assert all(row.verified for row in project.boxes_of_track(a))
    (said,) = judgements(project, 1)
    assert (said.kind, said.verdict, said.row.comment, said.tracks) == ("track", "verified", "sure", (a,))
    project.apply(judge_track(project, a, "unsure"))
    assert [j.verdict for j in judgements(project, 1)] == ["unsure"]
    assert not any(row.verified for row in project.boxes_of_track(a))
    project.apply(judge_track(project, a, ""))
    assert judgements(project, 1) == []
    for _ in range(3):
        project.undo()
    assert state(project) == before


def test_a_frame_without_boxes_can_be_verified_to_be_empty(project):
    add_track(project, 1, range(5))
    project.apply(judge_frame(project, 1, 7, "empty"))
    assert [(j.kind, j.frame, j.verdict) for j in judgements(project, 1)] == [("frame", 7, "empty")]
    with pytest.raises(UserError, match="not empty"):
        judge_frame(project, 1, 4, "empty")
    with pytest.raises(UserError, match="no frame"):
        judge_frame(project, 1, 100, "empty")


def test_a_verified_frame_has_verified_boxes(project):
    a, b = add_track(project, 1, range(5)), add_track(project, 2, range(5))
    project.apply(judge_frame(project, 1, 3, "verified"))
    assert [[r.frame for r in project.boxes_of_track(t) if r.verified] for t in (a, b)] == [[3], [3]]


def test_judgements_are_no_questions_and_go_with_their_track(project):
    a, b = add_track(project, 1, range(5)), add_track(project, 2, range(5, 9))
    project.apply(judge_track(project, b, "unsure"))
    project.apply(judge_frame(project, 1, 3, "verified"))
    assert reviewing.queue(project, 1) == []
    assert reviewing.progress(project, 1).remaining == 0
    carry_out(project, Operation.MERGE, a, b)
    assert [j.kind for j in judgements(project, 1)] == ["frame"]
