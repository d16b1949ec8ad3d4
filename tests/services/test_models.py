import hashlib
import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from workbench.core.errors import ModelError, UserError
from workbench.core.resources import resource_folder
from workbench.models.atom_slim import SlimAtomNet
from workbench.models.recognition import Spec
from workbench.models.weights_file import write_weights
from workbench.models.weights_header import Header
from workbench.services.model_catalogue import Published, read_catalogue
from workbench.services.model_listing import describe_model, list_models
from workbench.services.models import ModelLibrary

SLIM = Spec("atom", "sot", "slim", options={"width": 8, "head_width": 16})
PUBLISHED = Published(
    "atom_slim", "atom", "sot", "slim", file="atom_slim_ep0040.pth.tar", data="made video", licence="CC0",
    page="https://example.org/zoo", figures={"AUC": 61.0}, note="Small.",
)  # fmt: skip


def finished(steps):
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


@pytest.fixture(scope="module")
def state():
    torch.manual_seed(1)
    return SlimAtomNet(**SLIM.options).state_dict()


@pytest.fixture
def theirs(tmp_path, state):
    """A file as its authors publish it."""
    path = tmp_path / "mine" / "atom_slim_ep0040.pth.tar"
    path.parent.mkdir()
    torch.save({"net": state, "epoch": 40}, path)
    return path


@pytest.fixture
def library(tmp_path):
    return ModelLibrary(
        tmp_path / "library", tmp_path / "cache", bundled=tmp_path / "bundled", catalogue=(PUBLISHED,)
    )


def files(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_file_is_copied_recognised_and_named_by_the_catalogue(library, theirs):
    before = theirs.read_bytes()
    (available,) = library.entries()
    assert (available.place, available.path) == ("available", None)
    assert available.needs == "atom_slim_ep0040.pth.tar from https://example.org/zoo"
    entry = finished(library.add(theirs))
    assert (entry.name, entry.place, entry.spec, entry.needs) == ("atom_slim", "installed", SLIM, "")
    assert entry.size == len(before)
    assert entry.licence == "CC0"
    assert entry.figures == {"AUC": 61.0}
    assert entry.path.read_bytes() == theirs.read_bytes() == before
    assert library.entries() == (entry,)
    assert files(library.folder) == ["atom_slim.json", "atom_slim.pth"]


def test_removing_deletes_the_copy_only(library, theirs):
    finished(library.add(theirs, name="one"))
    finished(library.add(theirs, name="two.v2"))
    library.remove("one")
    assert theirs.is_file()
    assert files(library.folder) == ["two.v2.json", "two.v2.pth"]
    assert library.find("atom_slim").place == "available"


def test_our_own_file_speaks_for_itself(library, tmp_path, state):
    header = Header(SLIM, classes=("cat",), licence="MIT", data="cats", training={"AUC": 50})
    header = write_weights(tmp_path / "cats.safetensors", state, header)
    entry = finished(library.add(tmp_path / "cats.safetensors"))
    assert entry.header == header
    assert entry.path.suffix == ".safetensors"
    text = describe_model(entry)
    for fact in ("atom sot slim", "cat", "MIT", "AUC 50", "nothing, it is ready", entry.sha256):
        assert fact in text


def test_bundled_weights_are_listed_checked_and_kept(library, tmp_path, state):
    library.bundled.mkdir()
    path = library.bundled / "atom-slim.safetensors"
    header = write_weights(path, state, Header(SLIM, licence="CC0"), half=True)
    assert library.find("atom-slim").place == "bundled"
    assert finished(library.verify("atom-slim")) == header.sha256
    with pytest.raises(UserError, match="belongs to the program"):
        library.remove("atom-slim")
    with pytest.raises(UserError, match="There is a model atom-slim already"):
        finished(library.add(path))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match="its numbers are not those"):
        finished(library.verify("atom-slim"))
    path.write_bytes(content[:-9])
    assert library.find("atom-slim").needs == "the program to be installed again, for its file is damaged"


def test_verifying_notices_a_changed_copy(library, theirs):
    entry = finished(library.add(theirs))
    assert finished(library.verify("atom_slim")) == hashlib.sha256(theirs.read_bytes()).hexdigest()
    entry.path.write_bytes(theirs.read_bytes() + b"x")
    with pytest.raises(ModelError, match=r"atom_slim\.pth has changed since it was added"):
        finished(library.verify("atom_slim"))


