"""Uploaded videos: checked before they are read, and read frame by frame."""

import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from av.container import InputContainer
from fastapi import Request
from starlette.concurrency import run_in_threadpool

from mien.errors import MediaError
from mien.inference.media.images import Frame
from mien.inference.media.prefetch import Prefetcher
from mien.inference.media.video import VideoReader, open_video
from mien.server.errors import BadRequestError, UnreadableError
from mien.server.settings import Settings
from mien.server.store.files import Files
from mien.storage.errors import DiskFullError

_FORMATS = {  # FFmpeg's name, and a browser's
    "mov,mp4,m4a,3gp,3g2,mj2": "video/mp4",
    "matroska,webm": "video/webm",
    "avi": "video/x-msvideo",
    "flv": "video/x-flv",
    "ogg": "video/ogg",
    "asf": "video/x-ms-asf",
    "mpeg": "video/mpeg",
    "mpegts": "video/mp2t",
}
# Their first bytes. FFmpeg also reads playlists, which may name files of this machine.
_START = re.compile(
    rb".{4}(ftyp|moov|mdat|wide|free|skip)|\x1aE\xdf\xa3|RIFF.{4}AVI |FLV\x01|OggS"
    rb"|0&\xb2u\x8ef\xcf\x11|\0\0\x01[\xba\xb3]|G.{187}G",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """The facts in a video's header.

    Attributes:
        media_type: for a browser.
        rate: nominal frames a second; None where there is none.
        started: the wall-clock time of its first frame, seconds since 1970; None where unknown.
    """

    media_type: str
    rate: float | None
    started: float | None


class Video:
    """Iterates once over the frames of an uploaded video; close it afterwards.

    Args:
        path: the file.
        name: what frames and errors call it.
        settings: how long it may be, and how large its frames.

    Attributes:
        facts: of its header.
        problems: a sentence for each chunk that was skipped so far.

    Raises:
        UnreadableError: it is not a video, has too many pixels, or is too long; also while
            iterating, where it turns out to be larger or longer than it said.
        MediaError: while iterating: it has no frame, or ends early.
    """

    def __init__(self, path: Path, name: str, settings: Settings) -> None:
        self._name, self._settings = name, settings
        self._reader, media_type = self._open(path)
        self.facts = VideoFacts(media_type, self._reader.rate, self._reader.started)
        self.problems = self._reader.problems
        self._frames: Prefetcher[Frame] | None = None

    def __iter__(self) -> Iterator[Frame]:
        self._frames = Prefetcher(self._reader)
        for frame in self._frames:
            self._check_time(frame.time)
            self._check_size(frame.pixels.shape[0] * frame.pixels.shape[1])
            yield frame

    def progress(self, frame: Frame) -> float:
        """Returns the progress after a frame, 0 to 1."""
        if self._reader.frame_count:
            return min((frame.number + 1) / self._reader.frame_count, 1.0)
        return min(frame.time / self._reader.duration, 1.0) if self._reader.duration else 0.0

    def close(self) -> None:
        """Closes the file. May be repeated."""
        (self._frames or self._reader).close()

    def _open(self, path: Path) -> tuple[VideoReader, str]:
        container = self._container(path)
        try:
            sizes = [track.width * track.height for track in container.streams.video]
            reader = VideoReader(self._name, container)
        except MediaError as error:
            raise UnreadableError(
                error.reason, subject=error.subject, remedy=error.remedy
            ) from None
        try:
            self._check_size(max(sizes))
            self._check_time(reader.duration or 0)
        except UnreadableError:
            reader.close()
            raise
        return reader, _FORMATS[container.format.name]

    def _container(self, path: Path) -> InputContainer:
        """Opens the file; every error is the same, because it may name files of this machine."""
        container = None
        with path.open("rb") as file, suppress(MediaError):
            container = open_video(path) if _START.match(file.read(192)) else None
        if container and container.format.name in _FORMATS:
            return container
        if container:
            container.close()
        raise UnreadableError(
            "not a video that can be read, or its head or end is missing",
            subject=self._name,
            remedy="give a whole MP4, WebM, MKV or AVI file",
        )

    def _check_time(self, seconds: float) -> None:
        if seconds > self._settings.max_video_seconds:
            raise UnreadableError(
                f"longer than {self._settings.max_video_seconds:,.0f} seconds",
                subject=self._name,
                remedy="cut it",
            )

    def _check_size(self, pixels: int) -> None:
        if pixels > self._settings.max_pixels:
            raise UnreadableError(
                f"a frame has more than {self._settings.max_pixels:,} pixels",
                subject=self._name,
                remedy="make it smaller",
            )


_CHUNK = 2**20  # bytes per write

VIDEO_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("video/*", "application/octet-stream")
        },
    }
}
"""The OpenAPI documentation of a route that takes a video."""


@asynccontextmanager
async def uploaded(request: Request, files: Files) -> AsyncIterator[Path]:
    """Yields the path of the request's body, which is removed afterwards unless it was moved.

    Raises:
        BadRequestError: it is empty, or a form.
        DiskFullError: the disk is full.
    """
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        raise BadRequestError("a form", remedy="send the video itself as the request's body")
    folder = await run_in_threadpool(files.scratch)
    try:
        path = folder / "film"
        try:
            with path.open("wb", buffering=0) as file:
                size = await _copy(request, file)
        except OSError as error:
            raise DiskFullError(
                f"the video cannot be stored ({error.strerror})", remedy="free disk space"
            ) from None
        if not size:
            raise BadRequestError(
                "the video is empty", remedy="send the bytes of an MP4 or WebM file"
            )
        yield path
    finally:
        await run_in_threadpool(shutil.rmtree, folder)


async def _copy(request: Request, file: BinaryIO) -> int:
    size, buffer = 0, bytearray()
    async for chunk in request.stream():
        buffer += chunk
        size += len(chunk)
        if len(buffer) >= _CHUNK:
            await run_in_threadpool(_write, file, buffer)
    await run_in_threadpool(_write, file, buffer)
    return size


def _write(file: BinaryIO, buffer: bytearray) -> None:
    """Writes and clears the whole buffer; raises if it does not fit on the disk."""
    rest = memoryview(bytes(buffer))
    while rest:
        rest = rest[file.write(rest) :]
    buffer.clear()
