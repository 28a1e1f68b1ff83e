"""Videos in: a video file becomes upright RGB frames, at the times that the file states."""

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from mien.errors import MediaError
from mien.inference.media.images import Frame, Pixels

_HD_HEIGHT = 576  # pixels; colours of taller images that state no standard are BT.709 by habit
# FFmpeg's AVCOL_SPC numbers of what its scaler converts: RGB, BT.709, FCC, BT.601 twice, SMPTE 240M
# and BT.2020.
_KNOWN_MATRICES = frozenset((0, 1, 4, 5, 6, 7, 9))

_Turn = NDArray[np.int32] | None


class Converter:
    """Turns decoded images into upright RGB. One for each stream, for it keeps its tables."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()
        self._seen: tuple[int, ...] = ()
        self._turn: _Turn = None

    def pixels(self, image: VideoFrame) -> Pixels:
        """Returns uint8 (H, W, 3), by the matrix, range, depth and turn that the image states.

        Where it states no matrix, or one that FFmpeg's scaler lacks, BT.709 is assumed for more
        than 576 lines, else BT.601. High dynamic range is not tone mapped.
        """
        matrix = _matrix(image)
        rgb = self._reformatter.reformat(
            image, format="rgb24", src_colorspace=matrix, dst_colorspace=matrix, threads=1
        )
        pixels = np.asarray(rgb.to_ndarray(), np.uint8)
        return np.ascontiguousarray(_upright(pixels, self._matrix_of(image)))

    def _matrix_of(self, image: VideoFrame) -> _Turn:
        """Reads the display matrix, where it may be another than the last image's.

        Reading it makes PyAV tie the image into a cycle, so that its memory stays until Python
        collects garbage: hundreds of megabytes, were it done for each image.
        """
        seen = (image.rotation, image.width, image.height)
        if seen != self._seen:
            self._seen, self._turn = seen, _display_matrix(image)
        return self._turn


def _matrix(image: VideoFrame) -> Colorspace | None:
    """Returns the matrix to assume; None where the image's own can be used."""
    if image.colorspace in _KNOWN_MATRICES:
        return None
    return Colorspace.ITU709 if image.height > _HD_HEIGHT else Colorspace.ITU601


def _display_matrix(image: VideoFrame) -> _Turn:
    side_data: Any = image.side_data  # PyAV's own hints do not know this part of it
    stated = side_data.get("DISPLAYMATRIX")
    return None if stated is None else np.frombuffer(bytes(stated), np.int32)


def _upright(pixels: Pixels, matrix: _Turn) -> Pixels:
    """Turns and mirrors by the display matrix; `VideoFrame.rotation` would miss the mirroring."""
    if matrix is None:
        return pixels
    across, down = (matrix[0], matrix[4])
    if abs(matrix[1]) > abs(matrix[0]):
        pixels = pixels.transpose(1, 0, 2)
        across, down = (matrix[3], matrix[1])
    return pixels[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]


USUAL_GAP = Fraction(1, 25)
"""Seconds between two frames, where a video states no rate."""

_STEP = Fraction(1, 1000)  # seconds by which a repeated time is moved on
_REORDERED = Fraction(1, 10)  # seconds; a time further back than that begins another recording
_DRIFT = 15.0  # seconds that a stream's clock and ours may lie apart before its clock is set anew


class Clock:
    """Turns the stamps of a container into times that start at 0 and strictly increase.

    A missing stamp is one usual gap after the previous time. A repeated stamp, or one up to 0.1 s
    early, is 1 ms after the previous time. An earlier one begins another recording, as where two
    were joined: it is one usual gap after the previous time, and those that follow keep its shift.
    Otherwise a time is the stamp less the first stamp, exactly.

    Args:
        gap: the usual gap between two frames, in seconds.
    """

    def __init__(self, gap: Fraction = USUAL_GAP) -> None:
        self._gap = gap
        self._last: Fraction | None = None
        self._shift: Fraction | None = None

    def read(self, stamp: Fraction | None) -> float:
        """Returns the time of the next frame, in seconds, given its stamp in seconds."""
        following = Fraction(0) if self._last is None else self._last + self._gap
        self._last = following if stamp is None else self._mended(stamp, following)
        return float(self._last)

    def _mended(self, stamp: Fraction, following: Fraction) -> Fraction:
        if self._shift is None:
            self._shift = following - stamp
        time = stamp + self._shift
        if self._last is None or time > self._last:
            return time
        if time >= self._last - _REORDERED:
            return self._last + _STEP
        self._shift = following - stamp
        return following


class LiveClock:
    """Times frames in seconds since the first, strictly increasing.

    The stream's own clock is followed where it has one; it is set anew by the time of arrival when
    the two lie more than 15 s apart, and after an outage. Where there is none, arrival counts.
    """

    def __init__(self) -> None:
        self._start: float | None = None
        self._last = -float(_STEP)
        self._shift: float | None = None

    def restart(self) -> None:
        """Forgets the stream's clock: the source was lost, and comes back with another."""
        self._shift = None

    def read(self, stamp: float | None, arrival: float) -> tuple[float, float]:
        """Returns a frame's time, and by how many seconds the frame arrived before it.

        Args:
            stamp: by the stream's clock, in seconds; None where it has none.
            arrival: by this machine's monotonic clock, in seconds.
        """
        if self._start is None:
            self._start = arrival
        arrived = arrival - self._start
        if stamp is None:
            now = arrived
        else:
            if self._shift is None or abs(stamp + self._shift - arrived) > _DRIFT:
                self._shift = arrived - stamp
            now = stamp + self._shift
        self._last = max(now, self._last + float(_STEP))
        return self._last, self._last - arrived


