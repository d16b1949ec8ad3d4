"""Review items as a file: out, back in, and what somebody else made of it."""

import json
import random

import pytest

from tests.services.identity_project import add_track, new_project, runs, state
from workbench.core.edits import ChangeSet
from workbench.core.errors import FormatError
from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.services import reviewing
from workbench.services.applying import apply_file
from workbench.services.identities import Manner
from workbench.services.proposals import exported, write_items
from workbench.services.review_items import row_of
from workbench.services.reviewing import Filters

EVERY = Filters(verdicts=frozenset({"", "accepted", "rejected", "skipped", "fixed"}))


@pytest.fixture
def project(tmp_path):
    with new_project(tmp_path / "p.wbp") as project:
        for number in (11, 12, 13):  # so that numbers are no ids
            add_track(project, number, range(50))
        a, b, c = (track.id for track in project.tracks(1))
        issues = [
            Issue(
                "possible-switch",
                20,
                18,
                25,
                (a, b),
                0.5,
                60.0,
                Fix(Operation.SWAP, (a, b), 20),
                (("x", 0.5),),
            ),
            Issue("possible-switch", 30, 28, 35, (b, c), 0.5, 40.0, Fix(Operation.SWAP, (b, c), 30)),
            Issue("jump", 10, 10, 11, (c,), 0.1, 5.0),
        ]
        ids = project.new_ids("review_item", len(issues))
        rows = [row_of(issue, i, 1) for i, issue in zip(ids, issues, strict=True)]
        project.apply(ChangeSet.of("Find", review_item=((), rows)))
        yield project


@pytest.fixture
def file(tmp_path):
    return tmp_path / "items.json"


def apply(project, file, **how):
    steps = apply_file(project, 1, file, **how)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def proposed(file, *items, **head):
    file.write_text(json.dumps({"format": "workbench-review", "version": 1, **head, "items": items}))
    return file


def test_a_file_as_it_was_exported_changes_nothing(project, file):
    before = state(project)
    write_items(file, exported(project, 1))
    data = json.loads(file.read_text())
    assert [item["tracks"] for item in data["items"]] == [[11, 12], [12, 13], [13]]
    assert data["items"][0]["fix"] == {"operation": "swap", "tracks": [11, 12], "start": 20, "stop": None}
    assert apply(project, file) == []
    assert state(project) == before


def test_accepted_items_are_carried_out_with_their_verdict_one_edit_each(project, file):
    before = state(project)
    write_items(file, exported(project, 1))
    data = json.loads(file.read_text())
    first, second, third = data["items"]
    first["verdict"] = "accepted"
    second["fix"]["operation"] = "merge"
    second["verdict"] = "accepted"
    third["verdict"] = "rejected"
    file.write_text(json.dumps(data))
    done = apply(project, file)
    assert [one.done for one in done] == [True, True, True]
    verdicts = {i.id: i.verdict for i in reviewing.queue(project, 1, EVERY)}
    assert verdicts == {1: "accepted", 2: "fixed", 3: "rejected"}
    assert [e.name for e in project.history(3)] == ["Reject issue", "Merge #13 into #12", "Swap #11 and #12"]
    assert apply(project, file)[0].done is False, "the fix that was made instead is not its own"
    for _ in range(3):
        project.undo()
    assert state(project) == before


def test_a_script_proposes_with_numbers_ids_and_names(project, file):
    a, b, _ = (track.id for track in project.tracks(1))
    proposed(
        file,
        {"fix": {"operation": "swap", "tracks": [11, f"id:{b}"], "start": 40}},
        {"fix": {"operation": "relabel", "tracks": [13], "class": "Car"}},
        {"fix": {"operation": "renumber", "tracks": [11], "number": 99}},
        {"fix": {"operation": "delete", "tracks": [99], "start": 45}},
        video="clip",
        frames=100,
    )
    assert [one.done for one in apply(project, file)] == [True] * 4
    assert runs(project, a) == [(11, 0, 40), (12, 40, 45)]
    assert not any(row.verified for row in project.rows("box")), "nobody looked"
    proposed(file, {"fix": {"operation": "split", "tracks": [13], "start": 40}})
    apply(project, file, manner=Manner(seen=True))
    assert any(row.verified for row in project.rows("box"))


def test_what_cannot_be_done_is_refused_with_a_reason_and_the_rest_is_done(project, file):
    proposed(
        file,
        {"fix": {"operation": "merge", "tracks": [11, 12]}},
        {"fix": {"operation": "merge", "tracks": [11, 12]}},
        {"fix": {"operation": "extend", "tracks": [13], "start": 50}},
        {"fix": {"operation": "split", "tracks": [13], "start": 10}},
    )
    done = apply(project, file)
    assert [one.done for one in done] == [True, False, False, True]
    assert "no track 12" in done[1].text
    assert "tracker" in done[2].text
    assert len(project.tracks(1)) == 3


