"""Timeouts and limits of idle and slow connections, on real sockets."""

import asyncio
import http.client
import json
import logging
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask
from starlette.routing import Route

from mien.server import connections, run
from mien.server.settings import Settings
from tests.server.conftest import serving
from tests.server.test_live import HANDSHAKE
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
LARGE = 3_000_000


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[tuple[FastAPI, int]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "_KEEP_ALIVE", 1.0)
        with serving(settings) as (app, port):
            yield app, port


@pytest.fixture
def port(server: tuple[FastAPI, int]) -> int:
    return server[1]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_HEAD", 1.0)
    monkeypatch.setattr(connections, "_UNREAD", 0.5)


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def rest(line: socket.socket) -> bytes:
    """All that the server sends until it closes the connection."""
    return b"".join(iter(lambda: line.recv(65536), b""))


def drip(line: socket.socket, data: bytes) -> bytes:
    """Sends a byte now and then; returns what the server answers when it gives up."""
    line.settimeout(0.05)
    for at in range(len(data)):
        line.sendall(data[at : at + 1])
        try:
            return line.recv(65536) + rest(line)
        except TimeoutError:
            continue
    raise AssertionError("the server took all of it")


def ask(line: socket.socket, *chunks: bytes) -> int:
    """Sends one request; returns the answer's status, and leaves the connection open."""
    for chunk in chunks:
        line.sendall(chunk)
        time.sleep(0.02)
    answer = b""
    while not answer.endswith(b"}"):
        part = line.recv(65536)
        assert part, "the server has closed the connection"
        answer += part
    return int(answer.split()[1])


def parse(answer: bytes) -> tuple[int, str]:
    """Returns the status and the message of an answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"\r\nconnection: close" in head.lower()
    return int(head.split()[1]), json.loads(body)["error"]["message"]


def test_a_head_that_arrives_too_slowly_is_answered_with_408(port: int) -> None:
    started = time.monotonic()
    with connect(port) as line:
        answer = drip(line, b"GET /healthz HTTP/1.1\r\nX-A: " + b"b" * 100)
    assert parse(answer) == (408, "the request's head takes too long; use a faster connection.")
    assert 0.9 < time.monotonic() - started < 4


def test_a_slow_second_head_of_a_connection_is_answered_with_408(port: int) -> None:
    with connect(port) as line:
        assert ask(line, HEALTH) == 200
        answer = drip(line, b"GET /healthz HTTP/1.1\r\nX-A: " + b"b" * 100)
    assert parse(answer)[0] == 408


def test_a_slow_pipelined_head_is_closed(port: int) -> None:
    with connect(port) as line:
        line.sendall(HEALTH + HEALTH[:-9])
        answer = rest(line)
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_head_that_arrives_in_chunks_in_time_is_answered(port: int) -> None:
    with connect(port) as line:
        assert ask(line, *(HEALTH[at : at + 16] for at in range(0, len(HEALTH), 16))) == 200


def test_a_connection_without_a_request_is_closed_without_an_answer(port: int) -> None:
    with connect(port) as line:
        assert rest(line) == b""


def test_a_connection_stays_open_between_requests_until_its_timeout(port: int) -> None:
    with connect(port) as line:
        for _ in range(3):
            assert ask(line, HEALTH) == 200
            time.sleep(0.1)
        started = time.monotonic()
        assert rest(line) == b""
        assert time.monotonic() - started < 4


def test_a_request_in_progress_is_not_disconnected(
    server: tuple[FastAPI, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer may take longer than a head."""
    app, port = server
    analyze = app.state.engine.analyze

    async def slowly(*given: object) -> object:
        await asyncio.sleep(2)
        return await analyze(*given)

    monkeypatch.setattr(app.state.engine, "analyze", slowly)
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    line.request("POST", "/v1/analyze?crops=true", b"no image")
    assert line.getresponse().status == 422
    line.close()


