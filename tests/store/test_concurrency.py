"""Several threads on one project. Nothing here is timed; benchmarks/store.py does that."""

import threading

import pytest

from tests.store.reference import add, box, stored, track
from workbench.core.edits import ChangeSet
from workbench.store import Project
from workbench.store.turns import Turns


class Other(threading.Thread):
    """A thread whose exception is raised where it is joined."""

    def __init__(self, work) -> None:
        super().__init__()
        self._work = work
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - handed on
            self._error = error

    def join(self, timeout: float | None = 60) -> None:
        super().join(timeout)
        assert not self.is_alive()
        if self._error:
            raise self._error


@pytest.fixture
def filled(project) -> Project:
    boxes = [box(t, frame) for t in (1, 2) for frame in range(100)]
    project.apply(add("Add tracks", [track(1), track(2)], boxes))
    return project


def move(project: Project, track_id: int, frame: int) -> None:
    row = project.box(track_id, frame)
    project.apply(ChangeSet.of("Move box", box=([row], [row._replace(x=row.x + 1)])))


def test_corrections_get_in_between_the_slices_of_an_import(filled):
    rows = [box(1, 100 + frame) for frame in range(20_000)]
    slices_seen = []
    importing, corrected = threading.Event(), threading.Event()

    def bring_in() -> None:
        for progress in filled.apply_large(ChangeSet.of("Import", box=([], rows))):
            slices_seen.append(progress.done)
            importing.set()
            if progress.done == 10_000:
                assert corrected.wait(30)

    importer = Other(bring_in)
    assert importing.wait(30)
    for frame in range(50):
        move(filled, 2, frame)
    assert filled.undo().name == "Move box"
    corrected.set()
    importer.join()
    assert slices_seen == list(range(500, 20_000, 500))
    assert [edit.name for edit in filled.history(2)] == ["Import", "Move box"]
    assert len(filled.boxes_of_track(1)) == 20_100
    filled.check()


def test_every_thread_may_write_and_each_edit_is_whole(filled):
    before = stored(filled)

    def work(track_id: int, offset: int) -> None:
        for frame in range(offset, 100, 4):
            move(filled, track_id, frame)

    threads = [Other(lambda t=t, o=o: work(t, o)) for t in (1, 2) for o in range(4)]
    for thread in threads:
        thread.join()
    assert len(filled.history(1000)) == 201
    assert {b.x for b in filled.boxes_between(1, 0, 100)} == {11.0}
    for _ in range(200):
        filled.undo()
    assert stored(filled) == before


def test_a_reader_sees_an_edit_whole_or_not_at_all(filled):
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen = {b.x for b in filled.boxes_between(1, 0, 100)}
            assert len(seen) == 1

    readers = [Other(read) for _ in range(2)]
    for _ in range(50):
        rows = filled.boxes_between(1, 0, 100)
        filled.apply(ChangeSet.of("Shift", box=(rows, [r._replace(x=r.x + 1) for r in rows])))
    done.set()
    for reader in readers:
        reader.join()


def test_ids_are_different_in_every_thread(project):
    issued: list[int] = []
    threads = [Other(lambda: issued.extend(project.new_ids("track", 7))) for _ in range(8)]
    for thread in threads:
        thread.join()
    assert len(set(issued)) == 56


def test_a_waiting_correction_goes_before_a_waiting_slice():
    turns, order = Turns(), []

    def take(name: str, *, bulk: bool) -> None:
        with turns.take(bulk=bulk):
            order.append(name)

    with turns.take():
        bulk = Other(lambda: take("slice", bulk=True))
        while len(turns._changed._waiters) < 1:  # type: ignore[attr-defined]
            pass
        correction = Other(lambda: take("correction", bulk=False))
        while len(turns._changed._waiters) < 2:  # type: ignore[attr-defined]
            pass
    bulk.join()
    correction.join()
    assert order == ["correction", "slice"]


def test_threads_that_come_and_go_share_one_reading_connection(filled):
    for _ in range(5):
        Other(lambda: filled.boxes_at(1, 0)).join()
    assert len(filled._db._idle) == 1
