"""How much memory it takes to decode an image, told from its header."""

from math import prod

from PIL import Image

from mien.errors import MediaError

MAX_BYTES = 2**30
"""The most memory that the decoding of one image may take, in bytes."""

_RESULT = 3  # bytes a pixel of the RGB that is returned
_SMALL_MODES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2}  # Pillow's bytes a pixel
_OTHER_MODES = 4

# What decoders hold beside Pillow's image, in bytes a pixel: two canvases of WebP, the planes of
# HEIC and AVIF in 16 bits, the 32-bit samples of JPEG 2000.
_SCRATCH = {"WEBP": 9, "HEIF": 8, "AVIF": 8, "JPEG2000": 12}
_COEFFICIENT = 2  # bytes; a JPEG of several scans keeps all its coefficients

_ROWS_PER_STRIP, _TILE_WIDTH, _TILE_HEIGHT, _BITS, _SAMPLES, _TURN = 278, 322, 323, 258, 277, 274


def check_bytes(image: Image.Image, whole: tuple[int, int], max_bytes: int = MAX_BYTES) -> None:
    """Refuses an image that would take too much memory to decode.

    Args:
        image: opened, and not decoded; its size may be drafted.
        whole: its size without the draft.
        max_bytes: the limit.

    Raises:
        MediaError: it takes more.
    """
    if decoded_bytes(image, whole) > max_bytes:
        raise too_costly(max_bytes)


def too_costly(max_bytes: int) -> MediaError:
    """Returns the error of an image that would take too much memory."""
    return MediaError(
        f"takes more than {max_bytes // 2**20:,} MiB of memory to decode",
        remedy="make it smaller, or save it as an 8-bit JPEG or PNG",
    )


def decoded_bytes(image: Image.Image, whole: tuple[int, int]) -> int:
    """Returns about how many bytes it takes at most to decode an image and to convert it.

    Args:
        image: opened, and not decoded; its size may be drafted.
        whole: its size without the draft.
    """
    pixels = image.width * image.height
    stored = _SMALL_MODES.get(image.mode, _OTHER_MODES)
    return pixels * (stored + _RESULT) + _scratch(image, prod(whole))


def _scratch(image: Image.Image, pixels: int) -> int:
    if image.format == "TIFF":
        return _tiff_scratch(image, pixels)
    if image.format == "JPEG":
        scans = bool(image.info.get("progressive"))
        return pixels * _COEFFICIENT * len(image.getbands()) * scans
    return pixels * _SCRATCH.get(image.format or "", 0)


def _tiff_scratch(image: Image.Image, pixels: int) -> int:
    """Returns the bytes of the largest strip or tile, and of a second image where it is turned."""
    tags = image.tag_v2  # type: ignore[attr-defined]  # of Pillow's TIFF images

    def number(tag: int, default: int) -> int:
        value = tags.get(tag, default)
        return int(max(value) if isinstance(value, tuple) else value)

    try:
        width, height = number(_TILE_WIDTH, image.width), number(_TILE_HEIGHT, 0)
        height = height or min(number(_ROWS_PER_STRIP, image.height), image.height)
        sample = number(_BITS, 1) / 8
        # JPEG in a TIFF becomes RGBA first.
        piece = width * height * max(_OTHER_MODES, number(_SAMPLES, 1) * sample)
    except (TypeError, ValueError, KeyError, OverflowError):  # damaged tags
        piece = 2 * MAX_BYTES
    turned = bool(tags.get(_TURN, 1) != 1)
    return int(piece) + pixels * _OTHER_MODES * turned
