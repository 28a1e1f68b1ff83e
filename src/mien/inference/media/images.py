"""Images in: files, addresses, folders and images from memory become upright RGB frames.

Only this module, `conversion` and `arrays` convert channel orders, depths and colour spaces. All
other modules get upright RGB of 8 bits.
"""

import errno
import os
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from mien.errors import MediaError
from mien.inference.media.arrays import ARRAY, Order, to_rgb
from mien.inference.media.conversion import lies, to_upright_rgb
from mien.inference.media.cost import MAX_BYTES, check_bytes
from mien.inference.media.download import download, is_address, shown_address
from mien.inference.media.exif import clock_taken

MAX_PIXELS = 120_000_000
"""The largest image that is decoded, in pixels: 360 MB as RGB, and more than a phone takes."""

_TOO_LARGE = f"has more than {MAX_PIXELS // 10**6} million pixels"
_SHRINK = "make it smaller"

SUFFIXES = frozenset(
    (
        *(".avif", ".bmp", ".dib", ".gif", ".heic", ".heif", ".hif", ".jfif", ".jp2", ".jpe"),
        *(".jpeg", ".jpg", ".pgm", ".png", ".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp"),
    )
)
"""Suffixes of the images in a folder, in lower case. A file passed by itself may have any name."""

# Pillow reads more; EPS, for one, would run Ghostscript on whatever a stranger sent.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "PPM", "JPEG2000", "TGA")
_MPEG4_FORMATS = ("HEIF", "AVIF")  # recognized by b"ftyp" at byte 4, as videos are

MOTION_JPEG = (".mjpeg", ".mjpg")
"""Suffixes of motion JPEG, which begins like a JPEG image."""

VIDEOS = frozenset(
    (
        *(".3gp", ".asf", ".avi", ".divx", ".flv", ".h264", ".h265", ".m2ts", ".m4v"),
        *(*MOTION_JPEG, ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".ogv"),
        *(".ts", ".vob", ".webm", ".wmv"),
    )
)
"""Suffixes of videos, in lower case."""

PLAYLISTS = (".m3u8",)
"""Suffixes of playlists, which name other files."""

Pixels = NDArray[np.uint8]

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One image, ready for analysis.

    Attributes:
        source: the path or address that the caller passed; `<image>`, `<array>`, `<bytes>` or
            `<file>` for an image from memory.
        pixels: uint8 (H, W, 3), RGB, upright.
        number: the frame's number in a moving source, from 0; dropped live frames and skipped
            images are counted, so numbers may be missing.
        time: the frame's time in seconds, from 0.
        whole: the upright image's width and height where `pixels` are fewer; None elsewhere.
        reread: where they are fewer, returns the frame at another fraction of the image's sides:
            1, a half, a quarter; None elsewhere.
        clock: when it was taken, in seconds since 1970, UTC; None where that is unknown.
    """

    source: str
    pixels: Pixels
    number: int = 0
    time: float = 0.0
    whole: tuple[int, int] | None = None
    reread: Callable[[float], "Frame"] | None = None
    clock: float | None = None

    @property
    def size(self) -> tuple[int, int]:
        """The upright image's width and height, in pixels."""
        return self.whole or (self.pixels.shape[1], self.pixels.shape[0])

    @property
    def scale(self) -> tuple[float, float]:
        """How many pixels of the image one of `pixels` spans, across and down."""
        return self.size[0] / self.pixels.shape[1], self.size[1] / self.pixels.shape[0]


Source = (
    str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | Image.Image
    | NDArray[np.generic] | Frame
)  # fmt: skip
"""What `read_frame` takes: a path or an address, an encoded image's bytes or file, a Pillow image,
an array, or a frame."""

_OTHER_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://", re.I)
_LONGEST_NAME = 100  # characters of a source that an error repeats


