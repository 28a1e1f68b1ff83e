"""Splits a long video at key frames, so that one video uses all cores.

Finds the split points, and reads a part. `mien.batch.stitching` joins the results of the parts.
"""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain, count, dropwhile, takewhile
from math import ceil, floor

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mien.batch.plan import VideoPart
from mien.clocks import clock_at
from mien.errors import MediaError
from mien.inference.media.decoding import Clock, Converter
from mien.inference.media.images import Frame
from mien.inference.media.video import VideoReader, open_video, video_stream

LEAD = 4
"""Seconds that a part is read from before it starts, at least, or from the video's start.

Longer than the two seconds for which the tracker waits for a person out of sight: who is nowhere in
the lead has lost their id in the whole video, too. And longer than labels and smoothing look back.
"""

_SHORTEST = 1.5 * LEAD  # seconds of a part: a shorter one would mostly be lead


def find_split_points(path: str, longest: float) -> tuple[int, ...]:
    """Finds where to split a video: at the key frames at equal shares of its length.

    Nothing is decoded, and only what lies around the split points is read.

    Args:
        path: of a video on this machine.
        longest: seconds, above 0; a longer video is split into parts of about this length.

    Returns:
        The timestamps of the key frames, in ticks of the video's track, ascending. None where the
        video is not that long or does not say how long it is, where it cannot seek, or where it
        has no key frames at these places.

    Raises:
        MediaError: the file is missing, or is not a video.
    """
    with open_video(path) as container:
        try:
            return tuple(_split_points(container, video_stream(path, container), longest))
        except av.FFmpegError:
            return ()


def _split_points(container: InputContainer, track: VideoStream, longest: float) -> Iterator[int]:
    length, tick, start = container.duration, track.time_base, track.start_time
    if length is None or tick is None or start is None:
        return
    seconds = length / av.time_base
    shares, last = ceil(seconds / longest), start
    for share in range(1, shares):
        key_frame = seek(container, track, start + round(seconds * share / shares / tick))
        if key_frame is None:  # then there is none farther on, for which all would be read again
            return
        if key_frame[0] >= last + _SHORTEST / tick:
            last, _ = key_frame
            yield last


def seek(container: InputContainer, track: VideoStream, stamp: int) -> tuple[int, int] | None:
    """Seeks to the key frame before a timestamp; in a transport stream to the one after it.

    Returns:
        The key frame's timestamp, in the track's ticks, and its place in the index, 0 where there
        is no index; None where there is no key frame, or it has no timestamp.

    Raises:
        FFmpegError: the video cannot seek.
    """
    container.seek(stamp, stream=track)
    first = next((packet for packet in container.demux(track) if packet.is_keyframe), None)
    container.seek(stamp, stream=track)
    if first is None or first.pts is None:
        return None
    order = first.pts if first.dts is None else first.dts
    return first.pts, max(track.index_entries.search_timestamp(order), 0)


class PartReader(VideoReader):
    """Iterates, once, over the frames of a part and of its lead, the seconds before it.

    The part starts with the first frame whose timestamp reaches `part.start` and ends before the
    first that reaches `part.stop`, so each frame of the video is in one part. Numbers count from
    the first frame of the lead; times are those of the whole video. The lead starts at a full
    second, because there, as long as all are in sight, the tracker searches the whole video, too.

    Args:
        source: the name that frames and errors carry.
        container: an opened video; the reader closes it.
        part: which part.

    Attributes:
        first: the number of the part's first frame, once that was read.

    Raises:
        MediaError: as for `VideoReader`. While iterating: the video ends before the part does, has
            frames without timestamps, or cannot seek.
    """

    def __init__(self, source: str, container: InputContainer, part: VideoPart) -> None:
        super().__init__(source, container)
        self.first: int | None = None
        self._part = part
        self._damaged_lead = 0
        self._tick = self._stream.time_base or Fraction(1, av.time_base)

    @property
    def damaged(self) -> int:
        """How many damaged pieces of the part itself were skipped so far."""
        return self._damaged - self._damaged_lead

    def __iter__(self) -> Iterator[Frame]:
        converter, time, (start, stop) = Converter(), 0.0, (self._part.start, self._part.stop)
        try:
            clock, images = self._start()
            for number, image in enumerate(images):
                stamp = self._stamp(image)
                if stop is not None and stamp >= stop:
                    return
                if self.first is None and (start is None or stamp >= start):
                    self.first, self._damaged_lead = number, self._damaged
                time = clock.read(stamp * self._tick)
                pixels, taken = converter.pixels(image), clock_at(self.started, time)
                yield Frame(self.source, pixels, number, time, clock=taken)
            self._check_part(time)
        finally:
            self.close()

    def _start(self) -> tuple[Clock, Iterator[VideoFrame]]:
        """Seeks to the lead, with a clock that counts from the video's first frame."""
        clock, images = Clock(self._gap), self._images()
        first = next(images, None)
        if first is None:
            raise MediaError(
                "has no frame that can be decoded", subject=self.source, remedy="give another video"
            )
        origin = self._stamp(first)
        lead = self._lead(origin)
        if lead <= origin:
            return clock, chain([first], images)
        clock.read(origin * self._tick)
        self._seek_before(lead)
        return clock, dropwhile(lambda image: self._stamp(image) < lead, self._images())

    def _lead(self, origin: int) -> int:
        """Returns the timestamp at which the lead starts.

        Args:
            origin: the timestamp of the video's first frame.
        """
        if self._part.start is None:
            return origin
        second = floor((self._part.start - origin) * self._tick - LEAD)
        return origin + ceil(second / self._tick)

    def _seek_before(self, stamp: int) -> None:
        """Seeks to a key frame at or before a timestamp.

        Where a seek ends after its target, as in a transport stream, the next target is earlier,
        and in the end before the video's start.
        """
        step = ceil(LEAD / self._tick)
        earliest = (self._stream.start_time or 0) - step
        earlier = (stamp - step * (2**tries - 1) for tries in count())
        for target in (*takewhile(lambda target: target > earliest, earlier), earliest):
            with suppress(av.FFmpegError):
                key_frame = seek(self._container, self._stream, target)
                if key_frame and key_frame[0] <= stamp:
                    self._packets = key_frame[1]
                    return
        raise self._unsplittable("there is no key frame to start at")

    def _stamp(self, image: VideoFrame) -> int:
        if image.pts is None:
            raise self._unsplittable("it has frames without timestamps")
        return image.pts

    def _unsplittable(self, problem: str) -> MediaError:
        return MediaError(
            f"cannot be split, because {problem}",
            subject=self.source,
            remedy="let it stay whole, with a larger --longest-video",
        )

    def _check_part(self, time: float) -> None:
        """Refuses a video that ends within this part and not where it should."""
        early = self._part.stop is not None or self._is_incomplete()
        if self._failure or self._cut or early or self.first is None:
            raise MediaError(
                f"the video ends early, at {time:.2f} s",
                subject=self.source,
                remedy="copy or save it again",
            )
