"""The pieces of videos and model files: boxes of MP4, elements of Matroska, protobuf's fields."""

import struct
from collections.abc import Sequence

from reliability.fuzz.mutations.tree import Codec, Node

_BOXES = frozenset(
    (
        *(b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf"),
        *(b"udta", b"meta", b"iprp", b"ipco", b"moof", b"traf", b"mvex"),
    )
)
# EBML, Segment, SeekHead, Info, Tracks, TrackEntry, Video, Audio, Cluster, BlockGroup, Cues,
# CuePoint, CueTrackPositions, Tags, Tag, SimpleTag, Targets.
_MASTERS = frozenset(
    map(
        bytes.fromhex,
        (
            *("1a45dfa3", "18538067", "114d9b74", "1549a966", "1654ae6b", "ae", "e0", "e1"),
            *("1f43b675", "a0", "1c53bb6b", "bb", "b7", "1254c367", "7373", "67c8", "63c0"),
        ),
    )
)
_DEEPEST = 8  # messages inside messages
_LARGEST = 4096  # bytes of a field that is looked into


def _parse_boxes(data: bytes) -> list[Node]:
    nodes, at = [], 0
    while len(data) - at >= 8:
        length, kind, head = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], 8
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif length == 0:
            length = len(data) - at
        if length < head:
            break
        body = data[at + head : at + length]
        nodes.append(Node(kind, _inside_box(kind, body)))
        at += length
    return [*nodes, Node(b"", data[at:])] if at < len(data) else nodes


def _inside_box(kind: bytes, body: bytes) -> bytes | list[Node]:
    if kind not in _BOXES:
        return body
    if kind == b"meta":  # its version stands before its boxes
        return [Node(b"", body[:4]), *_parse_boxes(body[4:])]
    return _parse_boxes(body)


def _build_boxes(nodes: Sequence[Node]) -> bytes:
    return b"".join(_box(node) for node in nodes)


def _box(node: Node) -> bytes:
    body = node.body if isinstance(node.body, bytes) else _build_boxes(node.body)
    return struct.pack(">I", (len(body) + 8) % 2**32) + node.kind + body if node.kind else body


def _parse_elements(data: bytes) -> list[Node]:
    nodes, at = [], 0
    while at < len(data):
        width = 9 - data[at].bit_length()
        start = at + width
        if width > 4 or start >= len(data):
            break
        span = 9 - data[start].bit_length()
        if span > 8:
            break
        length = int.from_bytes(data[start : start + span], "big") & (1 << 7 * span) - 1
        if length == (1 << 7 * span) - 1:  # unknown: to the end
            length = len(data)
        kind, body = data[at:start], data[start + span : start + span + length]
        nodes.append(Node(kind, _parse_elements(body) if kind in _MASTERS else body))
        at = start + span + length
    return [*nodes, Node(b"", data[at:])] if at < len(data) else nodes


def _build_elements(nodes: Sequence[Node]) -> bytes:
    return b"".join(_element(node) for node in nodes)


def _element(node: Node) -> bytes:
    body = node.body if isinstance(node.body, bytes) else _build_elements(node.body)
    return node.kind + struct.pack(">Q", 1 << 56 | len(body)) + body if node.kind else body


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Returns a number and the offset behind it.

    Raises:
        ValueError: there is none.
    """
    number = shift = 0
    for end in range(at, min(at + 10, len(data))):
        number |= (data[end] & 0x7F) << shift
        shift += 7
        if data[end] < 0x80:
            return number, end + 1
    raise ValueError("no number")


def _parse_fields(data: bytes, depth: int = 0) -> list[Node]:
    nodes, at = [], 0
    try:
        while at < len(data):
            key, start = _varint(data, at)
            if not key >> 3:
                raise ValueError("no field has the number 0")
            length, begin = _field_length(data, start, key & 7)
            if begin + length > len(data):
                raise ValueError("the field is cut off")
            body = data[begin : begin + length]
            nodes.append(Node(data[at:start], _inside_field(key & 7, body, depth)))
            at = begin + length
    except ValueError:
        nodes.append(Node(b"", data[at:]))
    return nodes


def _field_length(data: bytes, at: int, wire: int) -> tuple[int, int]:
    """Returns the length of a field's content, and where it begins."""
    match wire:
        case 0:
            return _varint(data, at)[1] - at, at
        case 1:
            return 8, at
        case 2:
            return _varint(data, at)
        case 5:
            return 4, at
    raise ValueError("no such type of field")


def _inside_field(wire: int, body: bytes, depth: int) -> bytes | list[Node]:
    if wire != 2 or depth == _DEEPEST or (depth and len(body) > _LARGEST):
        return body
    inside = _parse_fields(body, depth + 1)
    return inside if inside and all(node.kind for node in inside) else body


def _build_fields(nodes: Sequence[Node]) -> bytes:
    return b"".join(_field(node) for node in nodes)


def _field(node: Node) -> bytes:
    body = node.body if isinstance(node.body, bytes) else _build_fields(node.body)
    length = _to_varint(len(body)) if node.kind and node.kind[0] & 7 == 2 else b""
    return node.kind + length + body


def _to_varint(number: int) -> bytes:
    content = bytearray()
    while number >= 0x80:
        content.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*content, number))


BOXES = Codec(_parse_boxes, _build_boxes)
ELEMENTS = Codec(_parse_elements, _build_elements)
FIELDS = Codec(_parse_fields, _build_fields)
