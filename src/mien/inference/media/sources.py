"""One way into everything that moves: a video, a camera, a stream, or a folder of images."""

import os
import re
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image

from mien.errors import MediaError
from mien.inference.media import images
from mien.inference.media.images import SUFFIXES, Frame, find_images, open_image, read_frame
from mien.inference.media.live import (
    SCHEMES,
    Limits,
    Listener,
    LiveReader,
    open_camera,
    open_url,
    shown,
)
from mien.inference.media.prefetch import Ahead
from mien.inference.media.video import VideoReader, open_video

IMAGE_RATE = 25.0
"""Images a second in a folder whose images do not all say when they were taken."""

_HEIF = (".heic", ".heif", ".hif")
_EXIF, _TAKEN, _SUBSECOND = 0x8769, 0x9003, 0x9291  # EXIF's numbers for these


class ImageReader:
    """Iterates, once, over the images in a folder and below it, in the natural order of names.

    Times are when the images were taken (EXIF `DateTimeOriginal` and `SubSecTimeOriginal`), from
    the first, if all that can be read say so and these times increase; else 25 a second. An image
    that cannot be read is skipped: its number is left out, and `problems` tells.

    Args:
        folder: where the images are.

    Attributes:
        duration: seconds from the first image to the last, and at 25 a second one gap more.
        rate: 25; None where the images state their times.
        frame_count: how many images there are.
        problems: a sentence for each image that was skipped.

    Raises:
        MediaError: there is no image. While iterating, after the last: none could be read.
    """

    def __init__(self, folder: Path) -> None:
        self.source = str(folder)
        self._paths = sorted(find_images(folder), key=_natural)
        times = _times_taken(self._paths)
        self.rate = None if times else IMAGE_RATE
        self.frame_count = len(self._paths)
        self.duration = max(times.values()) if times else self.frame_count / IMAGE_RATE
        self.problems: list[str] = []
        self._times = times or {path: i / IMAGE_RATE for i, path in enumerate(self._paths)}

    def __iter__(self) -> Iterator[Frame]:
        for number, path in enumerate(self._paths):
            try:
                pixels = read_frame(path).pixels
            except MediaError as error:
                self.problems.append(str(error))
                continue
            yield Frame(self.source, pixels, number, self._times[path])
        if len(self.problems) == len(self._paths):
            raise MediaError(
                f"none of its {len(self._paths)} images can be read; the first: {self.problems[0]}",
                subject=self.source,
            )

    def close(self) -> None:
        """Does nothing: no image is kept open."""


def _natural(path: Path) -> tuple[tuple[str | int, ...], ...]:
    """Sorts 2 before 10, and a folder's images together."""
    return tuple(_pieces(part) for part in path.parts)


def _pieces(part: str) -> tuple[str | int, ...]:
    pieces = re.split(r"([0-9]+)", part.casefold())
    return tuple(int(piece) if i % 2 else piece for i, piece in enumerate(pieces))


def _times_taken(paths: list[Path]) -> dict[Path, float]:
    """Returns seconds from the first image, or nothing where they do not serve as times."""
    moments: dict[Path, datetime] = {}
    for path in paths:
        try:
            moments[path] = _taken(path)
        except LookupError:
            return {}
        except Exception:  # noqa: S112  # a damaged image raises many things; reading it tells
            continue
    if any(later <= earlier for earlier, later in pairwise(moments.values())):
        return {}
    first = next(iter(moments.values()), None)
    return {path: (moment - first).total_seconds() for path, moment in moments.items() if first}


def _taken(path: Path) -> datetime:
    """Reads when an image was taken.

    Raises:
        LookupError: it does not say so.
    """
    if path.suffix.lower() in _HEIF:
        from pillow_heif import register_heif_opener  # noqa: PLC0415  # the import takes a while

        register_heif_opener()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata
        with open_image(path) as file, Image.open(file) as image:
            exif = image.getexif().get_ifd(_EXIF)
    try:
        moment = datetime.strptime(str(exif[_TAKEN])[:19], "%Y:%m:%d %H:%M:%S")
        return moment + timedelta(seconds=float(f"0.{str(exif.get(_SUBSECOND, 0)).strip()}"))
    except ValueError:
        raise LookupError from None


MovingSource = str | os.PathLike[str] | int
"""What `open_stream` takes: a path, an address, or a camera's number, which may be a string."""

# What videos begin with, and where: MP4, Matroska, AVI, FLV, Ogg, ASF, MPEG-PS twice, MPEG-TS.
_STARTS = (
    *((4, b"ftyp"), (4, b"moov"), (4, b"mdat"), (4, b"wide"), (0, b"\x1aE\xdf\xa3")),
    *((8, b"AVI "), (0, b"FLV\x01"), (0, b"OggS"), (0, b"0&\xb2u\x8ef\xcf\x11")),
    *((0, b"\0\0\x01\xba"), (0, b"\0\0\x01\xb3"), (188, b"G")),
)
_IMAGE_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"heim", b"hevc", b"mif1", b"msf1")
_IMAGE_STARTS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8")


