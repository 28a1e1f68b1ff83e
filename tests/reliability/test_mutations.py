"""Mutations know the structure of formats, and take whatever earlier ones left."""

import json
import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reliability.fuzz.formats import FORMATS
from reliability.fuzz.mutations.boxes import BOXES, ELEMENTS, FIELDS
from reliability.fuzz.mutations.images import JPEG, PNG, RIFF
from reliability.fuzz.mutations.requests import FRAMES
from reliability.fuzz.mutations.sealed import mutate_profile
from reliability.fuzz.mutations.text import edit_json
from reliability.fuzz.mutations.tree import Codec, Node, TreeMutation
from reliability.fuzz.seeds import images, models, videos
from reliability.fuzz.targets.server import is_whole

CODECS = {
    "png": (PNG, images.png),
    "jpeg": (JPEG, images.jpeg),
    "webp": (RIFF, images.webp),
    "mp4": (BOXES, videos.mp4),
    "heic": (BOXES, images.heic),
    "onnx": (FIELDS, models.onnx_files),
}
MUTATIONS = {mutation for form in FORMATS.values() for mutation in form.mutations}


@pytest.mark.parametrize("name", CODECS)
def test_a_file_that_is_not_edited_stays_the_same(name: str) -> None:
    codec, seeds = CODECS[name]
    for content in seeds().values():
        nodes = codec.parse(content)
        assert len(nodes) > 1 or isinstance(nodes[0].body, list)
        assert codec.build(nodes) == content


def test_matroska_keeps_its_elements() -> None:
    """Lengths are written anew, in eight bytes each."""
    for content in videos.mkv().values():
        nodes = ELEMENTS.parse(content)
        assert ELEMENTS.parse(ELEMENTS.build(nodes)) == nodes
        assert isinstance(nodes[1].body, list)


def test_an_edited_chunk_has_a_right_checksum() -> None:
    nodes = PNG.parse(images.png()["plain.png"])
    header = nodes[1]
    assert header.kind == b"IHDR"
    content = PNG.build([nodes[0], Node(b"IHDR", b"edited")])

    assert content[8:] == b"\0\0\0\6IHDRedited" + zlib.crc32(b"IHDRedited").to_bytes(4, "big")


@pytest.mark.parametrize("codec", [PNG, JPEG, RIFF, BOXES, ELEMENTS, FIELDS, FRAMES])
@given(data=st.binary(max_size=300), number=st.integers(0, 2**32))
@settings(max_examples=50, deadline=None)
def test_codecs_take_any_bytes(codec: Codec, data: bytes, number: int) -> None:
    codec.build(codec.parse(data))
    TreeMutation(codec)(random.Random(number), data, [data])


@pytest.mark.parametrize("mutation", sorted(MUTATIONS, key=repr))
@given(data=st.binary(max_size=100) | st.text().map(str.encode), number=st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_mutations_take_any_bytes(mutation: object, data: bytes, number: int) -> None:
    assert callable(mutation)
    assert isinstance(mutation(random.Random(number), data, [b"", b"other"]), bytes)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
)


@given(value=values, number=st.integers(0, 2**32))
@settings(deadline=None)
def test_json_stays_json(value: object, number: int) -> None:
    json.dumps(edit_json(random.Random(number), value))


def test_an_edited_profile_has_a_right_checksum() -> None:
    content = b'mien-profile-2 0\n{"name": "Ada"}\n'
    edited = mutate_profile(random.Random(3), content, [])
    head, body, _ = edited.split(b"\n")

    assert body != b'{"name": "Ada"}'
    assert len(head.split()[1]) == 64


@pytest.mark.parametrize(
    ("request_", "whole"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nab", True),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab", False),
        (b"GET / HTTP/1.1\r\nHost: a\r\n", False),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", False),
    ],
)
def test_only_whole_requests_must_be_answered(request_: bytes, whole: bool) -> None:
    assert is_whole(request_) is whole
