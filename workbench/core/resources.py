"""Files that come with the program: the catalogue of models, bundled weights.

In a checkout they lie in ``resources/`` beside the package, where people look for them; a wheel carries
them inside the package (``setup.py``), so that nothing is put among other programs' files.
"""

from __future__ import annotations

from pathlib import Path

from workbench.core.errors import WorkbenchError

PACKAGE = Path(__file__).resolve().parents[1]


def resource_folder() -> Path:
    """The folder that holds them."""
    packaged = PACKAGE / "_resources"
    return packaged if packaged.is_dir() else PACKAGE.parent / "resources"


def resource(name: str) -> Path:
    """One file or folder.

    Args:
        name: relative to the folder, "/" between parts.

    Raises:
        WorkbenchError: it is not there.
    """
    path = resource_folder() / name
    if not path.exists():
        raise WorkbenchError(f"{path} is missing: it belongs to the program, install the program again.")
    return path