class Stream:
    """Iterates, once, over the frames of a moving source. A context manager.

    However the loop ends, the source is closed: after the last frame, on an error, on Ctrl-C, at
    the end of a `with` block, or when the stream is forgotten.

    Attributes:
        source: what the caller named, less the password of an address.
        live: whether frames are dropped rather than waited for, and there is no end.
        duration: in seconds; None where it is unknown.
        frame_count: how many frames to expect, perhaps estimated; None where it is unknown.
        rate: nominal frames a second; None where there is none. Frames carry their exact times.
        problems: a sentence for each image or piece that was skipped so far.
    """

    def __init__(
        self,
        source: str,
        reader: Ahead[Frame] | LiveReader,
        *,
        duration: float | None = None,
        frame_count: int | None = None,
        rate: float | None = None,
        problems: list[str] | None = None,
    ) -> None:
        self.source = source
        self.live = isinstance(reader, LiveReader)
        self.duration = duration
        self.frame_count = frame_count
        self.rate = rate
        self.problems = [] if problems is None else problems
        self._reader = reader

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Frame:
        return next(self._reader)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the source and ends its thread. May be repeated."""
        self._reader.close()


def open_stream(
    source: MovingSource, listener: Listener | None = None, limits: Limits | None = None
) -> Stream:
    """Opens whatever moves.

    Args:
        source: the path of a video; the path of a folder, whose images are its frames, in the
            natural order of their names, at the times they were taken where all of them say so
            (EXIF) and these increase, else at 25 a second; a camera's number, from 0; or an
            address: RTSP, HTTP(S), HLS, RTMP, TCP or UDP. A video with an end that is reached by
            HTTP is read like a file, and drops nothing.
        listener: told when a live source is lost and when it is back, in the thread that iterates.
        limits: how long to wait for a live source, and how long to try again.

    Raises:
        MediaError: the source is missing or busy, does not answer, or is nothing that moves.
    """
    limits = limits or Limits()
    camera = _camera_number(source)
    if camera is not None:
        connect = partial(open_camera, camera, limits)
        return _live(LiveReader(f"camera {camera}", connect, listener, limits))
    name = os.fspath(source) if not isinstance(source, int) else str(source)
    if _is_url(name):
        return _open_url(name, listener, limits)
    if Path(name).is_dir():
        return _ahead(ImageReader(Path(name)))
    return _ahead(VideoReader(name, open_video(name)))


def is_moving(source: MovingSource) -> bool:
    """Tells a video, a camera or an address from a photo or a folder.

    A file is told by how it begins, or by its suffix where it is missing or begins like nothing
    known. A folder is photos, and an animated image is a photo.
    """
    if _camera_number(source) is not None:
        return True
    name = os.fspath(source) if not isinstance(source, int) else str(source)
    return _is_url(name) or _is_video(Path(name))


def _is_video(path: Path) -> bool:
    suffix = path.suffix.lower()
    start = _start(path)
    if start[4:8] == b"ftyp":
        return start[8:12] not in _IMAGE_BRANDS
    if start.startswith(_IMAGE_STARTS) or start[8:12] == b"WEBP":
        return suffix in images.MOTION_JPEG
    if any(start.startswith(mark, at) for at, mark in _STARTS):
        return suffix not in SUFFIXES
    return suffix in images.VIDEOS or suffix in images.PLAYLISTS


def _start(path: Path) -> bytes:
    """Returns a file's first bytes; none of what is no file, such as a pipe, which would block."""
    try:
        with path.open("rb") if path.is_file() else BytesIO() as file:
            return file.read(192)
    except OSError:
        return b""


def _camera_number(source: MovingSource) -> int | None:
    if isinstance(source, int):
        return source
    name = os.fspath(source)
    digits = name.isascii() and name.isdigit()
    return int(name) if digits and not Path(name).exists() else None


def _is_url(name: str) -> bool:
    scheme = re.match(r"([a-z][a-z0-9+.-]+)://", name, re.I)
    if scheme and scheme[1].lower() not in SCHEMES:
        known = ", ".join(SCHEMES)
        raise MediaError(
            "not an address that can be opened", subject=shown(name), remedy=f"give one of {known}"
        )
    return scheme is not None


def _open_url(url: str, listener: Listener | None, limits: Limits) -> Stream:
    container = open_url(url, limits)
    if url.lower().startswith("http") and container.duration:
        return _ahead(VideoReader(shown(url), container))
    connect = partial(open_url, url, limits)
    return _live(LiveReader(shown(url), connect, listener, limits, container))


def _live(reader: LiveReader) -> Stream:
    return Stream(reader.source, reader, rate=reader.rate)


def _ahead(reader: VideoReader | ImageReader) -> Stream:
    return Stream(
        reader.source,
        Ahead(reader),
        duration=reader.duration,
        frame_count=reader.frame_count,
        rate=reader.rate,
        problems=reader.problems,
    )
