"""Sends bytes to a real server, and looks at its answers, its log and its memory."""

import atexit
import http.client
import re
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlsplit

from mien.errors import MienError
from mien.personalization.store import FILE_NAME as PROFILES
from mien.server.store import FILE_NAME as STUDIO
from reliability.fuzz.case import FailureError, Kind
from reliability.fuzz.memory import SWELL, peak, reset_peak
from reliability.fuzz.seeds.databases import profile_databases, studio_databases
from reliability.fuzz.seeds.models import tiny_model

_ROOT = Path(__file__).parents[3]
_DEADLINE = 20.0  # seconds for the answer to a whole request
_QUIET = 0.2  # seconds without a byte after which no more is expected
_REQUESTS = 3000  # a server answers before a new one takes its place: sessions pile up
_END = b"\r\n\r\n"
_FRAME = re.compile(r'File ".*?/(mien/[^"]+)", line \d+, in (\S+)')


class RefusedError(MienError):
    """The server refused a request."""


class Server:
    """A server in a process, with a folder that has a session and a profile."""

    def __init__(self) -> None:
        self.folder = Path(mkdtemp(prefix="served-"))
        (self.folder / STUDIO).write_bytes(studio_databases()["new.sqlite"])
        (self.folder / PROFILES).write_bytes(profile_databases()["new.sqlite"])
        model = self.folder / "tiny.onnx"
        model.write_bytes(tiny_model())
        self._log = self.folder / "log"
        self._read = self.count = 0
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "reliability.fuzz.targets.served", self.folder, model],
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        address = self._process.stdout.readline().decode() if self._process.stdout else ""
        if not address:
            raise RuntimeError(f"no server started: {self._log.read_text(errors='replace')}")
        self.port = urlsplit(address).port or 0

    def exchange(self, *parts: bytes) -> bytes:
        """Sends bytes, each part once the one before was answered; returns all that came back.

        Raises:
            FailureError: the server hangs, logs a traceback, swells or dies.
        """
        self.count += 1
        reset_peak(self._process.pid)
        answer = b""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=_DEADLINE) as line:
                for part in parts:
                    answer += _ask(line, part)
        except TimeoutError:
            raise FailureError(Kind.HANG, "no answer to a whole request") from None
        except OSError:  # the server may close the connection before it has read all
            pass
        self._check(answer)
        return answer

    def close(self) -> None:
        """Ends the server."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()

    def _check(self, answer: bytes) -> None:
        alive = self._is_alive()
        if self._process.poll() is not None:
            raise FailureError(
                Kind.DEATH, f"server ended ({self._process.returncode})", self._new()
            )
        if not alive:
            raise FailureError(Kind.HANG, "the server answers nobody")
        said = self._new()
        if "Traceback" in said or "ERROR" in said:
            raise FailureError(Kind.TRACEBACK, _signature(said), said[-3000:])
        if (status := _status(answer)) == 500:
            raise FailureError(Kind.TRACEBACK, f"status {status}", answer[:1000].decode("latin-1"))
        if peak(self._process.pid) > SWELL:
            raise FailureError(Kind.SWELL, "server above the limit")

    def _is_alive(self) -> bool:
        """Asks for the server's health: its log then has what it writes about what came before."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_DEADLINE)
        try:
            line.request("GET", "/healthz", headers={"Connection": "close"})
            return line.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            line.close()

    def _new(self) -> str:
        """Returns what the log got since the last call."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            content = log.read()
        self._read += len(content)
        return content.decode("utf-8", "replace")


def send_request(path: Path) -> None:
    """Sends a request.

    Raises:
        RefusedError: the answer is a status of 4xx, or none came.
    """
    answer = _exchange(path.read_bytes())
    if not 200 <= (status := _status(answer)) < 400:
        raise RefusedError(f"status {status}")


def send_frames(path: Path) -> None:
    """Sends a handshake, and what follows once that is answered.

    Raises:
        RefusedError: the handshake was refused.
    """
    head, mark, rest = path.read_bytes().partition(_END)
    answer = _exchange(head + mark, rest)
    if (status := _status(answer)) != 101:
        raise RefusedError(f"status {status}")


def _exchange(*parts: bytes) -> bytes:
    server = running()
    try:
        return server.exchange(*parts)
    except FailureError as failure:
        if failure.kind is not Kind.TRACEBACK:
            end()
        raise


def running() -> Server:
    """Returns the server of this process; starts it if there is none, or it has had its time."""
    if _server().count >= _REQUESTS:
        end()
    return _server()


@cache
def _server() -> Server:
    server = Server()
    atexit.register(server.close)
    return server


def _ask(line: socket.socket, data: bytes) -> bytes:
    """Sends bytes; returns what comes until the line closes or stays quiet."""
    if data:
        line.sendall(data)
    answer = b""
    line.settimeout(_DEADLINE if is_whole(data) else _QUIET)
    while True:
        try:
            part = line.recv(65_536)
        except TimeoutError:
            if line.gettimeout() == _DEADLINE:
                raise
            return answer
        if not part:
            return answer
        answer += part
        line.settimeout(_QUIET)


def is_whole(data: bytes) -> bool:
    """Whether bytes are one whole request, to which an answer must come."""
    head, mark, body = data.partition(_END)
    lengths = re.findall(rb"(?mi)^content-length:[ \t]*(\d+)[ \t]*\r?$", head)
    if not mark or b"transfer-encoding" in head.lower() or b"expect" in head.lower():
        return False
    usual = re.fullmatch(rb"[A-Z]+ /\S* HTTP/1\.1", head.split(b"\r\n")[0])
    return bool(usual) and (not lengths or (len(lengths) == 1 and int(lengths[0]) <= len(body)))


def _status(answer: bytes) -> int:
    match = re.match(rb"HTTP/1\.\d (\d{3})", answer)
    return int(match[1]) if match else 0


def _signature(log: str) -> str:
    """Returns the last exception in a log, and the function of Mien that it came through last."""
    frames = _FRAME.findall(log)
    raised = re.findall(r"(?m)^(?:[\s|+]*)([\w.]+(?:Error|Exception|Interrupt))\b", log)
    place = f" in {frames[-1][0]}:{frames[-1][1]}" if frames else ""
    return f"log: {raised[-1] if raised else log.strip()[-80:]}{place}"


def end() -> None:
    """Ends the server of this process."""
    _server().close()
    _server.cache_clear()
