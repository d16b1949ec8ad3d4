import pytest

from workbench.core.edits import MOST_ITEMS, Change, ChangeSet, Scope
from workbench.core.rows import KEYS, ROW_TYPES, ActionRow, BoxRow, ReviewItemRow, TrackRow

TRACK = TrackRow(7, 2, 1, 3, "", None)
BOX = BoxRow(2, 12, 7, 1.0, 2.0, 3.0, 4.0, None, 0, None, 0, 0, 0, 0)
ACTION = ActionRow(1, 2, 8, 5, 20, "walks", None, 0, None, 0)
ITEM = ReviewItemRow(
    1, 2, "switch", 30, 28, 31, 7, 9, "[7, 9]", 0.5, 4.0, "", "[]", "[[30, 1, 2, 3, 4]]", "", "", None
)


def test_a_change_set_is_named_changes_of_known_tables():
    change = ChangeSet.of("Move", box=([BOX], [BOX._replace(x=5.0)]), track=([], []))
    assert [c.table for c in change.changes] == ["box"]
    with pytest.raises(ValueError, match="boxes"):
        ChangeSet.of("Move", boxes=([], [BOX]))


def test_a_change_set_that_changes_nothing_is_false():
    assert not ChangeSet.of("Nothing")
    assert not ChangeSet.of("Same", box=([BOX], [BOX]))
    assert ChangeSet.of("Move", box=([BOX], [BOX._replace(x=5.0)]))


def test_the_inverse_of_the_inverse_is_the_same():
    change = ChangeSet.of("Add", track=([], [TRACK]), box=([BOX], []))
    assert change.inverted().changes[0] == Change("track", (TRACK,), ())
    assert change.inverted().inverted() == change


@pytest.mark.parametrize(
    ("table", "row", "span", "tracks", "boxed", "items"),
    [
        ("track", TRACK, (0, 0), {7}, (), ()),
        ("box", BOX, (12, 13), {7}, {7}, ()),
        ("action", ACTION, (5, 20), {8}, (), ()),
        ("review_item", ITEM, (28, 31), {7, 9}, (), {1}),
    ],
)
def test_a_scope_holds_what_its_rows_are_about(table, row, span, tracks, boxed, items):
    scope = ChangeSet.of("X", **{table: ([], [row])}).scope()
    sets = map(frozenset, (tracks, boxed, items))
    assert scope == Scope(frozenset({table}), frozenset({2}), *span, *sets)


def test_a_scope_names_items_up_to_a_number():
    def scope(*ids):
        return ChangeSet.of("X", review_item=([], [ITEM._replace(id=i) for i in ids])).scope()

    assert scope(*range(MOST_ITEMS)).items == set(range(MOST_ITEMS))
    assert scope(*range(MOST_ITEMS + 1)).items is None
    assert scope(1).union(scope(2)).items == {1, 2}
    assert scope(*range(MOST_ITEMS)).union(scope(MOST_ITEMS)).items is None
    assert scope(*range(MOST_ITEMS + 1)).union(Scope()).items is None


def test_scopes_join_without_counting_rows_that_have_no_frame():
    change = ChangeSet.of("X", track=([TRACK], []), box=([BOX], [BOX._replace(frame=40)]))
    scope = change.scope()
    assert (scope.start, scope.stop) == (12, 41)
    assert scope.tables == {"track", "box"}
    assert Scope().union(scope) == scope


def test_a_view_is_touched_by_its_video_and_frames_or_by_any_change_of_tracks():
    boxes = ChangeSet.of("X", box=([BOX], [])).scope()
    assert boxes.touches(video=2)
    assert boxes.touches(video=2, frame=12)
    assert not boxes.touches(video=2, frame=13)
    assert not boxes.touches(video=1, frame=12)
    assert ChangeSet.of("X", track=([], [TRACK])).scope().touches(video=2, frame=999)


def test_every_undoable_table_has_a_key_among_its_columns():
    assert KEYS.keys() == ROW_TYPES.keys()
    assert all(set(KEYS[table]) <= set(kind._fields) for table, kind in ROW_TYPES.items())


def test_a_row_a_person_made_or_verified_is_protected():
    assert BOX.protected
    assert not BOX._replace(origin=1).protected
    assert BOX._replace(origin=1, verified=1).protected
