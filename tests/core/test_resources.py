import tomllib

import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.resources import resource


def test_what_comes_with_the_program_is_found():
    assert tomllib.loads(resource("models.toml").read_text(encoding="utf-8"))["model"]


def test_a_missing_part_of_the_program_is_named():
    with pytest.raises(WorkbenchError, match=r"nothing\.bin is missing: .* install the program again"):
        resource("nothing.bin")
