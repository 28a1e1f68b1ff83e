"""Requests beyond a limit are refused, and the server keeps serving."""

import asyncio
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from mien.server import limits
from mien.server.limits import BodyLimit
from mien.server.settings import Settings
from tests.server.conftest import URL, image, open_client, serving

pytestmark = pytest.mark.slow

Exchange = Callable[[bytes], bytes]

HEAD = b"POST /v1/analyze?crops=true HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def read_all(line: socket.socket) -> bytes:
    with line:
        return b"".join(iter(lambda: line.recv(65536), b""))


def test_too_many_requests_are_refused_with_retry_after(settings: Settings) -> None:
    with open_client(replace(settings, requests_a_minute=3)) as client:
        statuses = [client.get("/v1/models").status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        answer = client.get("/v1/models")
        assert answer.json()["error"]["code"] == "too_many_requests"
        assert 1 <= int(answer.headers["retry-after"]) <= 20
        assert client.get("/healthz").status_code == 200
        assert client.get("/page/js/app.js").status_code == 200


GUESS = {"Authorization": "Bearer guess"}
RIGHT = {"Authorization": "Bearer secret"}


@pytest.fixture
def guarded(settings: Settings) -> Iterator[TestClient]:
    """A server with a token and a limit of 3 requests a minute."""
    with open_client(replace(settings, requests_a_minute=3, token="secret")) as client:
        yield client


def test_guessing_tokens_is_limited(guarded: TestClient) -> None:
    statuses = [guarded.get("/v1/models", headers=GUESS).status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    for headers in (
        GUESS,
        RIGHT,
        {"Cookie": "mien_token=secret"},
    ):  # no answer tells which is right
        answer = guarded.get("/page/js/app.js", headers=headers)
        assert answer.status_code == 429
        assert 1 <= int(answer.headers["retry-after"]) <= 20
    assert guarded.get("/?token=secret", follow_redirects=False).status_code == 429
    assert guarded.get("/healthz", headers=GUESS).status_code == 200


def test_requests_without_a_token_are_limited_and_lock_nobody_out(guarded: TestClient) -> None:
    statuses = [guarded.get("/v1/models").status_code for _ in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    assert guarded.get("/v1/models", headers=RIGHT).status_code == 200


def test_page_files_are_free_for_clients_with_the_token(guarded: TestClient) -> None:
    for _ in range(5):
        assert guarded.get("/page/js/app.js", headers=RIGHT).status_code == 200


LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}


@pytest.mark.parametrize(
    "foreign",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
    ],
)
def test_a_foreign_page_is_limited_and_does_not_lock_out_the_users_page(
    settings: Settings, foreign: dict[str, str]
) -> None:
    with open_client(replace(settings, requests_a_minute=3)) as client:
        statuses = [client.get("/v1/models", headers=foreign).status_code for _ in range(5)]
        assert statuses == [403, 403, 403, 429, 429]
        assert client.get("/v1/models", headers={"Origin": URL}).status_code == 200


def test_a_foreign_page_that_guesses_tokens_does_not_lock_out_the_users_page(
    guarded: TestClient,
) -> None:
    statuses = [guarded.get("/?token=guess", headers=LINK).status_code for _ in range(4)]
    statuses += [guarded.get("/", headers=LINK).status_code for _ in range(4)]
    assert statuses == 2 * [401, 401, 401, 429]
    assert guarded.get("/v1/models", headers=RIGHT).status_code == 200
    assert guarded.get("/?token=secret", follow_redirects=False).status_code == 303


def test_requests_are_answered_again_after_the_wait(settings: Settings) -> None:
    with open_client(replace(settings, requests_a_minute=120)) as client:
        while client.get("/v1/models").status_code == 200:
            pass
        time.sleep(0.6)
        assert client.get("/v1/models").status_code == 200


def test_a_body_whose_header_is_too_large_is_refused_unread(exchange: Exchange) -> None:
    answer = exchange(HEAD + b"Content-Length: 200000000\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code":"too_large","message":"more than 200,000 bytes; send less."' in answer


def test_a_body_that_is_too_large_gets_no_100_continue(exchange: Exchange) -> None:
    answer = exchange(HEAD + b"Content-Length: 200000000\r\nExpect: 100-continue\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_streamed_body_that_is_too_large_is_refused(exchange: Exchange) -> None:
    answer = exchange(CHUNKED + chunk(bytes(100_000)) * 3 + chunk(b""))
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_the_rest_of_a_refused_body_is_read_before_the_response(settings: Settings) -> None:
    # Unread data would reset the connection, and the client could lose the response.
    parts = [bytes(100_000)] * 4
    events: list[str] = []

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["more_body"]:
            pass

    async def receive() -> Message:
        events.append("part")
        return {"type": "http.request", "body": parts.pop(), "more_body": bool(parts)}

    async def send(message: Message) -> None:
        events.append(message["type"])

    headers = [(b"transfer-encoding", b"chunked")]
    scope = {"type": "http", "path": "/v1/analyze", "headers": headers}
    asyncio.run(BodyLimit(application, settings)(scope, receive, send))
    assert events == [*["part"] * 4, "http.response.start", "http.response.body"]


def test_a_video_may_be_larger_than_an_image(client: TestClient, settings: Settings) -> None:
    video = {"Content-Length": str(settings.max_video_bytes + 1)}
    assert client.post("/v1/jobs", headers=video, content=b"").status_code == 413
    video["Content-Length"] = str(settings.max_bytes + 1)
    assert client.post("/v1/jobs", headers=video, content=b"").status_code != 413


@pytest.mark.parametrize("start", [HEAD + b"Content-Length: 100\r\n\r\n", CHUNKED + chunk(b"ab")])
def test_an_upload_that_stalls_is_answered_with_408(exchange: Exchange, start: bytes) -> None:
    started = time.monotonic()
    answer = exchange(start)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()
    assert 0.4 < time.monotonic() - started < 5


def test_an_upload_that_is_too_slow_is_refused(served: int) -> None:
    with socket.create_connection(("127.0.0.1", served), timeout=20) as line:
        line.sendall(CHUNKED)
        for _ in range(40):
            line.sendall(chunk(b"x"))
            time.sleep(0.05)
            line.setblocking(False)
            try:
                answer = line.recv(65536)
                break
            except BlockingIOError:
                line.setblocking(True)
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_client_that_disconnects_during_an_upload_logs_no_error(
    served: int, exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection(("127.0.0.1", served)) as line:
        line.sendall(HEAD + b"Content-Length: 100\r\n\r\nhalf")
    body = image()
    good = HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    assert exchange(good).startswith(b"HTTP/1.1 200 ")
    assert not caplog.records


def test_too_many_uploads_at_a_time_are_refused_with_retry_after(settings: Settings) -> None:
    body = image()
    with serving(replace(settings, queue=2, upload_seconds=60)) as (_, port):
        lines = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(5)]
        for line in lines:
            line.sendall(HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode())
        (refused,), _, _ = select.select(lines, [], [], 20)
        answer = read_all(refused)
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1" in answer.lower()
        for line in lines:
            if line is not refused:
                line.sendall(body)
                assert read_all(line).startswith(b"HTTP/1.1 200 ")


def test_images_that_fill_their_places_do_not_hold_up_other_requests(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PATIENCE", 0.05)
    session = b'{"name": "Monday", "kind": "live"}'
    head = b"POST /v1/sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    head += b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(session)
    with serving(replace(settings, queue=1, upload_seconds=60)) as (_, port), ExitStack() as stack:
        lines = [stack.enter_context(connect(port)) for _ in range(3)]
        for line in lines:
            line.sendall(HEAD + b"Content-Length: 100\r\n\r\n")
        select.select(lines, [], [], 20)  # two wait for their bodies, and the third is refused
        page = stack.enter_context(connect(port))
        page.sendall(head + session)
        assert read_all(page).startswith(b"HTTP/1.1 201 ")


def test_images_beyond_the_rate_limit_do_not_lock_out_the_page(settings: Settings) -> None:
    with open_client(replace(settings, requests_a_minute=3)) as client:
        statuses = [client.post("/v1/analyze", content=b"x").status_code for _ in range(5)]
        assert statuses == [422, 422, 422, 429, 429]
        assert client.get("/v1/sessions").status_code == 200


def test_an_upload_waits_for_its_turn_before_it_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "PATIENCE", 20)  # however slow the machine is
    body = image()
    with serving(replace(settings, queue=1, upload_seconds=60)) as (_, port):
        lines = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(4)]
        for line in lines:
            line.sendall(HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode())
        for line in lines:  # two places; the others' bodies wait
            line.sendall(body)
        assert all(read_all(line).startswith(b"HTTP/1.1 200 ") for line in lines)


@pytest.mark.parametrize(
    "noise",
    [
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    ],
)
def test_a_malformed_request_is_refused(exchange: Exchange, noise: bytes) -> None:
    assert exchange(noise + b"\r\n\r\n")[9:12] in {b"400", b"403", b"404", b"422"}
