"""Uploaded images: their size is checked before they are decoded.

Ordinary JPEG and PNG are decoded here, all others in a worker process.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import PureWindowsPath

from PIL import Image, UnidentifiedImageError

from mien.errors import MediaError
from mien.inference.media.images import Frame, Pixels, decode
from mien.server.decoders import MAX_IMAGE_BYTES, decode_image
from mien.server.errors import BadRequestError, UnreadableError

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")  # what cameras and browsers make
_MPEG4_FORMATS = ("HEIF", "AVIF")  # recognized by b"ftyp" at byte 4
_LONGEST_NAME = 255

_JPEG = b"\xff\xd8\xff"
_PLAIN_STARTS = (_JPEG, b"\x89PNG\r\n\x1a\n")
_PLAIN_MODES = ("L", "LA", "P", "RGB", "RGBA")
_PLAIN_PIXELS = 13_000_000  # a phone's photo, and 104 MB at its peak
_SCAN = b"\xff\xda"  # begins a scan of a JPEG; thousands of empty ones take minutes
_MOST_SCANS = 64  # progressive ones have about ten
_PLAIN_SCANS = 2  # the image's own, and its thumbnail's

Decoded = tuple[Pixels, tuple[int, int] | None, float | None]
"""The pixels, the whole size and the clock of a `Frame`."""


def read_image(
    data: bytes, max_pixels: int, name: str = "<image>", enough: int | None = None
) -> Frame:
    """Reads an image that a client sent.

    Args:
        data: the image, encoded.
        max_pixels: the limit; a larger image is refused after its header.
        name: its name in the result.
        enough: how many pixels are enough of a JPEG's, as for `read_frame`.

    Returns:
        The image, upright, as RGB.

    Raises:
        BadRequestError: it is empty.
        UnreadableError: it is not an image, is damaged, or has too many pixels.
    """
    if not data:
        raise BadRequestError(
            "the image is empty", remedy="send the bytes of a JPEG, PNG or WebP file"
        )

    scans = data.count(_SCAN) if data.startswith(_JPEG) else 0
    if scans > _MOST_SCANS:
        raise UnreadableError(f"a JPEG of more than {_MOST_SCANS} scans", remedy="save it again")

    def read(fraction: float | None) -> Frame:
        wanted = max_pixels, enough, fraction
        plain = data.startswith(_PLAIN_STARTS) and scans <= _PLAIN_SCANS
        decoded = _decode_plain(data, *wanted) if plain else None
        pixels, whole, clock = decoded or decode_image(_decode, data, *wanted)
        return Frame(name, pixels, whole=whole, reread=read if whole else None, clock=clock)

    return read(None)


def _decode_plain(
    data: bytes, max_pixels: int, enough: int | None, fraction: float | None
) -> Decoded | None:
    """Decodes, in this process, an image as cameras and pages make them; None for any other.

    These are JPEG of one scan and PNG, of 8 bits and up to `_PLAIN_PIXELS`: bounded work, and up to
    8 bytes a pixel.
    """
    with _translate_errors(max_pixels), _open(data, max_pixels) as image:
        if image.mode not in _PLAIN_MODES or image.width * image.height > _PLAIN_PIXELS:
            return None
        return _parts(decode(image, "", _never, enough, fraction))


def _decode(data: bytes, max_pixels: int, enough: int | None, fraction: float | None) -> Decoded:
    """Decodes any image, in a worker process."""
    with _translate_errors(max_pixels), _open(data, max_pixels) as image:
        return _parts(decode(image, "", _never, enough, fraction, MAX_IMAGE_BYTES))


def _parts(frame: Frame) -> Decoded:
    return frame.pixels, frame.whole, frame.clock


def _never(_: float) -> Frame:
    """Stands for the rereading of a frame, which only the server's process can ask for."""
    raise NotImplementedError


def plain_name(name: str | None) -> str:
    """Returns the last part of the name that a client gave a file: a label, never a path."""
    last = PureWindowsPath(name or "").name  # it splits names at both / and \
    kept = "".join(letter for letter in last if letter.isprintable())[:_LONGEST_NAME]
    return kept if kept.strip(". ") else "<image>"


def _open(data: bytes, max_pixels: int) -> Image.Image:
    formats: tuple[str, ...] = _FORMATS
    if data[4:8] == b"ftyp":
        _register_heif()
        formats = _MPEG4_FORMATS
    image = Image.open(BytesIO(data), formats=formats)
    if image.width * image.height > max_pixels:
        raise _too_large(max_pixels)
    return image


@cache
def _register_heif() -> None:
    from pillow_heif import register_heif_opener  # noqa: PLC0415 - takes a while, rarely needed

    register_heif_opener()


@contextmanager
def _translate_errors(max_pixels: int) -> Iterator[None]:
    """Turns every error of reading into one with a remedy and without internals."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of odd metadata and of sizes
            yield
    except (UnreadableError, MemoryError):  # a worker that has no memory left is replaced
        raise
    except UnidentifiedImageError:
        raise UnreadableError(
            "not an image", remedy="send a JPEG, PNG, WebP or HEIC file"
        ) from None
    except Image.DecompressionBombError:
        raise _too_large(max_pixels) from None
    except MediaError as error:
        raise UnreadableError(error.reason, remedy=error.remedy) from None
    except Exception:  # plugins raise many kinds of error on damaged bytes
        raise UnreadableError("a damaged image", remedy="copy or save it again") from None


def _too_large(max_pixels: int) -> UnreadableError:
    return UnreadableError(
        f"the image has more than {max_pixels:,} pixels", remedy="make it smaller"
    )
