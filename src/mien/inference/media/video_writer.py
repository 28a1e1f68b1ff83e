"""Videos out: images, with their times and the sound of where they came from, become a video."""

import math
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from av.video.stream import VideoStream

from mien.errors import MediaError
from mien.files import replacing
from mien.inference.media.images import Pixels
from mien.inference.media.video import open_video, reason, video_stream

_AAC_RATES = (8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000)
_TAIL = 1.0  # seconds before the source's end from which on the rest of its sound is kept


class Sound:
    """Copies a video's sound, packet by packet, as the images of the new video are written.

    Packets are copied as they are where the new video can hold them, else coded as AAC, mono or
    stereo.
    Times are shifted as those of the images were: 0 is the source's first image.

    Args:
        source: the opened video; `close` closes it.
        track: its sound.
        start: of its first image, in seconds.
        end: of its last image, in seconds from the first.
        target: the new video; its images' track is in place, and its header is not written.
    """

    def __init__(
        self,
        source: InputContainer,
        track: AudioStream,
        start: Fraction,
        end: float,
        target: OutputContainer,
    ) -> None:
        self._source = source
        self._start = start
        self._end = end
        self._target = target
        try:
            if _few_play(track, target):
                raise ValueError
            self._output = target.add_stream_from_template(track)
            self._copied = True
        except ValueError:  # PyAV's too, where this kind of video cannot hold that codec
            self._output = _aac(track, target)
            self._copied = False
        self._waiting = self._packets(track)
        self._next = next(self._waiting, None)

    @classmethod
    def of(cls, path: str | os.PathLike[str], target: OutputContainer) -> Self | None:
        """Opens the sound of the video at `path`; None where there is none."""
        try:
            source = open_video(path)
        except MediaError:
            return None
        try:
            image = video_stream(os.fspath(path), source)
        except MediaError:
            source.close()
            return None
        track = source.streams.best("audio")
        if not isinstance(track, AudioStream) or not track.codec_context:
            source.close()
            return None
        base = image.time_base or Fraction(1)
        length = (image.duration or 0) * base or Fraction(source.duration or 0, av.time_base)
        return cls(source, track, (image.start_time or 0) * base, float(length), target)

    def copy(self, until: float) -> None:
        """Copies what sounds up to a time, in seconds."""
        while self._next is not None and self._time(self._next) <= until:
            self._write(self._next)
            self._next = next(self._waiting, None)

    def finish(self, last: float) -> None:
        """Copies the rest, given the time of the last image; up to it, if some are missing."""
        self.copy(math.inf if last + _TAIL >= self._end else last)
        if not self._copied:
            self._target.mux(self._output.encode(None))

    def close(self) -> None:
        """Closes the source."""
        self._source.close()

    def _packets(self, track: AudioStream) -> "Iterator[Packet[AudioStream]]":
        """Yields what sounds after the first image; a damaged end ends it."""
        try:
            for packet in self._source.demux(track):
                if packet.pts is None or packet.dts is None:
                    continue
                length = (packet.duration or 0) * packet.time_base
                if self._time(packet) + length > 0:
                    yield packet
        except (av.FFmpegError, IndexError):
            return

    def _time(self, packet: "Packet[AudioStream]") -> float:
        return float((packet.pts or 0) * packet.time_base - self._start)

    def _write(self, packet: "Packet[AudioStream]") -> None:
        if self._copied:
            shift = round(self._start / packet.time_base)
            packet.pts, packet.dts = (packet.pts or 0) - shift, (packet.dts or 0) - shift
            packet.stream = self._output
            self._target.mux(packet)
            return
        try:
            frames = packet.decode()
        except av.FFmpegError:  # damaged, and skipped as its images are
            return
        for frame in frames:
            frame.pts = (frame.pts or 0) - round(self._start / (frame.time_base or 1))
            self._target.mux(self._output.encode(frame))


def _few_play(track: AudioStream, target: OutputContainer) -> bool:
    """Tells of uncompressed sound in MP4, which is allowed and which hardly anything plays."""
    return track.codec_context.name.startswith("pcm_") and target.format.name != "matroska"


def _aac(track: AudioStream, target: OutputContainer) -> AudioStream:
    rate = track.rate if track.rate in _AAC_RATES else 48_000
    return target.add_stream("aac", rate, layout="mono" if track.channels == 1 else "stereo")


FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
"""What can be written, by suffix."""

_TIME_BASE = Fraction(1, 60_000)  # holds all usual rates; MPEG-4 part 2 takes none that is finer
_BT709 = 1  # FFmpeg's number for the primaries, the transfer and the matrix alike
_RATE = 30  # only a hint to the encoder: frames have times of their own
_ENCODERS = {
    "libx264": {"preset": "veryfast", "crf": "20", "threads": "2"},
    "mpeg4": {"qscale": "4"},
}


