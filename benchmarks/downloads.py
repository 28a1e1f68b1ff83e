"""Measures what downloads that hang up cost the other clients of a server, and leave on its disk.

    python benchmarks/downloads.py                    # 100 aborted downloads of 30,000 faces as CSV
    python benchmarks/downloads.py --format parquet

A server process of its own, on loopback, with one session of 30,000 faces and 40 short ones. The
downloads start at once and hang up half a second later. Meanwhile another client lists the sessions
and deletes the short ones, one request after the other. The server is idle once it has used less
than a tenth of a core for three seconds. Then the session is deleted, and the server gets SIGTERM.
"""

import argparse
import http.client
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median

import numpy as np

from mien.results import Box, Face, FrameResult
from mien.server.store import Store
from mien.server.store.faces import NewFrame

FRAMES, PEOPLE, SHORT = 10_000, 3, 40
_NAME = "A session of 30,000 faces"
_ABORT = 0.5  # seconds from the request to the end of the connection
_PAUSE = 0.25  # seconds between two requests of the other client
_QUIET, _SHARE, _WINDOW = 3.0, 0.1, 0.5  # idle: seconds, share of a core, seconds of a sample
_PATIENCE = 600.0  # seconds until the server must be idle
_SERVE = """
import sys
from pathlib import Path
from mien.server.run import run
from mien.server.settings import Settings
settings = Settings(folder=Path(sys.argv[1]), port=0, requests_a_minute=1_000_000)
run(settings, lambda started: print(started.local, flush=True))
"""


def make(folder: Path) -> tuple[int, list[int]]:
    """Makes the sessions; returns the number of the long one, and those of the short ones."""
    generator = np.random.default_rng(20)
    store = Store.open(folder)
    long = _record(store, _NAME, _frames(generator, FRAMES))
    short = [_record(store, f"Short {at}", _frames(generator, 20)) for at in range(SHORT)]
    store.close()
    return long, short


def _record(store: Store, name: str, frames: Iterator[NewFrame]) -> int:
    session = store.sessions.create(name, "live", "default", "1").id
    while some := list(islice(frames, 500)):
        store.faces.add(session, some)
    store.series.store(store.sessions.end(session))
    return session


def _frames(generator: np.random.Generator, count: int) -> Iterator[NewFrame]:
    embedding = generator.normal(size=224).astype(np.float32)
    for frame in range(count):
        faces = tuple(_face(person, generator.dirichlet(np.ones(7))) for person in range(PEOPLE))
        result = FrameResult("live", 1280, 720, faces, frame, frame / 10, attributes=("yaw",))
        yield NewFrame(result, [embedding] * PEOPLE)


