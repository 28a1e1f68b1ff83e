"""Frames of a saved video from a given time on, without reading all that is before it."""

from collections.abc import Generator, Iterator
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from mien.inference.media.decoding import Converter
from mien.inference.media.images import Pixels
from mien.inference.media.video import VideoReader, open_video, video_stream

_LEAD = 1.0  # seconds before the wanted time from which to read


def read_near(path: Path, start: float) -> Generator[tuple[float, Pixels], None, None]:
    """Yields the frames of a video from one that is at `start` or before it.

    Their times are those that records of the video have. It is the first frame of all where the
    video's stamps cannot be sought.

    Args:
        path: the video.
        start: in seconds.
    """
    first = _first_stamp(path, path.stat().st_mtime_ns)
    yield from _read_all(path) if first is None else _read_from(path, first, start)


@lru_cache(maxsize=64)
def _first_stamp(path: Path, changed: int) -> Fraction | None:  # noqa: ARG001 - of the cache's key
    """Returns the stamp of the first image, or None where times are not those since the first.

    The latter are the times of a video whose stamps are missing or jump back, as where two videos
    were joined. Such a one has to be read from its start. Packets are not decoded for it.
    """
    with open_video(path) as container:
        stream = video_stream(str(path), container)
        last: int | None = None
        for packet in container.demux(stream):
            if not packet.size:
                continue
            if packet.pts is None or packet.dts is None or (last is not None and packet.dts < last):
                return None
            last = packet.dts
    with open_video(path) as container:
        image = next(container.decode(video_stream(str(path), container)), None)
        if image is None or image.pts is None or image.time_base is None:
            return None
        return image.pts * image.time_base


def _read_all(path: Path) -> Iterator[tuple[float, Pixels]]:
    for frame in VideoReader(str(path), open_video(path)):
        yield frame.time, frame.pixels


def _read_from(path: Path, first: Fraction, start: float) -> Iterator[tuple[float, Pixels]]:
    """Reads from a key frame before `start`."""
    lead = _LEAD
    while lead < start:
        frames = _read_after_seek(path, first, start - lead)
        found = next(frames, None)
        if found and found[0] <= start - lead / 2:
            yield found
            yield from frames
            return
        lead *= 4
    yield from _read_all(path)


def _read_after_seek(path: Path, first: Fraction, to: float) -> Iterator[tuple[float, Pixels]]:
    """Yields the frames from about `to`: in a transport stream, FFmpeg seeks to a later key frame.

    With frames out of order, some after the key frame may be missing, but none after the first
    frame that is yielded.
    """
    converter = Converter()
    with open_video(path) as container:
        stream = video_stream(str(path), container)
        if not stream.time_base:
            return
        container.seek(int((first + Fraction(to)) / stream.time_base), stream=stream)
        for image in container.decode(stream):
            if image.pts is not None and image.time_base is not None:
                yield float(image.pts * image.time_base - first), converter.pixels(image)
