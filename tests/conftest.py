"""What all tests share: no test leaves a thread running, none touches the user's own settings.

A test process that dies says where, at the end of the report and not somewhere above it.
"""

import ctypes
import faulthandler
import gc
import os
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

# Before torch is imported. Published figures were made on one thread: sums in another order flip a ReLU or
# the sign of a gradient here and there; and two test processes on two cores are faster so.
os.environ.setdefault("OMP_NUM_THREADS", "1")

LAST_WORDS = pytest.StashKey[Path]()  # a folder with a file for each test process
DEATHS = pytest.StashKey[dict[str, str]]()


@pytest.hookimpl(trylast=True)  # pytest itself lets faulthandler write to stderr
def pytest_configure(config):
    if hasattr(config, "workerinput"):
        path = Path(config.workerinput["last_words"], config.workerinput["workerid"])
        faulthandler.enable(os.open(path, os.O_WRONLY | os.O_CREAT))
        return
    folder = tempfile.TemporaryDirectory()
    config.add_cleanup(folder.cleanup)
    config.stash[LAST_WORDS], config.stash[DEATHS] = Path(folder.name), {}


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    node.workerinput["last_words"] = str(node.config.stash[LAST_WORDS])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    if error:
        name = node.workerinput["workerid"]
        path = node.config.stash[LAST_WORDS] / name
        words = path.read_text() if path.exists() else ""
        node.config.stash[DEATHS][name] = words or "Without a word: perhaps killed because memory ran out.\n"


def pytest_terminal_summary(terminalreporter, config):
    for name, words in config.stash[DEATHS].items():
        terminalreporter.section(f"how test process {name} died")
        terminalreporter.write(words)


@pytest.fixture(autouse=True, scope="module")
def _memory_given_back():
    """What the networks of a module took: glibc would keep it, up to a gigabyte in each test process."""
    yield
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL("libc.so.6").malloc_trim(0)


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