def read_frame(source: Source, enough: int | None = None, order: Order = "rgb") -> Frame:
    """Reads one image.

    Args:
        source: the path of an image, or its http(s) address, see `mien.inference.media.download`;
            its encoded bytes, or a binary file from where it stands; a Pillow image; an array, see
            `mien.inference.media.arrays.to_rgb`. An animated image gives its first frame. A
            `Frame` comes back as it is.
        enough: how many pixels are enough of a JPEG's: it is decoded at a half, a quarter or an
            eighth of its sides where that leaves so many, in a third of the time. None for all.
        order: of an array's channels.

    Raises:
        MediaError: the image is missing, damaged, larger than `MAX_PIXELS`, or is not one.
    """
    if isinstance(source, Frame):
        return source
    if isinstance(source, Image.Image):
        return Frame("<image>", _translate_errors("<image>", lambda: _pixels(source)))
    if isinstance(source, str | os.PathLike):
        return _read_named(os.fspath(source), enough)
    if isinstance(source, bytes | bytearray | memoryview):
        return _read_bytes(bytes(source), "<bytes>", enough)
    if hasattr(source, "__array__"):  # NumPy's, or a tensor of another library
        return Frame(ARRAY, to_rgb(np.asarray(source), order))
    return _read_file(source, enough)


def _read_named(name: str, enough: int | None) -> Frame:
    if is_address(name):
        return _read_bytes(download(name), shown_address(name), enough)
    if _OTHER_SCHEME.match(name):
        raise MediaError(
            "not an address that can be opened", subject=_cut(name), remedy="use http or https"
        )
    return _read(lambda: open_image(Path(name)), name, enough)


def _read(opened: Callable[[], BinaryIO], name: str, enough: int | None) -> Frame:
    def read(fraction: float | None) -> Frame:
        return _translate_errors(name, lambda: _decode(opened, name, read, enough, fraction))

    return read(None)


def _read_bytes(content: bytes, name: str, enough: int | None) -> Frame:
    return _read(lambda: BytesIO(content), name, enough)


def _read_file(file: BinaryIO, enough: int | None) -> Frame:
    """Reads a binary file from where it stands: a web framework's upload, a zip's member."""
    if not hasattr(file, "read"):
        raise _no_image(file)
    given = getattr(file, "name", None)
    name = given if isinstance(given, str) else "<file>"
    try:
        content = file.read()
    except (OSError, ValueError) as error:
        raise MediaError(
            f"cannot be read ({error})", subject=name, remedy="pass an open file"
        ) from None
    if not isinstance(content, bytes):
        raise MediaError(
            f"gives {type(content).__name__}, not bytes", subject=name, remedy='open it with "rb"'
        )
    if not content and file.seekable() and file.tell():
        raise MediaError("was read to its end already", subject=name, remedy="call seek(0) first")
    return _read_bytes(content, name, enough)


def _no_image(source: object) -> MediaError:
    """Tells what was passed instead of an image, by the mistakes that people make."""
    if source is None:
        return MediaError("None is no image", remedy="check the path that it was read from")
    if isinstance(source, list | tuple | set | dict):
        kind = type(source).__name__
        return MediaError(f"a {kind} is no image", remedy="use analyze_many for several")
    if isinstance(source, int):
        return MediaError(f"{source} is no image", remedy="use stream for a camera")
    return MediaError(
        f"{type(source).__name__} is no image",
        remedy="pass a path, bytes, a file, a Pillow image or an array",
    )


def decode(
    image: Image.Image,
    name: str,
    reread: Callable[[float], Frame],
    enough: int | None,
    fraction: float | None = None,
    max_bytes: int = MAX_BYTES,
) -> Frame:
    """Decodes an opened image that nothing was read of yet but its header.

    Args:
        image: the image.
        name: of it.
        reread: returns the frame at another fraction.
        enough: as for `read_frame`.
        fraction: of its sides, 1/8 to 1; None for the least that leaves `enough` pixels.
        max_bytes: of memory that this may take.

    Raises:
        MediaError: the image has too many pixels, or takes too much memory.
    """
    if image.width * image.height > MAX_PIXELS:
        raise MediaError(_TOO_LARGE, remedy=_SHRINK)
    if fraction is None:
        fraction = _least(image, enough)
    stored = image.size
    if fraction == 1:
        check_bytes(image, stored, max_bytes)
        return Frame(name, _pixels(image), clock=clock_taken(image))
    size = stored[::-1] if lies(image) else stored
    image.draft(None, (int(image.width * fraction), int(image.height * fraction)))
    check_bytes(image, stored, max_bytes)
    return Frame(name, _pixels(image), whole=size, reread=reread, clock=clock_taken(image))


def _least(image: Image.Image, enough: int | None) -> float:
    """Returns the least fraction of a JPEG's sides that leaves enough pixels; 1 of others."""
    if image.format != "JPEG" or enough is None:
        return 1
    pixels = image.width * image.height
    return next((part for part in (1 / 8, 1 / 4, 1 / 2) if pixels * part**2 >= enough), 1)


