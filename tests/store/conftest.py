from collections.abc import Iterator

import pytest

from tests.store.reference import new_project
from workbench.store import Project


@pytest.fixture
def project(tmp_path) -> Iterator[Project]:
    """A project with one video, two categories, one skeleton and one run, and no rows."""
    with new_project(tmp_path / "a.wbp") as made:
        yield made
