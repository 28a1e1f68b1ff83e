"""Videos in: a video file becomes upright RGB frames, at the times that the file states."""

import os
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mien.clocks import clock_at, parse_clock
from mien.errors import MediaError
from mien.inference.media.decoding import USUAL_GAP, Clock, Converter
from mien.inference.media.images import Frame
from mien.inference.media.playlists import is_playlist, self_contained_formats
from mien.inference.media.sampling import ALL, Chooser, Sampling

_THREADS = 2
_START_BYTES = 4096  # in which a playlist shows what it is
# FFmpeg reads text files as teletype art and photos as videos of one frame.
_NOT_VIDEOS = frozenset(("adf", "bin", "idf", "image2", "tty", "xbin"))
_STATE_DURATION = ("matroska", "flv", "avi", "asf")  # formats whose header says how long they are
# Where a container says when it was recorded; Apple's first, since it has the local time zone.
_RECORDED = ("com.apple.quicktime.creationdate", "creation_time")
_EARLIEST = parse_clock("1990-01-01T00:00:00Z")  # devices without a clock write 1904 or 1970
_TAIL = 0.5  # seconds that may be missing at the end of such a video before it counts as cut short


def reason(error: Exception) -> str:
    """Returns FFmpeg's message without its error number and the file's name."""
    if isinstance(error, av.ExitError):
        return "timed out"
    return str(getattr(error, "strerror", None) or error)


def video_stream(name: str, container: InputContainer) -> VideoStream:
    """Chooses the video track: FFmpeg's choice, but never the cover image of a song.

    Raises:
        MediaError: there is no such track, or no decoder for its codec.
    """
    if container.format.name in _NOT_VIDEOS or container.format.name.endswith("_pipe"):
        raise MediaError(
            "not a video", subject=name, remedy="choose a video file, such as MP4 or MKV"
        )
    tracks = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not tracks:
        raise MediaError("has no video track", subject=name, remedy="choose a file with images")
    best = container.streams.best("video")
    track = next((track for track in tracks if best and track.index == best.index), tracks[0])
    if not track.codec_context:
        raise MediaError(
            "its video codec is unknown to this build of FFmpeg",
            subject=name,
            remedy="convert it to H.264",
        )
    track.codec_context.thread_type = "AUTO"
    track.codec_context.thread_count = _THREADS
    return track


def recorded_at(container: InputContainer, stream: VideoStream) -> float | None:
    """Returns when a video was recorded, in seconds since 1970, UTC, as the container states it.

    None where it states nothing, no time zone, or a time before 1990, which is a clock not set.
    """
    stated = [
        tags[name]
        for name in _RECORDED
        for tags in (container.metadata, stream.metadata)
        if name in tags
    ]
    for text in stated:
        with suppress(ValueError):
            if (clock := parse_clock(text)) >= _EARLIEST:
                return clock
    return None


def open_video(path: str | os.PathLike[str]) -> InputContainer:
    """Opens a video file, and nothing else: no address and no other file that it names.

    Raises:
        MediaError: the file is missing, empty, may not be read, is a playlist, or is not a video.
    """
    name = os.fspath(path)
    try:
        _check_file(Path(name))
        return av.open(
            f"file:{name}",
            metadata_errors="replace",
            container_options={
                "protocol_whitelist": "file",
                "format_whitelist": self_contained_formats(),
            },
        )
    except MediaError as error:
        raise MediaError(error.reason, subject=name, remedy=error.remedy) from None
    except FileNotFoundError:
        raise MediaError("no such file", subject=name, remedy="check the path") from None
    except PermissionError:
        raise MediaError("may not be read", subject=name, remedy="check its permissions") from None
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(
            f"not a video, or its head or end is missing ({reason(error)})",
            subject=name,
            remedy="choose a complete video file, such as MP4 or MKV",
        ) from None


def _check_file(path: Path) -> None:
    if path.stat() and not path.is_file():  # a pipe without a writer blocks for ever
        raise MediaError("not a file", remedy="choose a video file, such as MP4 or MKV")
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
    if not start:
        raise MediaError("the file is empty", remedy="copy or save it again")
    if is_playlist(start):
        raise MediaError(
            "is a playlist, which names other files or addresses",
            remedy="give its address, or one of the videos that it names",
        )