def test_connections_beyond_the_limit_get_503_and_far_more_are_closed(
    server: tuple[FastAPI, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = server[1]
    monkeypatch.setattr(connections, "MOST", 2)
    monkeypatch.setattr(connections, "_REFUSED", 1)
    monkeypatch.setattr(connections, "_HEAD", 20)
    with ExitStack() as lines:
        opened = [lines.enter_context(connect(port)) for _ in range(2)]
        one_more = lines.enter_context(connect(port))
        one_more.sendall(HEALTH)
        answer = rest(one_more)
        assert parse(answer) == (503, "2 connections are open; try again soon.")
        assert b"\r\nretry-after: 1\r\n" in answer.lower()
        lines.enter_context(connect(port))
        assert rest(lines.enter_context(connect(port))) == b""
        for line in opened:
            assert ask(line, HEALTH) == 200


def test_a_client_that_stops_reading_a_download_is_disconnected(
    server: tuple[FastAPI, int], tmp_path: Path
) -> None:
    app, port = server
    video, over = tmp_path / "large", threading.Event()
    video.write_bytes(bytes(LARGE))
    answer = FileResponse(video, background=BackgroundTask(over.set))
    app.router.routes.insert(0, Route("/large", lambda _: answer))
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", port))
        deaf.sendall(HEALTH.replace(b"/healthz", b"/large"))
        assert deaf.recv(12) == b"HTTP/1.1 200"
        assert over.wait(20)
        deaf.settimeout(20)
        assert len(rest(deaf)) < LARGE
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    line.request("GET", "/large")
    assert len(line.getresponse().read()) == LARGE
    line.close()


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What uvicorn and asyncio log; uvicorn hands nothing on."""
    logger = logging.getLogger("uvicorn.error")
    logger.addHandler(caplog.handler)
    yield caplog
    logger.removeHandler(caplog.handler)


def test_a_refused_websocket_logs_no_error(port: int, log: pytest.LogCaptureFixture) -> None:
    with connect(port) as line:
        line.sendall(HANDSHAKE.replace(b"\r\n\r\n", b"\r\nOrigin: http://evil.example\r\n\r\n"))
        answer = rest(line)
    status, message = parse(answer)
    assert status == 403
    assert message.startswith("pages of another origin may not use this server; ")
    assert not log.records


@pytest.mark.parametrize(
    ("headers", "body"), [(b"Origin: http://evil.example\r\n", b""), (b"", b"4\r\nabcd\r\n")]
)
@pytest.mark.parametrize("at_once", [True, False])
def test_a_body_that_turns_malformed_ends_its_request_without_a_traceback(
    port: int, headers: bytes, body: bytes, at_once: bool, log: pytest.LogCaptureFixture
) -> None:
    head = b"POST /v1/analyze HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
    with connect(port) as line:
        if at_once:
            line.sendall(head + headers + b"\r\n" + body + b"no chunk\r\n")
        else:
            line.sendall(head + headers + b"\r\n" + body)
            time.sleep(0.1)
            line.sendall(b"no chunk\r\n")
        answer = rest(line)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer[9:12] in {b"400", b"403"}
    assert {record.getMessage() for record in log.records} == {"Invalid HTTP request received."}


def frame(opcode: int, data: bytes = b"", *, last: bool = True, flags: int = 0) -> bytes:
    """A short frame of a client, its mask all zeros."""
    return bytes([last << 7 | flags | opcode, 0x80 | len(data)]) + bytes(4) + data


TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9
BAD_TEXT = frame(TEXT, b"\xff")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (BAD_TEXT, 1007),
        (frame(TEXT, b"\xed\xa0\x80"), 1007),
        (frame(TEXT, b"\xc3", last=False) + frame(0, b"\x28"), 1007),
        (frame(TEXT, b"{}") + BAD_TEXT, 1007),
        (BAD_TEXT + BAD_TEXT + frame(TEXT, b"{}"), 1007),
        (frame(CLOSE, b"\x03\xe8\xff"), 1007),
        (frame(3), 1002),
        (frame(11), 1002),
        (frame(TEXT, b"{}", flags=0x40), 1002),
        (b"\x81\x02{}", 1002),
        (frame(PING, last=False), 1002),
        (b"\x89\xfe\x00\x7e" + bytes(4 + 126), 1002),
        (frame(0), 1002),
        (frame(TEXT, last=False) + frame(TEXT), 1002),
        (frame(CLOSE, b"\x03"), 1002),
        (frame(CLOSE, b"\x03\xe7"), 1002),
        (b"\x82\xff" + (2**40).to_bytes(8) + bytes(4), 1009),
        (b"\x82\xff" + (2**63).to_bytes(8) + bytes(4), 1009),
    ],
)
@pytest.mark.parametrize("path", [b"/v1/live", b"/v1/live/watch"])
def test_a_websocket_that_violates_the_protocol_is_closed_without_a_traceback(
    port: int, sent: bytes, code: int, path: bytes, log: pytest.LogCaptureFixture
) -> None:
    with connect(port) as line:
        line.sendall(HANDSHAKE.replace(b"/v1/live", path))
        assert line.recv(65536).startswith(b"HTTP/1.1 101 ")
        line.sendall(sent)
        answer = rest(line)
    length = answer.rindex(b"\x88") + 1
    assert int.from_bytes(answer[length + 1 : length + 3]) == code
    assert not log.records


@pytest.mark.parametrize("sent", [b"", b"\x82\x8a\0\0", frame(TEXT, b"{", last=False)])
@pytest.mark.parametrize("half", [True, False])
def test_a_websocket_that_ends_early_is_no_error(
    server: tuple[FastAPI, int], sent: bytes, half: bool, log: pytest.LogCaptureFixture
) -> None:
    app, port = server
    with connect(port) as line:
        line.sendall(HANDSHAKE)
        assert line.recv(65536).startswith(b"HTTP/1.1 101 ")
        line.sendall(sent)
        if half:
            line.shutdown(socket.SHUT_WR)
            assert rest(line) == b""
        else:  # a reset, without any goodbye
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wait_until(lambda: not app.state.live)
    assert not log.records


def test_text_that_is_not_utf8_of_a_client_that_reads_nothing_logs_no_traceback(
    server: tuple[FastAPI, int], log: pytest.LogCaptureFixture
) -> None:
    """The connection stays half open until its answers are read."""
    app, port = server
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", port))
        deaf.sendall(HANDSHAKE)
        wait_until(lambda: len(app.state.live) == 1)
        deaf.sendall(frame(TEXT, b"{}") * 150)  # answers that the system does not buffer
        deaf.sendall(frame(TEXT, b"{}") + BAD_TEXT)
        wait_until(lambda: not app.state.live)
    assert not log.records


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (414, b"GET /v1/live?" + b"a" * 10_000 + b" HTTP/1.1\r\n"),
        (431, b"GET /v1/live HTTP/1.1\r\nX: " + b"a" * 10_000 + b"\r\n"),
        (431, b"GET /v1/live HTTP/1.1\r\n" + b"X: a\r\n" * 200),
        (400, b"GET /v1/live HTTP/1.1\r\nContent-Length: 1\r\n"),
        (400, b"GET /v1/live HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"),
        (400, b"GET /v1/live HTTP/1.1\r\nSec-WebSocket-Key: x\r\n"),
        (400, b"GET /v1/live HTTP/1.1\r\nOrigin: http://127.0.0.1\r\nOrigin: http://evil\r\n"),
    ],
)
def test_a_handshake_that_cannot_be_parsed_is_answered_and_closed(
    port: int, status: int, line: bytes, log: pytest.LogCaptureFixture
) -> None:
    """A page anywhere can send the first of these; open connections are limited."""
    _, _, others = HANDSHAKE.partition(b"\r\n")
    with connect(port) as client:
        client.sendall(line + others)
        answer = rest(client)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert not log.records