class VideoWriter:
    """Writes a video: H.264, or MPEG-4 part 2 where there is no encoder for it. A context manager.

    The file appears under its name once all is well, at the end of the `with` block; if that is
    left by an error, or the process is killed, there is none. Without a frame there is none either.
    A caller who wants what was written before Ctrl-C catches it inside the block.

    Args:
        path: where to; `.mp4`, `.m4v`, `.mov` or `.mkv`. Nothing may be there yet.
        source: the video whose sound to keep: copied where the new video can hold it, else as AAC.
            Sound that goes on for more than a second after the last image is cut there, if the
            source has more images. A source without sound, or that is no video file, has none.

    Raises:
        MediaError: the path exists, is of another kind, or cannot be written.

    Example:
        >>> with VideoWriter("drawn.mp4", source="talk.mp4") as video:
        ...     for frame in open_stream("talk.mp4"):
        ...         video.write(frame.time, frame.pixels)
    """

    def __init__(
        self, path: str | os.PathLike[str], source: str | os.PathLike[str] | None = None
    ) -> None:
        self._path = _writable(Path(path))
        self._source = source
        self._stack = ExitStack()
        self._reformatter = VideoReformatter()
        self._container: OutputContainer | None = None
        self._last = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._container is None:
            return
        if error is not None:
            self._discard(self._container, error)
            return
        try:
            self._finish(self._container)
        except BaseException as failure:
            self._discard(self._container, failure)
            raise

    def write(self, time: float, pixels: Pixels) -> None:
        """Adds an image.

        Args:
            time: in seconds, later than the one before; kept to 1/60,000 s, or 1/1000 s in MKV.
            pixels: uint8 (H, W, 3), RGB, scaled to the size of the first. An odd width or height
                is made even by repeating the last column or row.

        Raises:
            MediaError: the video cannot be written.
        """
        with self._telling():
            container = self._container or self._open(pixels)
            image = self._encodable(pixels)
            self._last = max(round(time / _TIME_BASE), self._last + 1)
            image.pts, image.time_base = self._last, _TIME_BASE
            container.mux(self._video.encode(image))
            if self._sound:
                self._sound.copy(until=time)

    def _open(self, pixels: Pixels) -> OutputContainer:
        beside = self._stack.enter_context(replacing(self._path))
        kind = FORMATS[self._path.suffix.lower()]
        container = av.open(str(beside), "w", format=kind, container_options=_options(kind))
        self._container = container
        self._size = pixels.shape[:2]
        self._video = _video_track(container, *self._size)
        self._sound = None if self._source is None else Sound.of(self._source, container)
        if self._sound:
            self._stack.callback(self._sound.close)
        return container

    def _encodable(self, pixels: Pixels) -> VideoFrame:
        if pixels.shape[:2] == self._size:
            height, width = self._size
            pixels = np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        return self._reformatter.reformat(
            VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24"),
            self._video.width,
            self._video.height,
            "yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )

    def _finish(self, container: OutputContainer) -> None:
        with self._telling():
            container.mux(self._video.encode(None))
            if self._sound:
                self._sound.finish(float(self._last * _TIME_BASE))
            container.close()
            self._stack.close()

    def _discard(self, container: OutputContainer, error: BaseException) -> None:
        with suppress(av.FFmpegError):  # a full disk fails again
            container.close()
        self._stack.__exit__(type(error), error, error.__traceback__)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except (av.FFmpegError, OSError) as error:
            raise MediaError(
                f"cannot be written ({reason(error)})",
                subject=self._path,
                remedy="give another place",
            ) from None


def _writable(path: Path) -> Path:
    if path.suffix.lower() not in FORMATS:
        raise MediaError(
            "not a kind of video that is written", subject=path, remedy="use .mp4 or .mkv"
        )
    if os.path.lexists(path):
        raise MediaError("already exists", subject=path, remedy="remove it, or give another name")
    if not path.parent.is_dir():
        raise MediaError("its folder does not exist", subject=path, remedy="make it first")
    if not os.access(path.parent, os.W_OK):
        raise MediaError(
            "its folder may not be written to", subject=path, remedy="give another place"
        )
    return path


def _options(kind: str) -> dict[str, str]:
    """Puts an MP4's index first, so that it plays while it is loaded."""
    return {} if kind == "matroska" else {"movflags": "faststart"}


def _video_track(container: OutputContainer, height: int, width: int) -> VideoStream:
    name = next(name for name in _ENCODERS if name in av.codecs_available)
    track = container.add_stream(name, _RATE, _ENCODERS[name], time_base=_TIME_BASE)
    assert isinstance(track, VideoStream)  # noqa: S101
    track.width, track.height = width + width % 2, height + height % 2
    track.pix_fmt = "yuv420p"
    track.color_primaries = track.color_trc = track.colorspace = _BT709
    track.color_range = ColorRange.MPEG
    return track
