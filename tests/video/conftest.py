"""Clips made once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.painted import make_clip
from tests.video.kinds import FRAMES, KINDS

Clips = Callable[[str], Path]


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    """The clip of a kind, see ``kinds.KINDS``, made at the first call."""
    folder = tmp_path_factory.mktemp("clips")

    def made(kind: str) -> Path:
        file, options = KINDS[kind]
        path = folder / file
        return path if path.exists() else make_clip(path, FRAMES, **options)

    return made