HOSTILE_FILES = [
    "",
    "nonsense",
    "[]",
    "{}",
    '{"format": "workbench-review"}',
    '{"format": "workbench-review", "version": 2, "items": []}',
    '{"format": "workbench-review", "version": true, "items": []}',
    '{"format": "workbench-review", "version": 1, "items": {}}',
    '{"format": "workbench-review", "version": 1, "items": [], "video": "another"}',
    '{"format": "workbench-review", "version": 1, "items": [], "frames": [1]}',
    '{"format": "workbench-review", "version": 1, "items": [NaN]}',
    '{"format": "workbench-review", "version": 1, "items": [' + "9" * 9999 + "]}",
    "[" * 100_000,
    "\0",
]


@pytest.mark.parametrize("text", HOSTILE_FILES, ids=lambda text: text[:60])
def test_a_file_that_is_none_is_refused_as_a_whole(project, file, text):
    file.write_text(text)
    before = state(project)
    with pytest.raises(FormatError):
        apply(project, file)
    assert state(project) == before


SWAP = {"operation": "swap", "tracks": [11, 12]}
HOSTILE_ITEMS = [
    None,
    7,
    [],
    {},
    {"fix": []},
    {"fix": {}},
    {"fix": {"operation": "burn", "tracks": [11]}},
    {"fix": {"operation": {}, "tracks": [11]}},
    {"fix": {"operation": "swap", "tracks": 11}},
    {"fix": {"operation": "swap", "tracks": []}},
    {"fix": {"operation": "swap", "tracks": [11, 11]}},
    {"fix": {"operation": "swap", "tracks": [11, True]}},
    {"fix": {"operation": "swap", "tracks": [11, 1.5]}},
    {"fix": {"operation": "swap", "tracks": [11, None]}},
    {"fix": {"operation": "swap", "tracks": [11, "12"]}},
    {"fix": {"operation": "swap", "tracks": [11, "id:12"]}},
    {"fix": {"operation": "swap", "tracks": [11, {}]}},
    {"fix": {"operation": "swap", "tracks": [11, 10**30]}},
    {"fix": {"operation": "swap", "tracks": [11, "id:\ud800"]}},
    {"fix": {"operation": "join", "tracks": [11] * 1000}},
    {"fix": {**SWAP, "start": -1}},
    {"fix": {**SWAP, "start": "0"}},
    {"fix": {**SWAP, "start": 10**30}},
    {"fix": {**SWAP, "start": 2**61}},
    {"fix": {**SWAP, "start": 20, "stop": 10}},
    {"fix": {**SWAP, "start": 60}},
    {"fix": {"operation": "renumber", "tracks": [11]}},
    {"fix": {"operation": "renumber", "tracks": [11], "number": -1}},
    {"fix": {"operation": "renumber", "tracks": [11], "number": 1e300}},
    {"fix": {"operation": "relabel", "tracks": [11], "class": "nobody"}},
    {"fix": {"operation": "relabel", "tracks": [11], "class": []}},
    {"fix": {"operation": "relabel", "tracks": [11], "number": 2}},
    {"fix": SWAP, "verdict": "maybe"},
    {"fix": SWAP, "verdict": []},
    {"fix": SWAP, "verdict": None},
    {"fix": SWAP, "id": 999},
    {"fix": SWAP, "id": "1"},
    {"fix": SWAP, "id": 1.0},
    {"fix": SWAP, "id": True},
    {"fix": SWAP, "id": 10**30},
    {"fix": SWAP, "id": 1, "kind": "jump"},
    {"fix": SWAP, "id": 1, "kind": []},
    {"verdict": "rejected"},
    {"id": 3, "verdict": "accepted"},
]


@pytest.mark.parametrize("item", HOSTILE_ITEMS, ids=repr)
def test_an_item_that_is_none_is_refused_and_changes_nothing(project, file, item):
    before = state(project)
    (one,) = apply(project, proposed(file, item))
    assert not one.done
    assert one.text
    one.text.encode()
    assert state(project) == before


def test_whatever_is_written_into_a_file_the_project_stays_whole(project, file):
    write_items(file, exported(project, 1))
    text = file.read_text().replace('"verdict": ""', '"verdict": "accepted"')
    rng = random.Random(0)
    junk = ["null", "-1", "[]", "{}", '"x"', "1e999", "true", "11", "12", "9" * 30]
    for _ in range(60):
        words = text.split(" ")
        for _ in range(rng.randint(1, 4)):
            words[rng.randrange(len(words))] = rng.choice(junk) + rng.choice([",", "", "}"])
        file.write_text(" ".join(words))
        try:
            apply(project, file)
        except FormatError:
            continue
        boxes = project.rows("box")
        assert {row.track_id for row in boxes} == {track.id for track in project.tracks(1)}
    while project.undo():
        pass
    assert not any(state(project).values())
