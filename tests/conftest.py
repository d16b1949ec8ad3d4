"""What all tests share: no test leaves a thread running, none touches the user's own settings."""

import gc
import os

import pytest

# Before torch is imported. Published figures were made on one thread: sums in another order flip a ReLU or
# the sign of a gradient here and there; and two test processes on two cores are faster so.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    """Settings, demo and plugins of the user are not seen."""
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


@pytest.fixture(autouse=True)
def _no_thread_left(request):
    """Fail a window test that leaves a QThread running."""
    yield
    if "qtbot" not in request.fixturenames:
        return
    from PySide6.QtCore import QThread

    gc.collect()
    running = [o.objectName() for o in gc.get_objects() if _is_running_thread(o, QThread)]
    assert not running, f"threads left running: {running}"


def _is_running_thread(thing, kind):
    try:
        return issubclass(type(thing), kind) and thing.isRunning()  # isinstance would ask lazy objects
    except (RuntimeError, ReferenceError):  # its C++ object or its referent is gone
        return False
