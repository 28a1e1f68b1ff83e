"""Edits of requests: their line, headers, framing and body; and frames of a WebSocket."""

import re
from collections.abc import Sequence
from random import Random

from reliability.fuzz.mutations.raw import mutate_raw
from reliability.fuzz.mutations.text import mutate_json, mutate_text
from reliability.fuzz.mutations.tree import Codec, Node

_END = b"\r\n\r\n"
_METHODS = (b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"HEAD", b"OPTIONS", b"TRACE", b"get")
_HEADERS = (
    *(b"Host: evil.example", b"Host: 127.0.0.1@x", b"Host:", b"Origin: null", b"Cookie: a=b"),
    *(b"Origin: http://127.0.0.1", b"Origin: http://evil.example", b"Sec-Fetch-Site: cross-site"),
    *(b"Content-Length: 0", b"Content-Length: -1", b"Content-Length: 99999999999999999999"),
    *(b"Content-Length: 5, 6", b"Content-Length: +5", b"Transfer-Encoding: chunked"),
    *(b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding: xchunked", b"X: \xff\xfe"),
    *(b"Expect: 100-continue", b"Range: bytes=0-", b"Range: bytes=-5,9-3", b"Range: bytes=a"),
    *(
        b"If-None-Match: *",
        b"If-Modified-Since: x",
        b"Accept-Encoding: gzip",
        b"X-A: " + b"a" * 999,
    ),
    *(b"Content-Type: application/json", b"Content-Type: multipart/form-data", b"Content-Type:"),
    *(b"Content-Type: multipart/form-data; boundary=" + b"a" * 300, b"Upgrade: websocket"),
    *(b"Content-Type: image/png; charset=x", b"Authorization: Bearer \xe9", b"Accept: */*;q=x"),
)
_PATHS = (
    *(b"%00", b"..", b"%2e%2e%2f", b"9999999999999999999999", b"-1", b"%ff", b"a" * 3000, b"//"),
    *(b"1.5", b"%F0%9F%98%80", b"?", b"#", b";", b"1e3", b"nan", b"NaN", b"Infinity", b"true"),
)
_QUERIES = (
    b"limit",
    b"before",
    b"after",
    b"format",
    b"start",
    b"end",
    b"x",
    b"embeddings",
    b"text",
)


def mutate_request(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Edits a part of a request; most times its length stays right."""
    head, mark, body = data.partition(_END)
    if not mark:
        return mutate_raw(rng, data, others)
    lines = head.split(b"\r\n")
    match rng.randrange(8):
        case 0 | 1:
            lines[0] = _edit_target(rng, lines[0])
        case 2:
            lines.insert(rng.randrange(1, len(lines) + 1), rng.choice(_HEADERS))
        case 3:
            _edit_header(rng, lines, others)
        case 4:
            lines, body = _frame_again(rng, lines, body)
        case 5 if others:
            body = rng.choice(others).partition(_END)[2]
            _set_length(lines, len(body))
        case _:
            body = _edit_body(rng, lines, body)
            if rng.random() < 0.9:
                _set_length(lines, len(body))
    return b"\r\n".join(lines) + _END + body


def _edit_target(rng: Random, line: bytes) -> bytes:
    method, _, rest = line.partition(b" ")
    target, _, version = rest.rpartition(b" ")
    match rng.randrange(5):
        case 0:
            method = rng.choice(_METHODS)
        case 1:
            version = rng.choice((b"HTTP/1.0", b"HTTP/1.1", b"HTTP/2.0", b"HTTP/9", b""))
        case 2:
            mark = b"&" if b"?" in target else b"?"
            target += mark + rng.choice(_QUERIES) + b"=" + rng.choice(_PATHS)
        case 3:
            target = re.sub(rb"=[^&]*", lambda _: b"=" + rng.choice(_PATHS), target, count=1)
        case _:
            parts = target.split(b"/")
            parts[rng.randrange(len(parts))] = rng.choice(_PATHS)
            target = b"/".join(parts)
    return b" ".join((method, target, version))


def _edit_header(rng: Random, lines: list[bytes], others: Sequence[bytes]) -> None:
    at = rng.randrange(len(lines))
    match rng.randrange(4):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[at])
        case 2:
            lines[at] = mutate_raw(rng, lines[at], ())
        case _:
            name, _, _ = lines[at].partition(b":")
            lines[at] = name + b": " + rng.choice(_PATHS)
    if not lines:
        lines.append(rng.choice(others) if others else b"")


def _frame_again(rng: Random, lines: list[bytes], body: bytes) -> tuple[list[bytes], bytes]:
    """Sends the body in chunks, some of them with wrong lengths."""
    if rng.random() < 0.8:
        lines = [line for line in lines if not line.lower().startswith(b"content-length")]
    size = rng.choice((1, 7, 100, 10_000))
    chunks = [body[at : at + size] for at in range(0, min(len(body), size * 200), size)]
    coded = [b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks] + [b"0\r\n\r\n"]
    at = rng.randrange(len(coded))
    coded[at] = rng.choice(
        (
            coded[at],
            mutate_raw(rng, coded[at], ()),
            b"ffffffffffffffff\r\n",
            b"-1\r\n",
            b"1;x=y\r\n",
        )
    )
    return [*lines, b"Transfer-Encoding: chunked"], b"".join(coded)


def _edit_body(rng: Random, lines: list[bytes], body: bytes) -> bytes:
    if body[:1] in (b"{", b"["):
        return mutate_json(rng, body, ())
    if any(b"multipart" in line for line in lines) and rng.random() < 0.5:
        return mutate_text(rng, body, ())
    return mutate_raw(rng, body, ())


def _set_length(lines: list[bytes], length: int) -> None:
    for at, line in enumerate(lines):
        if line.lower().startswith(b"content-length"):
            lines[at] = b"Content-Length: %d" % length


def _parse_frames(data: bytes) -> list[Node]:
    """Parses the frames behind a handshake, their content unmasked."""
    head, mark, rest = data.partition(_END)
    nodes = [Node(b"", head + mark)] if mark else []
    rest, at = (rest if mark else data), 0
    while len(rest) - at >= 6:
        length, start = rest[at + 1] & 0x7F, at + 2
        if length > 125:
            width = 2 if length == 126 else 8
            length, start = int.from_bytes(rest[start : start + width], "big"), start + width
        key, begin = rest[start : start + 4], start + 4
        nodes.append(Node(rest[at : at + 1], _mask(rest[begin : begin + length], key)))
        at = begin + length
    return [*nodes, Node(b"", rest[at:])] if at < len(rest) else nodes


def _mask(data: bytes, key: bytes) -> bytes:
    if not any(key):
        return data
    return bytes(byte ^ key[at % 4] for at, byte in enumerate(data))


def _build_frames(nodes: Sequence[Node]) -> bytes:
    return b"".join(_frame(node) for node in nodes)


def _frame(node: Node) -> bytes:
    body = node.body if isinstance(node.body, bytes) else _build_frames(node.body)
    if not node.kind:
        return body
    length = len(body)
    if length < 126:
        size = bytes((0x80 | length,))
    else:
        size = b"\xfe" + length.to_bytes(2, "big") if length < 2**16 else b"\xff"
        size = size if length < 2**16 else size + length.to_bytes(8, "big")
    return node.kind + size + bytes(4) + body


FRAMES = Codec(_parse_frames, _build_frames)
