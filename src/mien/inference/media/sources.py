"""Opens every moving source: a video, a camera, a stream, or a folder of images."""

import os
import re
from functools import partial
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Self

from mien.errors import MediaError
from mien.inference.media.connect import SCHEMES, Limits, hide_password, open_camera, open_url
from mien.inference.media.image_folder import ImageReader
from mien.inference.media.images import (
    MOTION_JPEG,
    PLAYLISTS,
    SUFFIXES,
    VIDEOS,
    Frame,
)
from mien.inference.media.live import Listener, LiveReader
from mien.inference.media.prefetch import Prefetcher
from mien.inference.media.sampling import ALL, Chooser, Sampling
from mien.inference.media.video import VideoReader, open_video

MovingSource = str | os.PathLike[str] | int
"""What `open_stream` takes: a path, an address, or a camera's number, also as a string."""

# Offset and signature: MP4, Matroska, AVI, FLV, Ogg, ASF, MPEG-PS twice, MPEG-TS.
_STARTS = (
    *((4, b"ftyp"), (4, b"moov"), (4, b"mdat"), (4, b"wide"), (0, b"\x1aE\xdf\xa3")),
    *((8, b"AVI "), (0, b"FLV\x01"), (0, b"OggS"), (0, b"0&\xb2u\x8ef\xcf\x11")),
    *((0, b"\0\0\x01\xba"), (0, b"\0\0\x01\xb3"), (188, b"G")),
)
_IMAGE_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"heim", b"hevc", b"mif1", b"msf1")
_IMAGE_STARTS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8")


class Stream:
    """Iterates, once, over the frames of a moving source. A context manager.

    The source is closed after the last frame, on an error, on Ctrl-C, at the end of a `with` block,
    or when the stream is garbage-collected.

    Attributes:
        source: the path or address that the caller passed, without a password.
        live: whether the source has no end, and drops frames when the caller is slow.
        duration: in seconds; None where it is unknown.
        frame_count: how many frames to expect, perhaps estimated; None where it is unknown.
        rate: nominal frames a second; None where there is none. Frames carry their exact times.
        problems: a sentence for each image, or kind of damage, that was skipped so far, and if the
            wall clock was set while a live source was open.
    """

    def __init__(
        self,
        source: str,
        reader: Prefetcher[Frame] | LiveReader,
        *,
        duration: float | None = None,
        frame_count: int | None = None,
        rate: float | None = None,
        problems: list[str] | None = None,
        started: float | None = None,
        sampling: Sampling = ALL,
    ) -> None:
        self.source = source
        self._chooser = Chooser(sampling)
        self._live = reader if isinstance(reader, LiveReader) else None
        self.live = self._live is not None
        self.duration = duration
        self.frame_count = frame_count
        self.rate = rate
        self.problems = [] if problems is None else problems
        self._started = started
        self._reader = reader

    @property
    def started(self) -> float | None:
        """The clock at time 0, in seconds since 1970, UTC; None where it is unknown.

        Of a live source it is known once the first frame came.
        """
        return self._started if self._live is None else self._live.started

    @property
    def offset(self) -> float | None:
        """A live source's clock less this computer's monotonic clock, in seconds; else None."""
        return None if self._live is None else self._live.offset

    @property
    def dropped(self) -> int:
        """How many frames of a live source were replaced by newer ones so far."""
        return 0 if self._live is None else self._live.dropped

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Frame:
        frame = next(self._reader)
        while self.live and not self._chooser.takes(frame.number, frame.time):
            frame = next(self._reader)
        return frame

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
    source: MovingSource,
    listener: Listener | None = None,
    limits: Limits | None = None,
    started: float | None = None,
    sampling: Sampling = ALL,
) -> Stream:
    """Opens a moving source.

    Args:
        source: the path of a video; the path of a folder, whose images are its frames, in the
            natural order of their names, at the times they were taken where all of them say so
            (EXIF) and these increase, else at 25 a second; a camera's number, from 0; or an
            address: RTSP, HTTP(S), HLS, RTMP, TCP or UDP. A video with an end that is reached by
            HTTP is read like a file, and drops nothing.
        listener: called in the thread that iterates when a live source is lost and when it is back.
        limits: timeouts and retry delays of a live source.
        started: when the first frame of a video or folder was taken, in seconds since 1970, UTC;
            None for what the video or the images state. Frames of a live source have the time of
            their arrival instead.
        sampling: which frames are wanted.

    Raises:
        MediaError: the source is missing or busy, does not respond, or is not a moving source; or
            it is live, and `started` is given or `sampling` is a stretch.
    """
    limits = limits or Limits()
    camera = _camera_number(source)
    if camera is not None:
        _refuse_past(started, sampling, f"camera {camera}")
        connect = partial(open_camera, camera, limits)
        return _live(LiveReader(f"camera {camera}", connect, listener, limits), sampling)
    name = os.fspath(source) if not isinstance(source, int) else str(source)
    if _is_url(name):
        return _open_url(name, listener, limits, started, sampling)
    if Path(name).is_dir():
        return _prefetched(ImageReader(Path(name), started, sampling))
    return _prefetched(VideoReader(name, open_video(name), started, sampling))


def is_moving(source: MovingSource) -> bool:
    """Tells whether a source is a video, a camera or an address, not a photo or a folder.

    A file is recognized by its first bytes, or by its suffix where it is missing or its first bytes
    are unknown. A folder counts as photos, and an animated image as a photo.
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
        return suffix in MOTION_JPEG
    if any(start.startswith(mark, at) for at, mark in _STARTS):
        return suffix not in SUFFIXES
    return suffix in VIDEOS or suffix in PLAYLISTS


def _start(path: Path) -> bytes:
    """Returns a file's first bytes; none of a pipe, which would block."""
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
            "not an address that can be opened",
            subject=hide_password(name),
            remedy=f"use one of {known}",
        )
    return scheme is not None


def _open_url(
    url: str,
    listener: Listener | None,
    limits: Limits,
    started: float | None,
    sampling: Sampling,
) -> Stream:
    container = open_url(url, limits)
    if url.lower().startswith("http") and container.duration:
        return _prefetched(VideoReader(hide_password(url), container, started, sampling))
    try:
        _refuse_past(started, sampling, hide_password(url))
    except MediaError:
        container.close()
        raise
    connect = partial(open_url, url, limits)
    return _live(LiveReader(hide_password(url), connect, listener, limits, container), sampling)


def _refuse_past(started: float | None, sampling: Sampling, source: str) -> None:
    if sampling.is_stretch:
        raise MediaError(
            "a live source has no stretch to choose",
            subject=source,
            remedy="leave out --start and --end",
        )
    if started is not None:
        raise MediaError(
            "a live frame has the time of its arrival, so no start time can be given",
            subject=source,
            remedy="leave out --start-time",
        )


def _live(reader: LiveReader, sampling: Sampling) -> Stream:
    return Stream(
        reader.source, reader, rate=reader.rate, problems=reader.problems, sampling=sampling
    )


def _prefetched(reader: VideoReader | ImageReader) -> Stream:
    return Stream(
        reader.source,
        Prefetcher(reader),
        duration=reader.duration,
        frame_count=reader.frame_count,
        rate=reader.rate,
        problems=reader.problems,
        started=reader.started,
    )
