import sys

import pytest

from tests.store.acknowledged_writer import kill_and_check


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("seed", range(4))
def test_a_killed_writer_loses_nothing_it_acknowledged_and_can_be_undone_to_the_start(tmp_path, seed):
    assert kill_and_check(tmp_path / "a.wbp", seed=seed) > 0