def _face(person: int, values: np.ndarray) -> Face:
    shares = tuple(values.tolist())
    box = Box(100.0 + 200 * person, 200.0, 140.0, 160.0)
    return Face(
        box=box,
        probabilities=shares,
        score=0.98,
        person=person + 1,
        smoothed=shares,
        attributes={"yaw": 4.2},
    )


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str, int]]:
    """Yields the process of a server, its host and its port."""
    command = [sys.executable, "-c", _SERVE, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        found = re.search(r"http://([\d.]+):(\d+)", process.stdout.readline())
        assert found
        yield process, found[1], int(found[2])
    finally:
        process.kill()
        process.communicate()


def ask(host: str, port: int, method: str, path: str) -> float:
    """Returns the seconds from a request to the end of its answer."""
    start = time.perf_counter()
    with closing(http.client.HTTPConnection(host, port, timeout=_PATIENCE)) as line:
        line.request(method, path)
        answer = line.getresponse()
        answer.read()
    assert answer.status in {200, 204}, answer.status
    return time.perf_counter() - start


def hang_up(host: str, port: int, path: str, count: int) -> None:
    """Starts downloads at once, and ends their connections a moment later."""
    lines = [socket.create_connection((host, port)) for _ in range(count)]
    for line in lines:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    time.sleep(_ABORT)
    for line in lines:
        line.close()


@dataclass
class Scratch:
    """What was in the folder of temporary files.

    Attributes:
        folder: the folder.
        most: files at the same time.
        modes: of folders and files.
    """

    folder: Path
    most: int = 0
    modes: set[str] = field(default_factory=set)

    def look(self) -> tuple[int, int]:
        """Returns how many files there are now, and their bytes."""
        files = sizes = 0
        for path in (self.folder, *self.folder.rglob("*")):
            try:
                found = path.stat()
            except FileNotFoundError:
                continue
            is_folder = stat.S_ISDIR(found.st_mode)
            self.modes.add(f"{'folder' if is_folder else 'file'} {found.st_mode & 0o777:o}")
            if not is_folder:
                files, sizes = files + 1, sizes + found.st_size
        self.most = max(self.most, files)
        return files, sizes

    def describe(self) -> str:
        """Returns what is there now, in words."""
        files, size = self.look()
        return f"{files} files, {size:,} bytes"


@contextmanager
def repeating(work: Callable[[], object], pause: float) -> Iterator[None]:
    """Calls a function again and again in a thread."""
    ending = threading.Event()

    def run() -> None:
        while not ending.wait(pause):
            work()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def wait_until_idle(process: int) -> float:
    """Returns the seconds until the server computes no more."""
    start = idle_since = time.monotonic()
    used = _processor_seconds(process)
    while time.monotonic() - idle_since < _QUIET:
        assert time.monotonic() - start < _PATIENCE
        time.sleep(_WINDOW)
        before, used = used, _processor_seconds(process)
        if used - before > _SHARE * _WINDOW:
            idle_since = time.monotonic()
    return idle_since - start


def _processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def holding(folder: Path, text: str) -> int:
    """Returns how many files hold a text."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sum(text.encode() in path.read_bytes() for path in files)


def measure(folder: Path, kind: str, count: int) -> None:
    """Prints the figures of one server."""
    long, short = make(folder)
    scratch = Scratch(folder / "scratch")
    lists, deletes = list[float](), list[float]()
    with serving(folder) as (process, host, port):
        ask(host, port, "GET", "/v1/sessions")
        alone = [ask(host, port, "GET", "/v1/sessions") for _ in range(20)]
        deleted_alone = [ask(host, port, "DELETE", f"/v1/sessions/{short.pop()}") for _ in range(5)]

        def other_client() -> None:
            lists.append(ask(host, port, "GET", "/v1/sessions"))
            if short:
                deletes.append(ask(host, port, "DELETE", f"/v1/sessions/{short.pop()}"))

        with repeating(other_client, _PAUSE), repeating(scratch.look, 0.02):
            path = f"/v1/sessions/{long}/records?format={kind}"
            hang_up(host, port, path, count)
            idle = wait_until_idle(process.pid)
        print(f"{count} downloads of {kind}, each ended after {_ABORT} s")
        for name, values, before in (
            ("GET /v1/sessions", lists, alone),
            ("DELETE of a short session", deletes, deleted_alone),
        ):
            print(
                f"{name:28} p50 {median(values):8.3f} s  max {max(values):8.3f} s  n {len(values)}"
                f"  (alone: p50 {median(before):.3f} s, max {max(before):.3f} s)"
            )
        print(f"{'exports ran on for':28} {idle:.1f} s")
        print(f"{'scratch, at most':28} {scratch.most} files, {', '.join(sorted(scratch.modes))}")
        print(f"{'scratch, afterwards':28} {scratch.describe()}")
        gone = ask(host, port, "DELETE", f"/v1/sessions/{long}")
        print(f"{'DELETE of the session':28} {gone:.3f} s")
        print(f"{'scratch, once it is deleted':28} {scratch.describe()}")
        print(f"{'files with its name':28} {holding(folder, _NAME)}")
        process.send_signal(signal.SIGTERM)
        print(f"{'exit status':28} {process.wait(60)}")
    print(f"{'scratch, server ended':28} {scratch.describe()}")


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--format", default="csv", choices=["csv", "jsonl", "parquet", "xlsx"])
    parser.add_argument("--count", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder, "studio"), options.format, options.count)


if __name__ == "__main__":
    main()
