"""Requests that a proxy may read differently are refused, on real sockets."""

from collections.abc import Callable

import pytest

Exchange = Callable[[bytes], bytes]

GET = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
POST = b"POST /v1/analyze HTTP/1.1\r\nHost: 127.0.0.1\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LAST = GET + b"Connection: close\r\n\r\n"


def statuses(answer: bytes) -> list[int]:
    """The status of each response."""
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize(
    "request_bytes",
    [
        POST + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
        POST + CHUNKED + b"Content-Length: 0\r\n\r\n0\r\n\r\n",
        GET + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
        POST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
        POST + b"Content-Length: 4, 5\r\n\r\nabcd",
        POST + b"Content-Length: +4\r\n\r\nabcd",
        POST + b"Content-Length : 4\r\n\r\nabcd",
        POST + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        POST.replace(b"1.1", b"1.0") + CHUNKED + b"\r\n0\r\n\r\n",
        POST + CHUNKED + b"\r\n4\nabcd\n0\n\n",
        POST + CHUNKED + b"\r\n4;a\nb\r\nabcd\r\n0\r\n\r\n",
        POST + CHUNKED + b"\r\n4\r\nabcdXX0\r\n\r\n",
        POST + CHUNKED + b"\r\n-4\r\nabcd\r\n0\r\n\r\n",
        POST + CHUNKED + b"\r\n0x4\r\nabcd\r\n0\r\n\r\n",
        GET + b"X: a\r\n b\r\n\r\n",
        GET + b"X: a\r\n\tContent-Length: 5\r\n\r\n",
        GET + b"X: a\nY: b\r\n\r\n",
        GET + b"\n",
        GET + b"X: a\rY: b\r\n\r\n",
        GET + b"X: a\0b\r\n\r\n",
        GET + b"X: a\x01b\r\n\r\n",
        GET.replace(b"\r\n", b"\n", 1) + b"\r\n",
        GET.replace(b"/healthz", b"http://127.0.0.1/healthz") + b"\r\n",
        GET.replace(b"/healthz", b"http://evil.example/healthz") + b"\r\n",
        GET.replace(b"/healthz", b"evil.example:443") + b"\r\n",
        GET.replace(b"/healthz", b"*") + b"\r\n",
        GET.replace(b"1.1", b"2.0") + b"\r\n",
        GET + b"Host: 127.0.0.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\n\r\n",
    ],
)
def test_an_ambiguous_request_is_refused_and_nothing_after_it_is_read(
    exchange: Exchange, request_bytes: bytes
) -> None:
    answer = exchange(request_bytes + LAST)
    assert statuses(answer) == [400]
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"\r\nconnection: close" in head.lower()
    assert body.startswith(b'{"error":{"code":"bad_request"')


def test_the_refusal_names_the_headers(exchange: Exchange) -> None:
    answer = exchange(POST + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n")
    assert b"the request has both Content-Length and Transfer-Encoding; " in answer


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"Content-Length: 4\r\n\r\nabcd", 422),
        (CHUNKED + b"\r\n4\r\nabcd\r\n0\r\n\r\n", 422),
        (CHUNKED + b"\r\n4;name=value\r\nabcd\r\n0\r\n\r\n", 422),
        (CHUNKED + b"\r\n2\r\nab\r\n2\r\ncd\r\n0\r\nHost: evil.example\r\n\r\n", 422),
        (b"X: \xc3\xa9\tb  c\r\nContent-Length: 4\r\n\r\nabcd", 422),
    ],
)
def test_an_unambiguous_request_and_the_next_one_are_answered(
    exchange: Exchange, body: bytes, status: int
) -> None:
    assert statuses(exchange(POST + body + LAST)) == [status, 200]


@pytest.mark.parametrize(
    "host",
    [
        *(b"evil.example@127.0.0.1", b"127.0.0.1/evil", b"127.0.0.1:evil", b"127.0.0.1:"),
        *(b"127.0.0.1:65536", b"[127.0.0.1]", b"[::1%lo]", b"127.0.0.1.", b"evil.example", b""),
    ],
)
def test_another_host_is_refused_on_the_wire(exchange: Exchange, host: bytes) -> None:
    assert statuses(exchange(LAST.replace(b"Host: 127.0.0.1", b"Host: " + host))) == [403]


@pytest.mark.parametrize(
    "origins", [(b"127.0.0.1", b"evil.example"), (b"evil.example", b"127.0.0.1")]
)
def test_two_origins_are_refused_on_the_wire(
    exchange: Exchange, origins: tuple[bytes, bytes]
) -> None:
    lines = b"".join(b"Origin: http://%b\r\n" % origin for origin in origins)
    assert statuses(exchange(GET + lines + LAST[len(GET) :])) == [403]
