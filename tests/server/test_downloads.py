"""Downloads of a real server: clients that hang up, deleted sessions, the end of the server."""

import http.client
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.emotions import EMOTIONS
from mien.results import Probabilities
from mien.server.settings import Settings
from mien.server.store import Store
from mien.server.store import downloads as module
from mien.server.store.faces import NewFrame
from tests.server.conftest import serving
from tests.server.store.new_frames import seen
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

NAME = "The only session of this name"
_FRAMES = 3000  # about 1 MB of CSV, 250 KB of Parquet: more than sockets and buffers hold
_SERVE = """
import socket
import sys
from pathlib import Path
from mien.server import run as module
from mien.server.settings import Settings
from mien.server.store import downloads

downloads.CHUNK = 2**12  # a client is soon behind

def listen(settings, given=module._listen):
    listener = given(settings)
    # Connections inherit it; the system would give them room for megabytes.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    return listener

module._listen = listen
settings = Settings(folder=Path(sys.argv[1]), model=sys.argv[2], port=0)
module.run(settings, lambda started: print(started.local, flush=True))
"""


def record(store: Store, frames: int = _FRAMES) -> int:
    session = store.sessions.create(NAME, "live", "tiny", "0").id
    store.faces.add(session, [noisy(number) for number in range(frames)])
    store.sessions.end(session)
    return session


def noisy(number: int) -> NewFrame:
    """A frame that does not compress."""
    frame = seen(number)
    shares = np.random.default_rng(number).dirichlet(np.ones(7), 2).tolist()
    probabilities, smoothed = (Probabilities(it, EMOTIONS) for it in shares)
    face = replace(frame.result.faces[0], probabilities=probabilities, smoothed=smoothed)
    return replace(frame, result=replace(frame.result, faces=(face,)))


@pytest.fixture
def served(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Store, int]]:
    monkeypatch.setattr(module, "CHUNK", 2**12)  # a client is soon behind
    with serving(settings) as (app, port):
        yield app.state.store, port


