import json

import pytest

from workbench.core.errors import UserError
from workbench.core.fixes import Fix, Operation


def test_goes_through_json_unchanged():
    fix = Fix(Operation.SWAP, (3, 7), 10, 20)
    assert Fix.from_json(json.loads(json.dumps(fix.to_json()))) == fix


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"operation": "burn", "tracks": [1]},
        {"operation": ["swap"], "tracks": [1]},
        {"operation": {}, "tracks": [1]},
        {"operation": "swap"},
        {"operation": "swap", "tracks": []},
        {"operation": "swap", "tracks": ["1"]},
        {"operation": "swap", "tracks": [True]},
        {"operation": "split", "tracks": [1], "start": 5, "stop": 5},
        {"operation": "split", "tracks": [1], "start": -1},
        {"operation": "split", "tracks": [1], "start": 1.5},
        {"operation": "renumber", "tracks": [1], "number": "x"},
    ],
)
def test_refuses_what_is_no_fix(data):
    with pytest.raises(UserError):
        Fix.from_json(data)
