"""Reads uploaded videos, in a worker process: checks them, and decodes them frame by frame.

It imports none of the server's libraries, so that a worker starts fast.
"""

import re
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from av.container import InputContainer

from mien.errors import MediaError
from mien.inference.media.images import Frame
from mien.inference.media.video import VideoReader, open_video
from mien.server.errors import UnreadableError

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
class VideoLimits:
    """How large a video may be.

    Attributes:
        pixels: of a frame.
        seconds: of the video.
    """

    pixels: int
    seconds: float

    def check_time(self, name: str, seconds: float) -> None:
        """Refuses a video that is longer.

        Raises:
            UnreadableError: it is.
        """
        if seconds > self.seconds:
            raise UnreadableError(
                f"longer than {self.seconds:,.0f} seconds", subject=name, remedy="cut it"
            )

    def check_size(self, name: str, pixels: int) -> None:
        """Refuses a frame that has more pixels.

        Raises:
            UnreadableError: it has.
        """
        if pixels > self.pixels:
            raise UnreadableError(
                f"a frame has more than {self.pixels:,} pixels",
                subject=name,
                remedy="make it smaller",
            )


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """The facts in a video's header.

    Attributes:
        media_type: for a browser.
        rate: nominal frames a second; None where there is none.
        started: the wall-clock time of its first frame, seconds since 1970; None where unknown.
        frame_count: how many frames there are, perhaps estimated; None where unknown.
        duration: seconds, as it states them; None where it does not.
    """

    media_type: str
    rate: float | None
    started: float | None
    frame_count: int | None
    duration: float | None


def read_facts(path: Path, name: str, limits: VideoLimits) -> VideoFacts:
    """Reads a video's header, and decodes nothing.

    Raises:
        UnreadableError: it is not a video, has too many pixels, or is too long.
    """
    reader, media_type = _open(path, name, limits)
    reader.close()
    return VideoFacts(media_type, reader.rate, reader.started, reader.frame_count, reader.duration)


def read_frames(path: Path, name: str, limits: VideoLimits) -> Iterator[Frame | list[str]]:
    """Yields the frames of a video, and at its end a sentence for each damage that was skipped.

    Raises:
        UnreadableError: as `read_facts`; also where it turns out to be larger or longer than it
            said.
        MediaError: it has no frame, or ends early.
    """
    reader, _ = _open(path, name, limits)
    with closing(reader):
        for frame in reader:
            limits.check_time(name, frame.time)
            limits.check_size(name, frame.pixels.shape[0] * frame.pixels.shape[1])
            yield frame
    yield reader.problems


def _open(path: Path, name: str, limits: VideoLimits) -> tuple[VideoReader, str]:
    container = _container(path, name)
    try:
        # A track whose codec FFmpeg does not know has no size.
        known = (track for track in container.streams.video if track.codec_context)
        sizes = [track.width * track.height for track in known]
        reader = VideoReader(name, container)
    except MediaError as error:
        raise UnreadableError(error.reason, subject=error.subject, remedy=error.remedy) from None
    try:
        limits.check_size(name, max(sizes, default=0))
        limits.check_time(name, reader.duration or 0)
    except UnreadableError:
        reader.close()
        raise
    return reader, _FORMATS[container.format.name]


def _container(path: Path, name: str) -> InputContainer:
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
        subject=name,
        remedy="give a whole MP4, WebM, MKV or AVI file",
    )
