"""The layers of the README hold: imports point downward only, and the command line stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

LAYERS = {
    "core": 1,
    "models": 2, "tracking": 2, "video": 2, "metrics": 2, "review": 2,
    "store": 3, "formats": 3, "inference": 3, "training": 3,
    "services": 4,
    "cli": 5, "ui": 5,
    "__main__": 6,
}  # fmt: skip
CORE_ONLY = {"store", "formats", "api"}
OWNERS = {
    "sqlalchemy": {"store"},
    "sqlite3": {"store"},
    "PySide6": {"ui"},
    "pyqtgraph": {"ui"},
    "torch": {"models", "inference", "training"},
    "lap": {"tracking"},
    "av": {"video"},
}


def modules():
    return sorted((ROOT / "workbench").rglob("*.py"))


def package_of(path):
    return path.relative_to(ROOT / "workbench").with_suffix("").parts[0]


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(path):
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "workbench" and len(parts) > 1 and parts[1] != "__version__":
            yield parts[1]


def test_every_package_has_its_place():
    assert {package_of(p) for p in modules()} - {"__init__", "api"} <= set(LAYERS)


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_downward(path):
    here = package_of(path)
    for there in set(ours(path)) - {here}:
        if here in CORE_ONLY:
            assert there == "core", f"{here} may import core only, not {there}"
        elif there == "api":
            assert here == "services"
        else:
            assert LAYERS[there] < LAYERS[here], f"{here} imports {there}"


@pytest.mark.parametrize(("library", "owners"), OWNERS.items())
def test_a_library_stays_in_its_layer(library, owners):
    users = {package_of(p) for p in modules() for name in imports(p) if name.split(".")[0] == library}
    assert users <= owners


def test_inference_and_training_do_not_know_their_callers():
    for path in modules():
        if package_of(path) == "inference":
            assert not {"video", "training"} & set(ours(path))
        if package_of(path) == "training":
            assert not {"store", "ui"} & set(ours(path))


def test_plugins_import_the_api_only():
    modules = sorted((ROOT / "plugins").rglob("*.py"))
    assert modules
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not any(alias.name.split(".")[0] == "workbench" for alias in node.names), path
            elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "workbench":
                assert (node.module, node.level) == ("workbench.api", 0), path


def test_command_line_starts_without_qt_and_torch():
    heavy = {"PySide6", "torch", "cv2", "sqlalchemy"}
    code = f"import sys, workbench.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_nothing_in_the_program_uses_torch_load_unsafely():
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
                assert any(k.arg == "weights_only" and ast.unparse(k.value) == "True" for k in node.keywords)