def find_images(source: str | os.PathLike[str]) -> list[Path]:
    """Lists the images of a source.

    Args:
        source: the path of an image, or of a folder, which is searched recursively for files with
            one of `SUFFIXES`.

    Returns:
        The paths, sorted.

    Raises:
        MediaError: a folder has no images.
    """
    path = Path(source)
    if not path.is_dir():
        return [path]
    images = _find_files(path, SUFFIXES)
    if not images:
        videos = len(find_videos(path))
        count = f", but {videos} video{'s' if videos > 1 else ''}" if videos else ""
        raise MediaError(
            f"no images in this folder{count}",
            subject=path,
            remedy="name videos one by one" if videos else "choose a folder with JPEG or PNG files",
        )
    return images


def find_videos(folder: Path) -> list[Path]:
    """Lists the videos in a folder and below it, by their suffixes, sorted."""
    return _find_files(folder, VIDEOS)


def _find_files(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    return sorted(
        Path(inside, name)
        for inside, _, names in os.walk(folder)
        for name in names
        if Path(name).suffix.lower() in suffixes
    )


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:40]}…{name[-40:]}"


def _translate_errors(name: str, read: Callable[[], _Read]) -> _Read:
    """Translates every error of reading an image into a MediaError that names the image."""
    shown = _cut(name)
    try:
        with warnings.catch_warnings():
            # Pillow warns of odd metadata and of images that are within our own limit.
            warnings.simplefilter("ignore")
            return read()
    except MediaError as error:
        raise MediaError(error.reason, subject=shown, remedy=error.remedy) from None
    except FileNotFoundError:
        raise MediaError("no such file", subject=shown, remedy="check the path") from None
    except PermissionError:
        raise MediaError("may not be read", subject=shown, remedy="check its permissions") from None
    except IsADirectoryError:
        raise MediaError(
            "is a folder", subject=shown, remedy="choose one image, or use analyze_many"
        ) from None
    except UnidentifiedImageError:
        if Path(name).suffix.lower() in VIDEOS:
            raise MediaError("is a video", subject=shown, remedy="use stream") from None
        raise MediaError(
            "not an image",
            subject=shown,
            remedy="use JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP or GIF",
        ) from None
    except Image.DecompressionBombError:
        raise MediaError(_TOO_LARGE, subject=shown, remedy=_SHRINK) from None
    except MemoryError:
        raise MediaError(
            "there is too little memory to decode it", subject=shown, remedy=_SHRINK
        ) from None
    except Exception as error:  # plugins raise whatever their parsing of damaged bytes meets
        if getattr(error, "errno", None) == errno.ENAMETOOLONG:
            raise MediaError(
                "too long for a path", subject=shown, remedy="decode base64 by base64.b64decode"
            ) from None
        raise MediaError(
            f"a damaged image ({_cut(str(error))})", subject=shown, remedy="copy or save it again"
        ) from None


def open_image(path: Path) -> BinaryIO:
    """Opens an image's file.

    Raises:
        MediaError: it is a pipe.
        OSError: it cannot be opened.
    """
    if path.is_fifo():  # a pipe without a writer blocks for ever, and no pipe can seek
        raise MediaError("is a pipe", remedy="save the image to a file first")
    return path.open("rb")


def _decode(
    opened: Callable[[], BinaryIO],
    name: str,
    reread: Callable[[float], Frame],
    enough: int | None,
    fraction: float | None,
) -> Frame:
    with opened() as file:
        start = file.read(12)
        if not start:
            raise MediaError("the file is empty", remedy="copy or save it again")
        formats: tuple[str, ...] = _FORMATS
        if start[4:8] == b"ftyp":
            register_heif()
            formats = _MPEG4_FORMATS
        file.seek(0)
        with Image.open(file, formats=formats) as image:
            return decode(image, name, reread, enough, fraction)


@cache
def register_heif() -> None:
    """Registers HEIC with Pillow once, only when a file may need it: the import is slow."""
    from pillow_heif import register_heif_opener  # noqa: PLC0415

    register_heif_opener()


def _pixels(image: Image.Image) -> Pixels:
    if image.width * image.height > MAX_PIXELS:
        raise MediaError(_TOO_LARGE, remedy=_SHRINK)
    return to_upright_rgb(image)
