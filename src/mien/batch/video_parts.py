"""A long film is cut at key frames, so that one film uses all cores.

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
from mien.inference.media.video import Clock, Converter, VideoReader, open_film, video_stream

LEAD = 3
"""Seconds that a part is read from before it begins, at least, or from the film's start.

Longer than the two seconds for which the tracker waits for a person out of sight: who is nowhere in
the lead has lost their number in the whole film, too.
"""


def seek(container: InputContainer, track: VideoStream, stamp: int) -> tuple[int, int] | None:
    """Jumps to the key frame before a stamp; in a transport stream to the one after it.

    Returns:
        The key frame's stamp, in the track's ticks, and its place in the index, 0 where there is
        no index; None where there is no key frame, or it has no stamp.

    Raises:
        FFmpegError: there is no jumping in this film.
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
    that reaches `span.stop`, so each frame of the film is in one part. Numbers count from the first
    frame of the lead; times are those of the whole film. The lead begins at a full second, for
    there, as long as all are in sight, the tracker searches the whole film's frames, too.

    Args:
        source: the name that frames and errors carry.
        container: an opened film; the reader closes it.
        span: the part.

    Attributes:
        first: the number of the part's first frame, once that was read.

    Raises:
        MediaError: as for `VideoReader`. While iterating: the film ends before the part does, has
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
            clock, pictures = self._start()
            for number, picture in enumerate(pictures):
                stamp = self._stamp(picture)
                if self._span.stop is not None and stamp >= self._span.stop:
                    return
                if self.first is None and (self._span.start is None or stamp >= self._span.start):
                    self.first = number
                time = clock.read(stamp * self._tick)
                yield Frame(self.source, converter.pixels(picture), number, time)
            self._check_part(time)
        finally:
            self.close()

    def _start(self) -> tuple[Clock, Iterator[VideoFrame]]:
        """Goes to the lead, with a clock that counts from the film's first frame."""
        clock, pictures = Clock(self._gap), self._pictures()
        first = next(pictures, None)
        if first is None:
            raise MediaError(f"{self.source}: has no frame that can be decoded; give another film.")
        origin = self._stamp(first)
        lead = self._lead(origin)
        if lead <= origin:
            return clock, chain([first], pictures)
        clock.read(origin * self._tick)
        self._land(lead)
        return clock, dropwhile(lambda picture: self._stamp(picture) < lead, self._pictures())

    def _lead(self, origin: int) -> int:
        """Returns the stamp at which the lead begins, given the film's first."""
        if self._span.start is None:
            return origin
        second = floor((self._span.start - origin) * self._tick - LEAD)
        return origin + ceil(second / self._tick)

    def _land(self, lead: int) -> None:
        """Jumps to a key frame at or before a stamp.

        Where a jump lands after its aim, as in a transport stream, it aims farther before, and in
        the end before the film's start.
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

    def _stamp(self, picture: VideoFrame) -> int:
        if picture.pts is None:
            raise self._uncuttable("it has frames without stamps")
        return picture.pts

    def _uncuttable(self, problem: str) -> MediaError:
        return MediaError(
            f"{self.source}: cannot be cut, for {problem}; "
            "let it stay whole, with a larger --longest-film."
        )

    def _check_part(self, time: float) -> None:
        """Refuses a film that ends within this part and not where it should."""
        early = self._span.stop is not None or self._lacks_what_it_promises()
        if self._failure or self._cut or early or self.first is None:
            raise MediaError(
                f"{self.source}: the film ends early, at {time:.2f} s; copy or save it again."
            )
        if self._damaged:
            self.problems.append(f"{self.source}: skipped {self._damaged} damaged pieces.")


_SHORTEST = 2 * LEAD  # seconds of a part: a shorter one would mostly be lead


def find_cuts(path: str, longest: float) -> tuple[int, ...]:
    """Finds where to cut a film: at the key frames at equal shares of its length.

    Nothing is decoded, and of the file only what lies around the cuts is read.

    Args:
        path: of a film on this machine.
        longest: seconds, above 0; a longer film is cut into parts of about so many.

    Returns:
        The stamps of the key frames, in ticks of the film's track, ascending. None where the film
        is not that long or does not say how long it is, where there is no jumping in it, or where
        it has no key frames at these places.

    Raises:
        MediaError: the file is missing, or is not a film.
    """
    with open_film(path) as container:
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
