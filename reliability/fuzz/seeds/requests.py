"""Requests for each operation of the API, as bytes, and messages of a WebSocket."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mien.server.app import create_app
from mien.server.settings import Settings
from reliability.fuzz.mutations.requests import FRAMES
from reliability.fuzz.mutations.tree import Node
from reliability.fuzz.seeds import Seeds
from reliability.fuzz.seeds.databases import profiles
from reliability.fuzz.seeds.images import encode, picture
from reliability.fuzz.seeds.videos import mp4

_HOST = "Host: 127.0.0.1\r\n"
_BOUNDARY = "fuzz"
_DEEPEST = 6
_HANDSHAKE = (
    f"GET /v1/live HTTP/1.1\r\n{_HOST}Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
).encode()
_PARTS = {"session": "1", "name": "Ada", "number": "1", "job": "1", "mark": "1", "face": "1"}


def http() -> Seeds:
    """One valid request for each operation, media type and page."""
    with TemporaryDirectory() as folder:
        schema = create_app(Settings(folder=Path(folder))).openapi()
    seeds = {
        f"{method}{path.replace('/', '-')}{number or ''}": request
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        for number, request in enumerate(_requests(schema, method, path, operation))
    }
    for page in ("/", "/openapi.json", "/docs", "/js/app.js", "/nowhere"):
        seeds[f"page{page.replace('/', '-')}"] = build_request("GET", page)
    seeds["chunked"] = _chunked(encode(picture(), "JPEG"))
    return {_short(name): content for name, content in seeds.items()}


def _short(name: str) -> str:
    return name.replace("{", "").replace("}", "")[:100]


def build_request(method: str, path: str, body: bytes = b"", media: str = "") -> bytes:
    """Returns a request with the headers that a client must send."""
    head = f"{method.upper()} {path} HTTP/1.1\r\n{_HOST}Connection: close\r\n"
    if body or method.upper() != "GET":
        head += f"Content-Length: {len(body)}\r\n"
    if media:
        head += f"Content-Type: {media}\r\n"
    return f"{head}\r\n".encode() + body


def _chunked(body: bytes) -> bytes:
    head = f"POST /v1/analyze HTTP/1.1\r\n{_HOST}Connection: close\r\nContent-Type: image/jpeg\r\n"
    chunks = [body[at : at + 300] for at in range(0, len(body), 300)]
    lines = b"".join(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n" for chunk in chunks)
    return f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + lines + b"0\r\n\r\n"


def _requests(
    schema: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]
) -> Iterator[bytes]:
    for name, value in _PARTS.items():
        path = path.replace(f"{{{name}}}", value)
    path = path.replace("{feedback}", "1")
    values = [
        f"{it['name']}={_as_text(example(schema, it.get('schema', {})))}"
        for it in operation.get("parameters", ())
        if it["in"] == "query"
    ]
    yield build_request(method, path, *_first_body(schema, path, operation))
    if values:
        target = f"{path}?{'&'.join(values)}"
        yield build_request(method, target, *_first_body(schema, path, operation))
    for media in [*operation.get("requestBody", {}).get("content", {})][1:]:
        yield build_request(method, path, *_body(schema, path, operation, media))


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _first_body(
    schema: Mapping[str, Any], path: str, operation: Mapping[str, Any]
) -> tuple[bytes, str]:
    content = operation.get("requestBody", {}).get("content", {})
    return _body(schema, path, operation, next(iter(content))) if content else (b"", "")


def _body(
    schema: Mapping[str, Any], path: str, operation: Mapping[str, Any], media: str
) -> tuple[bytes, str]:
    """Returns a body of a media type, and the header's value."""
    if media == "application/json":
        described = operation["requestBody"]["content"][media].get("schema", {})
        return json.dumps(example(schema, described)).encode(), media
    if media == "multipart/form-data":
        return _multipart(encode(picture(), "PNG")), f"{media}; boundary={_BOUNDARY}"
    if "profiles" in path:
        return next(iter(profiles().values())), media
    if "jobs" in path:
        return mp4()["sound.mp4"], media.replace("*", "mp4")
    return encode(picture(), "PNG" if media.endswith("png") else "JPEG"), media


def _multipart(image: bytes) -> bytes:
    part = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="images"; filename="a.png"\r\n'
        "Content-Type: image/png\r\n\r\n"
    ).encode()
    return part + image + b"\r\n" + part + image + f"\r\n--{_BOUNDARY}--\r\n".encode()


def example(schema: Mapping[str, Any], described: Mapping[str, Any], depth: int = 0) -> Any:
    """Returns a value that a JSON schema describes.

    Args:
        schema: the whole document, which references name.
        described: the part of it.
        depth: how deep in the value it is.
    """
    if "$ref" in described:
        name = described["$ref"].rpartition("/")[2]
        return example(schema, schema["components"]["schemas"][name], depth)
    for key in ("const", "default"):
        if described.get(key) is not None:
            return described[key]
    if choices := described.get("examples") or described.get("enum"):
        return choices[0]
    for key in ("anyOf", "oneOf", "allOf"):
        if key in described:
            return example(schema, described[key][0], depth)
    return _typed(schema, described, depth)


def _typed(schema: Mapping[str, Any], described: Mapping[str, Any], depth: int) -> Any:
    match described.get("type"):
        case "object" if depth < _DEEPEST:
            fields = described.get("properties", {})
            return {name: example(schema, it, depth + 1) for name, it in fields.items()}
        case "array" if depth < _DEEPEST:
            count = max(described.get("minItems", 1), 1)
            return [example(schema, described.get("items", {}), depth + 1)] * min(count, 10)
        case "integer" | "number":
            return described.get("minimum", 1)
        case "boolean":
            return True
        case "string":
            return "happy"
    return None


def websocket() -> Seeds:
    """Images and settings as a page sends them, in one frame or several, with pings."""
    image, settings = encode(picture(), "JPEG"), b'{"smoothing": 0.5, "unsure_below": 0.3}'
    watch = _HANDSHAKE.replace(b"/v1/live", b"/v1/live/watch")
    return {
        "image": _HANDSHAKE + _frames((0x82, image)),
        "settings": _HANDSHAKE + _frames((0x81, settings), (0x82, image), (0x88, b"\x03\xe8")),
        "pieces": _HANDSHAKE + _frames((0x02, image[:99]), (0x89, b"a"), (0x80, image[99:])),
        "watch": watch + _frames((0x81, b"{}"), (0x8A, b"")),
    }


def _frames(*frames: tuple[int, bytes]) -> bytes:
    return FRAMES.build([Node(bytes((first,)), body) for first, body in frames])
