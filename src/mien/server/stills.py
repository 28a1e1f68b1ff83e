"""Faces cut from a saved video, each as a small JPEG."""

import threading
from contextlib import closing
from functools import lru_cache
from io import BytesIO
from itertools import islice
from pathlib import Path

import av
from PIL import Image, ImageOps

from mien.errors import MienError
from mien.inference.media.images import Frame
from mien.reporting.thumbnails import ThumbnailReader
from mien.results import Box
from mien.server.decoders import read_video
from mien.server.video_seeking import read_near

_MOST_FRAMES = 1500  # that are decoded for one image: a minute of video at 25 frames a second
_QUALITY = 85  # of a JPEG

_decoding = threading.Lock()  # one at a time, because a page asks for dozens


def cut_face(video: Path, time: float, box: Box, side: int) -> bytes | None:
    """Returns a face of a video as a square JPEG.

    Args:
        video: the file.
        time: of the frame, in seconds.
        box: of the face.
        side: of the JPEG, in pixels.

    Returns:
        None if the video has no such frame, cannot be read, or would have to be read for long.
    """
    try:
        return _cut(video, video.stat().st_mtime_ns, time, box, side)
    except FileNotFoundError:
        return None


def forget_faces() -> None:
    """Forgets the faces that were cut, because a video is deleted."""
    _cut.cache_clear()


@lru_cache(maxsize=512)  # some 4 kB each
def _cut(
    video: Path,
    changed: int,  # noqa: ARG001 - of the cache's key
    time: float,
    box: Box,
    side: int,
) -> bytes | None:
    with _decoding:
        try:
            still: bytes | None = read_video(_read_face, video, time, box, side)
        except MienError:
            return None
    return still


def _read_face(video: Path, time: float, box: Box, side: int) -> bytes | None:
    """Cuts a face, in a worker process."""
    try:
        with closing(read_near(video, time)) as images:
            frames = (Frame("", pixels, time=at) for at, pixels in images)
            face = ThumbnailReader(islice(frames, _MOST_FRAMES))(time, box)
    except (MienError, av.FFmpegError, OSError):
        return None
    return None if face is None else to_jpeg(Image.fromarray(face), side)


def to_jpeg(image: Image.Image, side: int) -> bytes:
    """Returns the middle square of an image as a JPEG without metadata."""
    buffer = BytesIO()
    square = ImageOps.fit(image, (side, side), Image.Resampling.LANCZOS)
    Image.frombytes("RGB", square.size, square.tobytes()).save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
