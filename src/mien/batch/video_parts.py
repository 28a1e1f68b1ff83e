"""A long video is cut at key frames, so that one video uses all cores.

`mien.batch.video_parts` reads a part of it, `mien.batch.stitching` joins what came of the parts.
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

from mien.batch.plan import Span
from mien.errors import MediaError
from mien.inference.media.images import Frame
from mien.inference.media.video import Clock, Converter, VideoReader, open_video, video_stream

LEAD = 3
"""Seconds that a part is read from before it begins, at least, or from the video's start.

Longer than the two seconds for which the tracker waits for a person out of sight: who is nowhere in
the lead has lost their number in the whole video, too.
"""


def seek(container: InputContainer, track: VideoStream, stamp: int) -> tuple[int, int] | None:
    """Jumps to the key frame before a stamp; in a transport stream to the one after it.

    Returns:
        The key frame's stamp, in the track's ticks, and its place in the index, 0 where there is
        no index; None where there is no key frame, or it has no stamp.

    Raises:
        FFmpegError: there is no jumping in this video.
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

    The part begins with the first frame whose stamp reaches `span.start` and ends before the first
    that reaches `span.stop`, so each frame of the video is in one part. Numbers count from the
    first frame of the lead; times are those of the whole video. The lead begins at a full
    second, for there, as long as all are in sight, the tracker searches the whole video, too.

    Args:
        source: the name that frames and errors carry.
        container: an opened video; the reader closes it.
        span: the part.

    Attributes:
        first: the number of the part's first frame, once that was read.

    Raises:
        MediaError: as for `VideoReader`. While iterating: the video ends before the part does, has
            frames without stamps, or no place to jump to.
    """

    def __init__(self, source: str, container: InputContainer, span: Span) -> None:
        super().__init__(source, container)
        self.first: int | None = None
        self._span = span
        self._tick = self._stream.time_base or Fraction(1, av.time_base)

    def __iter__(self) -> Iterator[Frame]:
        converter, time = Converter(), 0.0
        try:
            clock, images = self._start()
            for number, image in enumerate(images):
                stamp = self._stamp(image)
                if self._span.stop is not None and stamp >= self._span.stop:
                    return
                if self.first is None and (self._span.start is None or stamp >= self._span.start):
                    self.first = number
                time = clock.read(stamp * self._tick)
                yield Frame(self.source, converter.pixels(image), number, time)
            self._check_part(time)
        finally:
            self.close()

    def _start(self) -> tuple[Clock, Iterator[VideoFrame]]:
        """Goes to the lead, with a clock that counts from the video's first frame."""
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
        self._land(lead)
        return clock, dropwhile(lambda image: self._stamp(image) < lead, self._images())

    def _lead(self, origin: int) -> int:
        """Returns the stamp at which the lead begins, given the video's first."""
        if self._span.start is None:
            return origin
        second = floor((self._span.start - origin) * self._tick - LEAD)
        return origin + ceil(second / self._tick)

    def _land(self, lead: int) -> None:
        """Jumps to a key frame at or before a stamp.

        Where a jump lands after its aim, as in a transport stream, it aims farther before, and in
        the end before the video's start.
        """
        step = ceil(LEAD / self._tick)
        aims = takewhile(
            lambda aim: aim > (self._stream.start_time or 0) - step,
            (lead - step * (2**tries - 1) for tries in count()),
        )
        for aim in (*aims, (self._stream.start_time or 0) - step):
            with suppress(av.FFmpegError):
                landing = seek(self._container, self._stream, aim)
                if landing and landing[0] <= lead:
                    self._packets = landing[1]
                    return
        raise self._uncuttable("there is no key frame to begin at")

    def _stamp(self, image: VideoFrame) -> int:
        if image.pts is None:
            raise self._uncuttable("it has frames without stamps")
        return image.pts

    def _uncuttable(self, problem: str) -> MediaError:
        return MediaError(
            f"cannot be cut, for {problem}",
            subject=self.source,
            remedy="let it stay whole, with a larger --longest-film",
        )

    def _check_part(self, time: float) -> None:
        """Refuses a video that ends within this part and not where it should."""
        early = self._span.stop is not None or self._lacks_what_it_promises()
        if self._failure or self._cut or early or self.first is None:
            raise MediaError(
                f"the video ends early, at {time:.2f} s",
                subject=self.source,
                remedy="copy or save it again",
            )
        if self._damaged:
            self.problems.append(f"{self.source}: skipped {self._damaged} damaged pieces.")


_SHORTEST = 2 * LEAD  # seconds of a part: a shorter one would mostly be lead


def find_cuts(path: str, longest: float) -> tuple[int, ...]:
    """Finds where to cut a video: at the key frames at equal shares of its length.

    Nothing is decoded, and of the file only what lies around the cuts is read.

    Args:
        path: of a video on this machine.
        longest: seconds, above 0; a longer video is cut into parts of about so many.

    Returns:
        The stamps of the key frames, in ticks of the video's track, ascending. None where the video
        is not that long or does not say how long it is, where there is no jumping in it, or where
        it has no key frames at these places.

    Raises:
        MediaError: the file is missing, or is not a video.
    """
    with open_video(path) as container:
        try:
            return tuple(_cuts(container, video_stream(path, container), longest))
        except av.FFmpegError:
            return ()


def _cuts(container: InputContainer, track: VideoStream, longest: float) -> Iterator[int]:
    length, tick, start = container.duration, track.time_base, track.start_time
    if length is None or tick is None or start is None:
        return
    seconds = length / av.time_base
    shares, last = ceil(seconds / longest), start
    for share in range(1, shares):
        landing = seek(container, track, start + round(seconds * share / shares / tick))
        if landing is None:  # then there is none farther on, for which all would be read again
            return
        if landing[0] >= last + _SHORTEST / tick:
            last, _ = landing
            yield last
