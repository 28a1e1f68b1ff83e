"""Uploaded videos: checked before they are read, and read frame by frame."""

import shutil
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from mien.inference.media.images import Frame
from mien.inference.media.prefetch import Prefetcher
from mien.server.decoders import read_video, stream_video
from mien.server.errors import BadRequestError
from mien.server.settings import Settings
from mien.server.store.files import Files
from mien.server.video_frames import VideoFacts, VideoLimits, read_facts, read_frames
from mien.storage.errors import DiskFullError


class Video:
    """Iterates once over the frames of an uploaded video; close it afterwards.

    A worker process decodes it, with limits of memory and time.

    Args:
        path: the file.
        name: what frames and errors call it.
        settings: how long it may be, and how large its frames.

    Attributes:
        facts: of its header.
        problems: a sentence for each damage that was skipped, once it was read to its end.

    Raises:
        UnreadableError: it is not a video, has too many pixels, or is too long; also while
            iterating, where it turns out to be larger or longer than it said, or its decoder dies
            or takes too long.
        MediaError: while iterating: it has no frame, or ends early.
    """

    def __init__(self, path: Path, name: str, settings: Settings) -> None:
        limits = VideoLimits(settings.max_pixels, settings.max_video_seconds)
        self._wanted = path, name, limits
        self.facts: VideoFacts = read_video(read_facts, *self._wanted)
        self.problems: list[str] = []
        self._frames: Prefetcher[Frame] | None = None

    def __iter__(self) -> Iterator[Frame]:
        self._frames = Prefetcher(_Frames(stream_video(read_frames, *self._wanted), self.problems))
        return iter(self._frames)

    def progress(self, frame: Frame) -> float:
        """Returns the progress after a frame, 0 to 1."""
        count, duration = self.facts.frame_count, self.facts.duration
        if count:
            return min((frame.number + 1) / count, 1.0)
        return min(frame.time / duration, 1.0) if duration else 0.0

    def close(self) -> None:
        """Ends the decoding. May be repeated."""
        if self._frames:
            self._frames.close()


class _Frames:
    """The frames that a worker sends, without the list of problems at their end."""

    def __init__(self, sent: Generator[Frame | list[str], None, None], problems: list[str]) -> None:
        self._sent, self._problems = sent, problems

    def __iter__(self) -> Iterator[Frame]:
        for item in self._sent:
            if isinstance(item, Frame):
                yield item
            else:
                self._problems += item

    def close(self) -> None:
        """Stops the worker, if it is not at the end."""
        self._sent.close()


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