_THREADS = 2
# FFmpeg reads text files as teletype art and photos as videos of one frame.
_NOT_VIDEOS = frozenset(("adf", "bin", "idf", "image2", "tty", "xbin"))
_STATE_DURATION = ("matroska", "flv", "avi", "asf")  # formats whose header says how long they are
_TAIL = 0.5  # seconds that may be missing at the end of such a video before it counts as cut short


def reason(error: Exception) -> str:
    """Returns what FFmpeg said, without its numbers and the file's name."""
    if isinstance(error, av.ExitError):
        return "nothing came in time"
    return str(getattr(error, "strerror", None) or error)


def video_stream(name: str, container: InputContainer) -> VideoStream:
    """Chooses the track to watch: FFmpeg's choice, but never the cover image of a song.

    Raises:
        MediaError: there is no such track, or nothing here can decode it.
    """
    if container.format.name in _NOT_VIDEOS or container.format.name.endswith("_pipe"):
        raise MediaError(
            "not a video", subject=name, remedy="give a video file, such as MP4 or MKV"
        )
    tracks = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not tracks:
        raise MediaError(
            "has no video track", subject=name, remedy="give a video that shows something"
        )
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


def open_video(path: str | os.PathLike[str]) -> InputContainer:
    """Opens a video file; the network, which a playlist might name, is out of its reach.

    Raises:
        MediaError: the file is missing, empty, may not be read, or is not a video.
    """
    name = os.fspath(path)
    try:
        _check_file(Path(name))
        return av.open(
            f"file:{name}",
            metadata_errors="replace",
            container_options={"protocol_whitelist": "file"},
        )
    except MediaError as error:
        raise MediaError(f"{error}", subject=name) from None
    except FileNotFoundError:
        raise MediaError("no such file", subject=name, remedy="check the path") from None
    except PermissionError:
        raise MediaError("may not be read", subject=name, remedy="check its permissions") from None
    except (av.FFmpegError, OSError, ValueError) as error:
        raise MediaError(
            f"not a video, or its head or end is missing ({reason(error)})",
            subject=name,
            remedy="give a whole video file, such as MP4 or MKV",
        ) from None


def _check_file(path: Path) -> None:
    if path.stat() and not path.is_file():  # a pipe that nobody writes to would block for ever
        raise MediaError("not a file", remedy="give a video file, such as MP4 or MKV")
    with path.open("rb") as file:
        if not file.read(1):
            raise MediaError("the file is empty", remedy="copy or save it again")


class VideoReader:
    """Iterates, once, over the frames of a video, from the first to the last; drops none.

    Times come from the container (`Clock` says how odd ones are mended): the first frame is at 0,
    and a variable frame rate is kept. Each frame has its own size, should that change midway.
    Damaged pieces are skipped, and told of in `problems`.

    Args:
        source: the name that frames and errors carry.
        container: an opened video; the reader closes it.

    Attributes:
        duration: seconds, as the video states them; None where it does not.
        rate: the nominal frame rate; None where there is none.
        frame_count: how many frames there are, perhaps estimated; None where that is unknown.
        problems: sentences on what was skipped.

    Raises:
        MediaError: there is no video track, or no codec for it. While iterating: the video has no
            frame, or ends early, which is told after its last good frame.
    """

    def __init__(self, source: str, container: InputContainer) -> None:
        self.source = source
        self._container = container
        try:
            self._stream = video_stream(source, container)
        except MediaError:
            container.close()
            raise
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
        try:
            for image in self._images():
                base = image.time_base
                stamp = None if image.pts is None or base is None else image.pts * base
                time = clock.read(stamp)
                yield Frame(self.source, converter.pixels(image), number, time)
                number += 1
            self._check_end(number, time)
        finally:
            self.close()

    @property
    def damaged(self) -> int:
        """How many damaged pieces were skipped so far."""
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
        """Yields the packets of the images, but not one that the end of the file has cut.

        FFmpeg calls that one corrupt, and also the last before a join, of which nothing is missing.
        """
        held = None
        for packet in self._image_packets():
            if held and packet.size:
                yield held
            elif held:
                self._cut = True
            held = packet if packet.is_corrupt else None
            if not held:
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
        if self._failure or self._cut or self._lacks_what_it_promises():
            stated = f" of {self.duration:.2f} s" if self.duration else ""
            said = f" ({self._failure})" if self._failure else ""
            raise MediaError(
                f"the video ends early{said}, after {frames} frames, at {time:.2f} s{stated}",
                subject=self.source,
                remedy="copy or save it again",
            )
        if not frames:
            raise MediaError(
                "has no frame that can be decoded", subject=self.source, remedy="give another video"
            )
        if self._damaged:
            self.problems.append(f"{self.source}: skipped {self._damaged} damaged pieces.")

    def _lacks_what_it_promises(self) -> bool:
        """Tells whether the index has more packets, or the header more seconds, than came."""
        kind = self._container.format.name
        if kind.startswith("mov"):
            return self._packets < len(self._stream.index_entries)
        if not kind.startswith(_STATE_DURATION) or self._container.duration is None:
            return False
        start = self._container.start_time or 0
        promised = Fraction(start + self._container.duration, av.time_base)
        return promised - self._end > _TAIL

    def _stated_duration(self) -> float | None:
        if self._stream.duration and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        length = self._container.duration
        return length / av.time_base if length else None
