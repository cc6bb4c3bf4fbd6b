"""Downloads that break off, are killed, or are not what they should be: taken up again, or refused in one line."""

import hashlib
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from benchmarks.project import ROOT, environment
from darkroom.archives import resuming
from darkroom.archives.download import download_file
from darkroom.core.errors import UserError
from tests.support.refusals import one_line

WHOLE = bytes(range(256)) * 2000
SHA256 = hashlib.sha256(WHOLE).hexdigest()


class Server(ThreadingHTTPServer):
    """Sends a file in the ways that servers do."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.body = WHOLE
        self.cut: list[int] = []
        """Bytes after which each of the next answers ends."""
        self.ranges = True
        self.length: int | None = None
        """The length that is told, if not the true one."""
        self.stall = False
        self.redirect: str | None = None
        self.asked: list[str] = []
        """The range that each request asked for."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/pets.zip"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        server = self.server
        wanted = self.headers.get("Range", "")
        server.asked.append(wanted)
        if server.redirect:
            self.send_response(302)
            self.send_header("Location", server.redirect)
            self.end_headers()
            return
        start = int(re.findall(r"\d+", wanted)[0]) if wanted and server.ranges else 0
        if start >= len(server.body):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(server.body) - 1}/{len(server.body)}")
        self.send_header("Content-Length", str(server.length or len(server.body) - start))
        self.end_headers()
        end = start + server.cut.pop(0) if server.cut else len(server.body)
        self.wfile.write(server.body[start:end])
        if server.stall:
            self.wfile.flush()
            time.sleep(60)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server on this machine, and a working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(resuming, "PAUSE", 0.0)
    started = Server()
    started.daemon_threads = True
    threading.Thread(target=started.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield started
    started.shutdown()
    started.server_close()


def get(server: Server) -> Path:
    return download_file(server.url, SHA256, Path("in"), "pets")


def check(path: Path) -> None:
    """The file is whole, and nothing else is left."""
    assert path.read_bytes() == WHOLE
    assert [one.name for one in path.parent.iterdir()] == ["pets.zip"]
    assert not list(resuming.PARTS.rglob("*"))


def test_a_download_that_breaks_off_goes_on_at_once(server: Server) -> None:
    server.cut = [2 * resuming.CHUNK, resuming.CHUNK]
    check(get(server))
    assert server.asked == ["", "bytes=131072-", "bytes=196608-"]


def test_a_server_that_sends_no_rest_begins_again(server: Server) -> None:
    server.cut, server.ranges = [2 * resuming.CHUNK], False
    check(get(server))
    assert server.asked == ["", "bytes=131072-"]


def test_a_download_that_brings_nothing_more_is_left_for_the_next_run(server: Server) -> None:
    server.cut = [2 * resuming.CHUNK, 0]
    words = (
        "datasets.pets.source",
        "download failed (the connection broke off)",
        "run again, which goes on where the server can",
    )
    one_line(lambda: get(server), *words)
    assert not Path("in").exists() or not list(Path("in").iterdir())
    check(get(server))
    assert server.asked[-1] == "bytes=131072-"


def test_a_download_that_was_killed_leaves_nothing_that_counts_and_goes_on(server: Server) -> None:
    server.cut, server.stall = [300_000], True
    script = f"""
from pathlib import Path
from darkroom.archives.download import download_file
download_file({server.url!r}, {SHA256!r}, Path("in"), "pets")
"""
    process = subprocess.Popen([sys.executable, "-c", script], env={**environment(), "PYTHONPATH": str(ROOT)})
    for _ in range(600):
        if sum(one.stat().st_size for one in resuming.PARTS.rglob(".darkroom-*")) >= 4 * resuming.CHUNK:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not Path("in/pets.zip").exists()
    server.stall = False
    for one in Path("in").iterdir():  # as the folder that a stage writes into is removed with all that is in it
        one.unlink()
    check(get(server))
    assert re.fullmatch(r"bytes=[1-9]\d+-", server.asked[-1])


def test_what_is_left_of_another_file_is_not_believed(server: Server) -> None:
    left = resuming.PARTS / SHA256 / "part"
    left.parent.mkdir(parents=True)
    left.write_bytes(bytes(1000))
    check(get(server))
    assert server.asked == ["bytes=1000-", ""]


def test_what_is_left_and_longer_than_the_file(server: Server) -> None:
    left = resuming.PARTS / SHA256 / "part"
    left.parent.mkdir(parents=True)
    left.write_bytes(WHOLE + b"x")
    check(get(server))
    assert server.asked == [f"bytes={len(WHOLE) + 1}-", ""]


def test_what_another_process_downloads_is_left_alone(server: Server) -> None:
    from darkroom.core.files import name_beside

    own = name_beside(resuming.PARTS / SHA256 / "part")
    own.parent.mkdir(parents=True)
    own.write_bytes(WHOLE[:1000])
    path = get(server)
    assert path.read_bytes() == WHOLE and server.asked == [""]


@pytest.mark.parametrize(
    ("body", "length"),
    [(WHOLE[:-1], None), (WHOLE + b"x", None), (WHOLE[:-1] + b"x", None), (WHOLE + b"more", len(WHOLE) - 5)],
    ids=["shorter", "longer", "another", "longer than it is said to be"],
)
def test_another_file_than_is_wanted(server: Server, body: bytes, length: int | None) -> None:
    server.body, server.length = body, length
    one_line(lambda: get(server), f"params.yaml: datasets.pets.sha256: {SHA256}: the file at", "write its SHA-256")
    assert not list(Path("in").iterdir()) and not list(resuming.PARTS.rglob("*"))


def test_a_body_that_is_shorter_than_it_is_said_to_be(server: Server) -> None:
    server.length = len(WHOLE) + 10
    server.ranges = False
    one_line(lambda: get(server), "datasets.pets.source", "download failed", "check the network")
    assert not list(Path("in").iterdir())


@pytest.mark.parametrize("place", ["ftp://127.0.0.1/pets.zip", "file:///etc/passwd", "gopher://x/"])
def test_an_address_that_leads_to_what_is_no_web_server(server: Server, place: str) -> None:
    server.redirect = place
    one_line(lambda: get(server), f"datasets.pets.source: {server.url}", "download failed", "check the network")


def test_an_address_that_leads_in_a_circle(server: Server) -> None:
    server.redirect = server.url
    one_line(lambda: get(server), f"datasets.pets.source: {server.url}")


@pytest.mark.parametrize(
    ("steps", "safe"),
    [
        (["https://a/x", "https://b/x"], True),
        (["https://a/x", "http://b/x"], False),
        (["https://a/x", "http://b/x", "https://c/x"], False),
    ],
)
def test_an_address_that_leads_to_a_less_safe_one(steps: list[str], safe: bool) -> None:
    responses = []
    for step in steps:
        response = requests.Response()
        response.url = step
        responses.append(response)
    *before, last = responses
    last.history = before
    downloader = resuming.Downloader(SHA256, None, "params.yaml: datasets.pets")  # type: ignore[arg-type]
    try:
        downloader._check_scheme(steps[0], last)
        assert safe
    except UserError as error:
        assert not safe
        assert "datasets.pets.source: https://a/x: leads to http://b/x, which is not https" in str(error)