def test_a_network_that_cannot_be_run_yet_is_kept_and_says_so(library, tmp_path):
    header = Header(Spec("segmenter", "masks"))
    write_weights(tmp_path / "masks.safetensors", {"mask.weight": torch.ones(3)}, header)
    entry = finished(library.add(tmp_path / "masks.safetensors"))
    assert entry.needs == "a later version of the program, which has this network"
    assert "needs a later version" in list_models(library.entries())


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"<!DOCTYPE html><html>Sign in</html>", "text or web page"),
        (b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R.", "damaged|more than weights"),
        (b"", "empty"),
        (None, "cannot be read"),
    ],
)
def test_what_holds_no_weights_is_refused_and_leaves_nothing(library, tmp_path, content, problem):
    path = tmp_path / "w.pth"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=problem):
        finished(library.add(path))
    assert files(library.folder) == []


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", "-x", "a b"])
def test_a_name_has_to_be_one_for_a_file(library, theirs, name):
    with pytest.raises(UserError, match="cannot be a model's name"):
        finished(library.add(theirs, name=name))


def test_stopping_while_copying_leaves_nothing(library, theirs):
    steps = library.add(theirs)
    next(steps)
    next(steps)
    steps.close()
    assert files(library.folder) == []
    assert theirs.is_file()


def test_a_lost_file_and_a_damaged_record_do_not_hide_the_others(library, theirs):
    for name in ("lost", "torn", "well"):
        finished(library.add(theirs, name=name))
    (library.folder / "lost.pth").unlink()
    (library.folder / "torn.json").write_text(json.dumps({"file": 3}))
    needs = {entry.name: entry.needs for entry in library.entries() if entry.place == "installed"}
    assert needs["lost"].startswith("its file, which is gone")
    assert needs["torn"].startswith("a record that can be read")
    assert needs["well"] == ""
    with pytest.raises(UserError, match="lost is not here; it needs its file"):
        finished(library.verify("lost"))
    library.remove("torn")
    library.remove("lost")
    assert files(library.folder) == ["well.json", "well.pth"]


def test_a_record_cannot_name_a_file_elsewhere(library, theirs):
    finished(library.add(theirs, name="one"))
    record = library.folder / "one.json"
    content = json.loads(record.read_text()) | {"file": str(theirs)}
    record.write_text(json.dumps(content))
    assert library.find("one").path is None
    library.remove("one")
    assert theirs.is_file()


def test_an_unknown_name_is_answered_with_those_there_are(library, theirs):
    finished(library.add(theirs, name="one"))
    with pytest.raises(UserError, match="no model 'two'; installed are: one"):
        library.find("two")
    with pytest.raises(UserError, match="atom_slim is not installed"):
        library.remove("atom_slim")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def address(theirs):
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=theirs.parent)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def offering(library, url, **changes):
    return ModelLibrary(
        library.folder,
        library.cache,
        library.bundled,
        (Published(**{**vars(PUBLISHED), "url": url, **changes}),),
    )


def test_downloading_adds_the_model_and_empties_the_cache(library, theirs, address):
    sha256 = hashlib.sha256(theirs.read_bytes()).hexdigest()
    library = offering(library, f"{address}/{theirs.name}", sha256=sha256[:8])
    assert library.find("atom_slim").needs == "to be downloaded"
    entry = finished(library.download("atom_slim"))
    assert (entry.place, entry.sha256) == ("installed", sha256)
    assert finished(library.verify("atom_slim")) == sha256
    assert files(library.cache) == []
    with pytest.raises(UserError, match="is here already"):
        finished(library.download("atom_slim"))


def test_a_download_that_holds_no_weights_is_thrown_away(library, theirs, address):
    (theirs.parent / "notes.bin").write_bytes(b"\x00 no weights \x00" * 9)
    library = offering(library, f"{address}/notes.bin")
    with pytest.raises(ModelError, match="damaged or no file of weights"):
        finished(library.download("atom_slim"))
    assert files(library.cache) == []
    assert library.find("atom_slim").place == "available"


def test_what_no_program_may_fetch_is_explained(library):
    with pytest.raises(
        UserError, match=r"get atom_slim_ep0040\.pth\.tar from https://example\.org/zoo .*add"
    ):
        finished(library.download("atom_slim"))


def test_the_programs_catalogue_names_every_published_model_once():
    entries = {entry.name: entry for entry in read_catalogue()}
    assert {entry.kind for entry in entries.values()} == {
        "atom",
        "centernet",
        "fairmot",
        "centertrack",
        "stgcn",
    }
    assert entries["ctdet_coco_dla_2x"].figures["AP"] == 37.4
    for entry in entries.values():
        assert entry.page.startswith("https://")
        assert entry.licence
        assert not entry.url or entry.url.startswith("https://")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("model = 3", "cannot be used"),
        ("[[model]]\nname = 'a'\ncolour = 1", "colour"),
        ("[[model", "cannot be used"),
    ],
)
def test_a_damaged_catalogue_is_named(tmp_path, text, problem):
    path = tmp_path / "models.toml"
    path.write_text(text)
    with pytest.raises(ModelError, match=problem):
        read_catalogue(path)


def test_resources_of_the_checkout_are_used():
    assert resource_folder() == Path(__file__).resolve().parents[2] / "resources"
