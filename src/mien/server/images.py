"""Uploaded images: their size is checked before they are decoded."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import PureWindowsPath

from PIL import Image, UnidentifiedImageError

from mien.errors import MediaError
from mien.inference.media.images import Frame, decode
from mien.server.errors import BadRequestError, UnreadableError

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")  # what cameras and browsers make
_MPEG4_FORMATS = ("HEIF", "AVIF")  # recognized by b"ftyp" at byte 4
_LONGEST_NAME = 255


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

    def read(fraction: float | None) -> Frame:
        with _translate_errors(max_pixels), _open(data) as image:
            if image.width * image.height > max_pixels:
                raise _too_large(max_pixels)
            return decode(image, name, read, enough, fraction)

    return read(None)


def plain_name(name: str | None) -> str:
    """Returns the last part of the name that a client gave a file: a label, never a path."""
    last = PureWindowsPath(name or "").name  # it splits names at both / and \
    kept = "".join(letter for letter in last if letter.isprintable())[:_LONGEST_NAME]
    return kept if kept.strip(". ") else "<image>"


def _open(data: bytes) -> Image.Image:
    formats: tuple[str, ...] = _FORMATS
    if data[4:8] == b"ftyp":
        _register_heif()
        formats = _MPEG4_FORMATS
    return Image.open(BytesIO(data), formats=formats)


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
    except UnreadableError:
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
