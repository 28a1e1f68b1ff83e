"""Uploaded bytes become an image, or one error with a remedy."""

import struct
import tracemalloc
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mien.inference.media.images import read_frame
from mien.server.errors import BadRequestError, UnreadableError
from mien.server.images import plain_name, read_image
from tests.server.conftest import image

MANY = 10**6


def png_header(width: int, height: int) -> bytes:
    """A PNG whose header claims a size, with almost no data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    size = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + size + data + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_pixels_are_those_of_the_same_file(kind: str, tmp_path: Path) -> None:
    data = image(64, kind)
    path = tmp_path / "image"
    path.write_bytes(data)
    read = read_image(data, MANY, "a name")
    np.testing.assert_array_equal(read.pixels, read_frame(path).pixels)
    assert read.source == "a name"


def test_an_image_is_rotated_by_its_exif_orientation() -> None:
    buffer = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20)).save(buffer, "JPEG", exif=exif)
    assert read_image(buffer.getvalue(), MANY).pixels.shape == (40, 20, 3)


def test_an_empty_image_is_a_bad_request() -> None:
    with pytest.raises(BadRequestError, match="the image is empty"):
        read_image(b"", MANY)


@pytest.mark.parametrize("size", [(1001, 1000), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
def test_a_decompression_bomb_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    bomb = png_header(*size)
    tracemalloc.start()
    with pytest.raises(UnreadableError, match="more than 1,000,000 pixels; make it smaller"):
        read_image(bomb, MANY)
    assert tracemalloc.get_traced_memory()[1] < 10**6
    tracemalloc.stop()


def test_the_error_of_a_damaged_image_has_no_internals() -> None:
    with pytest.raises(UnreadableError) as raised:
        read_image(image(200, "PNG")[:2000], MANY)
    assert "damaged image" in str(raised.value)
    assert "<" not in str(raised.value)


@pytest.mark.parametrize(
    "data", [b"hello", b"%!PS-Adobe-3.0 EPSF", b"<svg/>", bytes(4) + b"ftypmp42"]
)
def test_data_that_is_not_an_image_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError, match="not an image; send a JPEG"):
        read_image(data, MANY)


@given(
    st.one_of(
        st.binary(max_size=200),
        st.tuples(st.integers(0, 1500), st.binary(min_size=1, max_size=8)).map(
            lambda change: image()[: change[0]] + change[1] + image()[change[0] + 8 :]
        ),
    )
)
def test_any_bytes_give_an_image_or_an_error(data: bytes) -> None:
    with suppress(BadRequestError, UnreadableError):
        assert read_image(data, MANY).pixels.ndim == 3


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\me\\photo.jpg", "photo.jpg"),
        ("/tmp/Grüße 1.png", "Grüße 1.png"),
        ("a\x00b\nc\u202e.png", "abc.png"),
        *((name, "<image>") for name in ("..", ".", "", None, "/", "../..", " .. ")),
    ],
)
def test_a_name_is_a_label_and_never_a_path(given: str | None, plain: str) -> None:
    assert plain_name(given) == plain


@given(st.text())
def test_no_plain_name_contains_a_folder(name: str) -> None:
    plain = plain_name(name)
    assert plain
    assert not set(plain) & set("/\\\x00\n")
    assert plain.strip(". ")
    assert len(plain) <= 255
