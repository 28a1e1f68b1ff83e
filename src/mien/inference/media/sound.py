"""The sound of a video, copied into the video that is written from it."""

import math
import os
from collections.abc import Iterator
from fractions import Fraction
from typing import Self

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from mien.errors import MediaError
from mien.inference.media.video import open_video, video_stream

_AAC_RATES = (8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000)
_TAIL = 1.0  # seconds before the source's end from which on the rest of its sound is kept


class Sound:
    """Copies a video's sound, packet by packet, as the images of the new video are written.

    Packets are copied unchanged where the new video supports their codec, else encoded as AAC, mono
    or stereo. Time 0 is the source's first image, as for the images.

    Args:
        source: the opened video; `close` closes it.
        track: its sound.
        start: the time of its first image, in seconds.
        end: the time of its last image, in seconds from the first.
        target: the new video; it has its video track and no header yet.
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
        self._pending = self._packets(track)
        self._next = next(self._pending, None)

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
        """Copies the sound up to a time, in seconds."""
        while self._next is not None and self._time(self._next) <= until:
            self._write(self._next)
            self._next = next(self._pending, None)

    def finish(self, last: float) -> None:
        """Copies the rest of the sound; only up to the last image if the source has more images."""
        self.copy(math.inf if last + _TAIL >= self._end else last)
        if not self._copied:
            self._target.mux(self._output.encode(None))

    def close(self) -> None:
        """Closes the source."""
        self._source.close()

    def _packets(self, track: AudioStream) -> "Iterator[Packet[AudioStream]]":
        """Yields the packets after the first image, up to a damaged one."""
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
        except av.FFmpegError:  # a damaged packet is skipped
            return
        for frame in frames:
            frame.pts = (frame.pts or 0) - round(self._start / (frame.time_base or 1))
            self._target.mux(self._output.encode(frame))


def _few_play(track: AudioStream, target: OutputContainer) -> bool:
    """Tells whether this is uncompressed sound in MP4: allowed, but few players support it."""
    return track.codec_context.name.startswith("pcm_") and target.format.name != "matroska"


def _aac(track: AudioStream, target: OutputContainer) -> AudioStream:
    rate = track.rate if track.rate in _AAC_RATES else 48_000
    return target.add_stream("aac", rate, layout="mono" if track.channels == 1 else "stereo")
