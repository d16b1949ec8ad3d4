import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from workbench.core.errors import WorkbenchError
from workbench.core.resources import resource


def test_what_comes_with_the_program_is_found():
    assert tomllib.loads(resource("models.toml").read_text(encoding="utf-8"))["model"]


def test_a_missing_part_of_the_program_is_named():
    with pytest.raises(WorkbenchError, match=r"nothing\.bin is missing: .* install the program again"):
        resource("nothing.bin")


def test_a_wheel_carries_them(tmp_path):
    pytest.importorskip("setuptools")
    root = Path(__file__).resolve().parents[2]
    build = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(tmp_path)]
    subprocess.run(build, cwd=root, check=True, capture_output=True)
    assert (tmp_path / "workbench" / "core" / "resources.py").is_file()
    carried = tmp_path / "workbench" / "_resources"
    for source in [root / "resources" / "models.toml", *(root / "resources" / "weights").glob("*")]:
        assert (carried / source.relative_to(root / "resources")).read_bytes() == source.read_bytes()
    assert not (carried / "pictures").exists()
