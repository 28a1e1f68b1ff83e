"""The server under test, in a process of its own, with its log in a file."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mien.server.run import run
from mien.server.settings import Settings

UPLOAD_SECONDS = 5.0
"""How long a body may take: the default of 30 s would hold slow clients for most of a short run."""

END_LIMIT = 20.0
"""Seconds within which SIGTERM must end the server: it drains open requests for 10."""

_START_LIMIT = 60.0  # seconds
_TRACEBACK = "Traceback (most recent call last):"


@dataclass(eq=False)
class Server:
    """A running server.

    Attributes:
        process: that it runs in.
        port: on 127.0.0.1.
        folder: its data.
        log: the file of its standard error.
    """

    process: subprocess.Popen[str]
    port: int
    folder: Path
    log: Path

    @property
    def url(self) -> str:
        """The address that requests start with."""
        return f"http://127.0.0.1:{self.port}"

    def end(self) -> tuple[int, float]:
        """Sends SIGTERM; returns the exit status and the seconds until it had ended.

        A server that does not end in time is killed, and its status is that of the kill.
        """
        started = time.monotonic()
        self.process.terminate()
        try:
            self.process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return self.process.returncode, time.monotonic() - started


@contextmanager
def serving(folder: Path, log: Path) -> Iterator[Server]:
    """Runs a server on a folder until the block ends.

    Raises:
        RuntimeError: it did not start; the message has the end of its log.
    """
    with log.open("a") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "reliability.soak.server", str(folder)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        yield Server(process, _read_port(process, log), folder, log)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(END_LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def _read_port(process: subprocess.Popen[str], log: Path) -> int:
    assert process.stdout
    found = re.search(r":(\d+)", process.stdout.readline())
    if found is None:
        raise RuntimeError(f"the server did not start:\n{log.read_text()[-2000:]}")
    return int(found[1])


def find_tracebacks(log: str) -> dict[str, int]:
    """Returns how often each traceback is in a log, by its last frame and its error."""
    found: dict[str, int] = {}
    for part in log.split(_TRACEBACK)[1:]:
        place = ""
        for line in part.splitlines():
            text = line.strip(" |+-")
            if text.startswith("File "):
                place = re.sub(r'File ".*?([^/"]+/[^/"]+)", line (\d+).*', r"\1:\2", text)
            elif re.match(r"[A-Za-z_][\w.]*(Error|Exception|Exit|Disconnect\w*|Timeout)\b", text):
                key = f"{place}: {text[:160]}"
                found[key] = found.get(key, 0) + 1
                break
        else:
            found[f"{place}: cut off"] = found.get(f"{place}: cut off", 0) + 1
    return found


def main() -> None:
    """Serves the folder that the command line names, without a limit on requests a minute."""
    settings = Settings(
        port=0,
        folder=Path(sys.argv[1]),
        requests_a_minute=10**9,
        upload_seconds=UPLOAD_SECONDS,
    )
    run(settings, on_start=lambda started: print(started.local, flush=True))


if __name__ == "__main__":
    main()
