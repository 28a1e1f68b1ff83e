"""The pieces of image files: PNG chunks, JPEG segments, RIFF chunks, and fields of headers."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from reliability.fuzz.mutations.raw import mutate_raw, write_number
from reliability.fuzz.mutations.tree import Codec, Node

_PNG = b"\x89PNG\r\n\x1a\n"
_LISTS = (b"RIFF", b"LIST")
_SCAN = b"\xff\xda"
_ENTRY = 12  # bytes of an entry of TIFF's
_SIZES = (256, 257, 278)  # TIFF's tags of width, height and rows of a strip
_SIDES = (0, 1, 41, 1000, 7000, 10_000, 2**31 - 1, 2**32 - 1)


def _parse_png(data: bytes) -> list[Node]:
    nodes, at = [Node(b"", data[:8])], 8
    while len(data) - at >= 12:
        length = int.from_bytes(data[at : at + 4], "big")
        if length > len(data) - at - 12:
            break
        nodes.append(Node(data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return [*nodes, Node(b"", data[at:])] if at < len(data) else nodes


def _build_png(nodes: Sequence[Node]) -> bytes:
    return b"".join(_png_chunk(node) for node in nodes)


def _png_chunk(node: Node) -> bytes:
    body = node.body if isinstance(node.body, bytes) else _build_png(node.body)
    if not node.kind:
        return body
    checksum = zlib.crc32(node.kind + body)
    return struct.pack(">I", len(body)) + node.kind + body + struct.pack(">I", checksum)


def _parse_jpeg(data: bytes) -> list[Node]:
    nodes, at = [Node(b"", data[:2])], 2
    while len(data) - at >= 4 and data[at] == 0xFF:
        marker, length = data[at : at + 2], int.from_bytes(data[at + 2 : at + 4], "big")
        nodes.append(Node(marker, data[at + 4 : at + 2 + length]))
        at += 2 + max(length, 2)
        if marker == _SCAN:
            break
    return [*nodes, Node(b"", data[at:])] if at < len(data) else nodes


def _build_jpeg(nodes: Sequence[Node]) -> bytes:
    return b"".join(_jpeg_segment(node) for node in nodes)


def _jpeg_segment(node: Node) -> bytes:
    body = node.body if isinstance(node.body, bytes) else _build_jpeg(node.body)
    length = struct.pack(">H", (len(body) + 2) % 2**16) if node.kind else b""
    return node.kind + length + body


def _parse_riff(data: bytes) -> list[Node]:
    nodes, at = [], 0
    while len(data) - at >= 8:
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + length]
        inside: list[Node] | bytes = body
        if kind in _LISTS:
            inside = [Node(b"", body[:4]), *_parse_riff(body[4:])]
        nodes.append(Node(kind, inside))
        at += 8 + length + length % 2
    return [*nodes, Node(b"", data[at:])] if at < len(data) else nodes


def _build_riff(nodes: Sequence[Node]) -> bytes:
    return b"".join(_riff_chunk(node) for node in nodes)


def _riff_chunk(node: Node) -> bytes:
    body = node.body if isinstance(node.body, bytes) else _build_riff(node.body)
    if not node.kind:
        return body
    return node.kind + struct.pack("<I", len(body) % 2**32) + body + bytes(len(body) % 2)


PNG = Codec(_parse_png, _build_png)
JPEG = Codec(_parse_jpeg, _build_jpeg)
RIFF = Codec(_parse_riff, _build_riff)


@dataclass(frozen=True, slots=True)
class HeaderMutation:
    """Overwrites a number of a header that has no pieces, such as BMP's and GIF's."""

    length: int

    def __call__(self, rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
        """Returns the file with one number changed."""
        return write_number(rng, data, rng.randrange(max(min(self.length, len(data)), 1)))


def mutate_tiff(rng: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Overwrites the tag, the type, the count or the value of an entry of the first directory."""
    order = "<" if data[:2] == b"II" else ">"
    if len(data) < 8:
        return mutate_raw(rng, data, others)
    directory = struct.unpack_from(order + "I", data, 4)[0]
    if directory + 2 > len(data):
        return mutate_raw(rng, data, others)
    count = min(struct.unpack_from(order + "H", data, directory)[0], 64)
    entries = [directory + 2 + _ENTRY * number for number in range(max(count, 1))]
    if rng.random() < 0.2:
        return _resize_tiff(rng, data, order, entries)
    at = rng.choice(entries) + rng.choice((0, 2, 4, 8, 8, 8))
    return write_number(rng, data, at)


def _resize_tiff(rng: Random, data: bytes, order: str, entries: Sequence[int]) -> bytes:
    """Overwrites width, height and the rows of a strip, so that little data make a large image."""
    changed, number = bytearray(data), rng.choice((0, 1, 1000, 7000, 10_000, 30_000, 2**31))
    for at in entries:
        tag = struct.unpack_from(order + "H", data, at)[0] if at + _ENTRY <= len(data) else 0
        if tag in _SIZES:
            struct.pack_into(order + "HII", changed, at + 2, 4, 1, number)
    return bytes(changed)


def resize_png(rng: Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Overwrites width and height; the checksum is right again."""
    nodes = _parse_png(data)
    sides = struct.pack(">II", rng.choice(_SIDES), rng.choice(_SIDES))
    for node in nodes:
        if node.kind == b"IHDR" and isinstance(node.body, bytes):
            node.body = sides + node.body[8:]
    return _build_png(nodes)