class VideoReader:
    """Iterates, once, over the frames of a video, from the first to the last; drops none.

    Times come from the container (`Clock` repairs odd ones): the first frame is at 0,
    and a variable frame rate is kept. The size may change between frames. Damaged packets are
    skipped and counted in `problems`.

    Args:
        source: the name that frames and errors carry.
        container: an opened video; the reader closes it.
        started: when the first frame was taken, in seconds since 1970, UTC; None for when the
            container says that it was recorded.
        sampling: which frames are wanted; the others are decoded, which the next ones need, and
            not converted.

    Attributes:
        started: as passed, or as the container says; None where it does not.
        duration: seconds, as the video states them; None where it does not.
        rate: the nominal frame rate; None where there is none.
        frame_count: how many frames there are, perhaps estimated; None where that is unknown.
        problems: a sentence for each kind of damage that was skipped.

    Raises:
        MediaError: there is no video track, or no codec for it. While iterating: the video has no
            frame, or ends early; raised after the last good frame.
    """

    def __init__(
        self,
        source: str,
        container: InputContainer,
        started: float | None = None,
        sampling: Sampling = ALL,
    ) -> None:
        self.source = source
        self._sampling = sampling
        self._container = container
        try:
            self._stream = video_stream(source, container)
        except MediaError:
            container.close()
            raise
        self.started = recorded_at(container, self._stream) if started is None else started
        rate = self._stream.average_rate or self._stream.guessed_rate
        self.rate = float(rate) if rate else None
        self._gap = 1 / rate if rate else USUAL_GAP
        self.duration = self._stated_duration()
        estimate = round(self.duration * self.rate) if self.duration and self.rate else None
        self.frame_count: int | None = self._stream.frames or estimate
        self.problems: list[str] = []
        self._packets = self._damaged = 0
        self._end = Fraction(0)
        self._failure = ""
        self._cut = False

    def __iter__(self) -> Iterator[Frame]:
        clock, converter, number, time = Clock(self._gap), Converter(), 0, 0.0
        chooser = Chooser(self._sampling)
        try:
            for image in self._images():
                base = image.time_base
                stamp = None if image.pts is None or base is None else image.pts * base
                time = clock.read(stamp)
                if chooser.is_over(time):
                    return
                if chooser.takes(number, time):
                    pixels, taken = converter.pixels(image), clock_at(self.started, time)
                    yield Frame(self.source, pixels, number, time, clock=taken)
                number += 1
            self._check_end(number, time)
        finally:
            self.close()

    @property
    def damaged(self) -> int:
        """How many damaged packets were skipped so far."""
        return self._damaged

    def close(self) -> None:
        """Closes the file. Call it from the thread that iterates, or after that has ended."""
        self._container.close()

    def _images(self) -> Iterator[VideoFrame]:
        try:
            for packet in self._whole_packets():
                self._packets += packet.size > 0
                yield from self._decoded(packet)
        except IndexError:
            pass  # PyAV's, at the end of a video in which a further track appeared midway
        except av.FFmpegError as error:
            self._failure = reason(error)

    def _whole_packets(self) -> "Iterator[Packet[VideoStream]]":
        """Yields the packets of the images, except one that the end of the file has cut.

        FFmpeg calls that packet corrupt, and also the last packet before a join, which is whole.
        """
        pending = None
        for packet in self._image_packets():
            if pending and packet.size:
                yield pending
            elif pending:
                self._cut = True
            pending = packet if packet.is_corrupt else None
            if not pending:
                yield packet

    def _image_packets(self) -> "Iterator[Packet[VideoStream]]":
        everything: Any = [self._stream, *self._container.streams.audio]
        for packet in self._container.demux(everything):
            self._note_end(packet)
            if packet.stream.index == self._stream.index:
                yield packet

    def _note_end(self, packet: "Packet[VideoStream]") -> None:
        if packet.pts is not None:
            end = (packet.pts + (packet.duration or 0)) * packet.time_base
            self._end = max(self._end, end)

    def _decoded(self, packet: "Packet[VideoStream]") -> list[VideoFrame]:
        try:
            return self._stream.decode(packet)
        except av.FFmpegError:
            self._damaged += 1
            return []

    def _check_end(self, frames: int, time: float) -> None:
        if self._failure or self._cut or self._is_incomplete():
            stated = f" of {self.duration:.2f} s" if self.duration else ""
            said = f" ({self._failure})" if self._failure else ""
            raise MediaError(
                f"the video ends early{said}, after {frames} frames, at {time:.2f} s{stated}",
                subject=self.source,
                remedy="copy or save it again",
            )
        if not frames:
            raise MediaError(
                "has no frame that can be decoded",
                subject=self.source,
                remedy="choose another video",
            )
        if self._damaged:
            self.problems.append(f"{self.source}: skipped {self._damaged} damaged pieces.")

    def _is_incomplete(self) -> bool:
        """Tells whether the index lists more packets, or the header more seconds, than came."""
        kind = self._container.format.name
        if kind.startswith("mov"):
            return self._packets < len(self._stream.index_entries)
        if not kind.startswith(_STATE_DURATION) or self._container.duration is None:
            return False
        start = self._container.start_time or 0
        stated_end = Fraction(start + self._container.duration, av.time_base)
        return stated_end - self._end > _TAIL

    def _stated_duration(self) -> float | None:
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        length = self._container.duration
        return length / av.time_base if length else None
