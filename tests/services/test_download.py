"""Downloads against a real server on this machine that sends parts, breaks off and changes its mind."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from workbench.core.errors import UserError
from workbench.services import download as module
from workbench.services.download import BLOCK, download

CONTENT = np.random.default_rng(1).integers(0, 256, 3 * BLOCK + 77, np.uint8).tobytes()
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves one file.

    Args:
        cut: bytes after which the next answer breaks off; None for never.
        tag: the file's ETag; empty for none.
        ranges: whether parts are sent.
        kind: the content type.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.cut, self.tag, self.ranges = CONTENT, None, '"first"', True
        self.kind, self.asked = "application/octet-stream", []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/weights.pth"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, wanted = self.server, self.headers.get("Range")
        server.asked.append(wanted)
        if self.path != "/weights.pth":
            return self.send_error(404)
        start = 0
        if wanted and server.ranges and self.headers.get("If-Range", server.tag) == server.tag:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(server.content):
                return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Type", server.kind)
        self.send_header("Content-Length", str(len(server.content) - start))
        if start:
            last = len(server.content) - 1
            self.send_header("Content-Range", f"bytes {start}-{last}/{len(server.content)}")
        if server.tag:
            self.send_header("ETag", server.tag)
        self.end_headers()
        stop = len(server.content) if server.cut is None else server.cut
        self.wfile.write(server.content[start:stop])
        self.close_connection = True
        return None

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def server():
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "cache" / "weights.pth"


def finished(steps):
    items = []
    try:
        while True:
            items.append(next(steps))
    except StopIteration as end:
        return items, end.value


def test_a_file_arrives_whole_with_progress(server, target):
    items, path = finished(download(server.url, target, sha256=SHA256))
    assert path == target
    assert target.read_bytes() == CONTENT
    assert [p.name for p in target.parent.iterdir()] == ["weights.pth"]
    fetching = [item for item in items if item.text.startswith("fetching weights.pth")]
    assert fetching[0].done == 0
    assert fetching[-1].done == fetching[-1].total == len(CONTENT) >> 10
    assert [item.done for item in fetching] == sorted(item.done for item in fetching)


@pytest.mark.parametrize(("tag", "sha256"), [('"first"', ""), ("", SHA256)])
def test_a_cut_connection_is_said_and_continued(server, target, tag, sha256):
    server.cut, server.tag = BLOCK + 5, tag
    with pytest.raises(UserError, match=r"weights\.pth could not be fetched .*trying again continues"):
        finished(download(server.url, target, sha256=sha256))
    assert not target.exists()
    server.cut = None
    items, _ = finished(download(server.url, target, sha256=sha256))
    assert server.asked == [None, f"bytes={BLOCK + 5}-"]
    assert items[0].done == (BLOCK + 5) >> 10
    assert target.read_bytes() == CONTENT


def test_a_stopped_download_continues_where_it_stopped(server, target):
    steps = download(server.url, target)
    next(steps)
    next(steps)
    steps.close()
    kept = (target.parent / "weights.pth.part").stat().st_size
    assert 0 < kept < len(CONTENT)
    finished(download(server.url, target))
    assert server.asked == [None, f"bytes={kept}-"]
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "change",
    [
        lambda server: setattr(server, "tag", '"second"'),
        lambda server: setattr(server, "ranges", False),
        lambda server: setattr(server, "content", CONTENT[:1000]),
    ],
    ids=["changed file", "no parts", "shorter file"],
)
def test_what_cannot_be_continued_begins_anew(server, target, change):
    server.cut = BLOCK
    with pytest.raises(UserError):
        finished(download(server.url, target))
    server.cut = None
    change(server)
    finished(download(server.url, target))
    assert target.read_bytes() == server.content


@pytest.mark.parametrize("tag", ["", 'W/"weak"'])
def test_without_anything_that_identifies_the_file_it_begins_anew(server, target, tag):
    server.cut, server.tag = BLOCK, tag
    with pytest.raises(UserError):
        finished(download(server.url, target))
    server.cut = None
    finished(download(server.url, target))
    assert server.asked == [None, None]
    assert target.read_bytes() == CONTENT


def test_a_wrong_checksum_throws_the_file_away(server, target):
    with pytest.raises(UserError, match=r"has the checksum .* and not 0123abcd: it was thrown away"):
        finished(download(server.url, target, sha256="0123abcd"))
    assert list(target.parent.iterdir()) == []


def test_the_first_digits_of_a_checksum_are_enough(server, target):
    finished(download(server.url, target, sha256=SHA256[:8]))
    assert target.is_file()


def test_a_web_page_is_no_file(server, target):
    server.kind = "text/html; charset=utf-8"
    with pytest.raises(UserError, match="gives a web page and no file"):
        finished(download(server.url, target))


def test_what_is_not_there_and_who_does_not_answer_are_one_sentence(server, target):
    for url in (server.url + "x", "http://127.0.0.1:9/weights.pth"):
        with pytest.raises(UserError, match=r"could not be fetched \(.*\): look at the connection"):
            finished(download(url, target, timeout=5))


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "weights.pth"])
def test_only_web_addresses_are_fetched(target, url):
    with pytest.raises(UserError, match="is no web address"):
        finished(download(url, target))


def test_a_full_disk_is_noticed_before(server, target, monkeypatch):
    monkeypatch.setattr(module, "SPARE", 1 << 62)
    with pytest.raises(UserError, match=r"too full: 0\.8 MB are needed"):
        finished(download(server.url, target))
