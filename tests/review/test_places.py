"""Issues about one place are asked together."""

from workbench.core.fixes import Fix, Operation
from workbench.core.issues import Issue
from workbench.review.places import by_place, independent


def join(a, b, end, begin, probability=0.5):
    return Issue("fragment", end, end, begin + 1, (a, b), probability, 10.0, Fix(Operation.JOIN, (a, b)))


def test_the_ways_in_which_a_track_may_go_on_are_one_question():
    issues = [
        join(1, 2, 50, 60, 0.4),
        join(1, 3, 50, 55, 0.3),
        join(4, 2, 52, 60, 0.2),  # 2 may also be where 4 went
        join(2, 5, 90, 95),  # the other end of 2
        Issue("death", 50, 50, 55, (1,), 0.1, 5.0, Fix(Operation.EXTEND, (1,), 51, 56)),
        Issue("size-drift", 50, 50, 55, (1,), 0.1, 5.0),
    ]
    asked = by_place(issues)
    assert asked == [(issues[0], issues[1], issues[2]), (issues[3],), (issues[4],), (issues[5],)]
    assert by_place(issues, most=9)[0] == (*issues[:3], issues[4])
    assert by_place(issues, most=0) == [(issue,) for issue in issues]


def test_a_track_of_nothing_is_one_question_wherever_it_was_noticed():
    kinds = [("short-track", 3), ("low-score", 90)]
    issues = [Issue(k, f, f, f + 1, (7,), 0.5, 9.0, Fix(Operation.DELETE, (7,))) for k, f in kinds]
    assert by_place(issues) == [tuple(issues)]


def test_places_of_a_sheet_share_no_track():
    asked = [
        (join(1, 2, 50, 60), join(1, 3, 50, 55)),
        (join(3, 4, 9, 12),),
        (join(5, 6, 9, 12),),
        (join(7, 8, 1, 3),),
    ]
    assert independent(asked, 2) == [0, 2]
    assert independent(asked, 9) == [0, 2, 3]