def request(port: int, path: str) -> socket.socket:
    """Asks for a file and reads none of it."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(30)
    line.connect(("127.0.0.1", port))
    line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    return line


def ask(port: int, method: str, path: str) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as line:
        line.request(method, path)
        answer = line.getresponse()
        return answer.status, answer.read()


def contents(folder: Path) -> list[Path]:
    return list(folder.rglob("*"))


def files_with(folder: Path, text: str) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if text.encode() in path.read_bytes()]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_clients_that_hang_up_leave_nothing(served: tuple[Store, int], kind: str) -> None:
    store, port = served
    path = f"/v1/sessions/{record(store)}/records?format={kind}"
    lines = [request(port, path) for _ in range(30)]
    wait_until(lambda: len(store.downloads) > 0, 30)
    status, body = ask(port, "GET", "/v1/sessions")
    assert (status, NAME.encode() in body) == (200, True)
    for line in lines:
        line.close()
    wait_until(lambda: len(store.downloads) == 0, 60)
    assert contents(store.files.videos.parent / "scratch") == []
    assert ask(port, "GET", path)[0] == 200


def test_a_client_that_reads_slowly_gets_the_whole_file(served: tuple[Store, int]) -> None:
    store, port = served
    path = f"/v1/sessions/{record(store)}/records"
    whole = ask(port, "GET", path)[1]
    assert len(whole.splitlines()) == _FRAMES + 1
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as line:
        line.request("GET", path)
        answer = line.getresponse()
        others = [request(port, path) for _ in range(module.OPEN - 1)]  # which read nothing
        parts = []
        while part := answer.read(100_000):
            parts.append(part)
        assert b"".join(parts) == whole
        for other in others:
            other.close()


@pytest.mark.parametrize(
    "path",
    ["/v1/sessions/{}/records", "/v1/sessions/{}/records?format=parquet", "/v1/exports?ids={}"],
)
def test_a_download_of_a_session_that_is_deleted_is_not_complete(
    served: tuple[Store, int], path: str
) -> None:
    store, port = served
    session, folder = record(store), store.files.videos.parent
    with closing(request(port, path.format(session))) as line:
        answer = http.client.HTTPResponse(line)
        answer.begin()
        assert answer.read(10)
        assert ask(port, "DELETE", f"/v1/sessions/{session}")[0] == 204
        assert len(store.downloads) == 0
        assert contents(folder / "scratch") == []
        assert files_with(folder, NAME) == []
        with pytest.raises(http.client.IncompleteRead):
            answer.read()


def test_a_session_that_is_deleted_before_the_first_byte_is_not_found(
    served: tuple[Store, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, port = served
    session = record(store, 10)
    reading, deleted = threading.Event(), threading.Event()
    frames = store.faces.all

    def all_frames(number: int) -> Any:
        reading.set()
        assert deleted.wait(30)
        return frames(number)

    monkeypatch.setattr(type(store.faces), "all", lambda _, number: all_frames(number))
    found = list[tuple[int, bytes]]()
    thread = threading.Thread(
        target=lambda: found.append(ask(port, "GET", f"/v1/sessions/{session}/records"))
    )
    thread.start()
    assert reading.wait(30)
    with store.database.transaction() as write:
        write.execute("DELETE FROM sessions WHERE id = ?", (session,))
    deleted.set()
    thread.join()
    assert found[0][0] == 404
    assert f"session {session} not found".encode() in found[0][1]


def test_one_download_too_many_is_refused_with_a_time(
    served: tuple[Store, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TURN_TIMEOUT", 0.1)
    store, port = served
    path = f"/v1/sessions/{record(store)}/records"
    lines = [request(port, path) for _ in range(module.OPEN)]
    wait_until(lambda: len(store.downloads) == module.OPEN, 30)
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as line:
        line.request("GET", path)
        answer = line.getresponse()
        assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    for line in lines:
        line.close()


@contextmanager
def process(folder: Path, model: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-c", f"import os; os.umask(0){_SERVE}", str(folder), str(model)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            yield server, int(server.stdout.readline().strip().rstrip("/").rpartition(":")[2])
        finally:
            server.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_end_of_a_server_ends_its_downloads_without_a_trace(
    tmp_path: Path, tiny_model: Path, number: signal.Signals
) -> None:
    """The mask of permissions is 0 at its start."""
    folder, scratch = tmp_path / "studio", tmp_path / "studio" / "scratch"
    store = Store.open(folder)
    session = record(store)
    store.close()
    with process(folder, tiny_model) as (server, port):
        lines = [
            request(port, f"/v1/sessions/{session}/records?format={kind}")
            for kind in ("parquet", "csv", "parquet")
        ]
        wait_until(lambda: "download.parquet" in {path.name for path in contents(scratch)}, 60)
        modes = {
            (path.is_dir(), stat.S_IMODE(path.stat().st_mode))
            for path in (scratch, *contents(scratch))
            if not path.name.startswith(".")  # it may just be renamed
        }
        assert modes == {(True, 0o700), (False, 0o600)}
        server.send_signal(number)
        for line in lines:
            line.close()
        assert server.wait(60) in {0, -number}
    if number == signal.SIGKILL:
        Store.open(folder).close()
    assert contents(scratch) == []


def test_a_hundred_downloads_that_hang_up_hold_up_nobody(tmp_path: Path, tiny_model: Path) -> None:
    folder = tmp_path / "studio"
    store = Store.open(folder)
    session, other = record(store), record(store, 10)
    store.close()
    with process(folder, tiny_model) as (_, port):
        path = f"/v1/sessions/{session}/records?format=parquet"
        lines = [request(port, path) for _ in range(100)]
        start = time.monotonic()
        assert ask(port, "GET", "/v1/sessions")[0] == 200
        assert ask(port, "DELETE", f"/v1/sessions/{other}")[0] == 204
        one = time.monotonic() - start
        for line in lines:
            line.close()
        start = time.monotonic()
        wait_until(lambda: contents(folder / "scratch") == [], 60)
        assert ask(port, "GET", path)[0] == 200
        whole = time.monotonic() - start
        # A hundred whole downloads would have to be waited for otherwise.
        assert one < 20 * max(whole, 1)
        assert ask(port, "DELETE", f"/v1/sessions/{session}")[0] == 204
        assert files_with(folder, NAME) == []
