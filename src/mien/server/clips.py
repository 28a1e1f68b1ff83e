"""Clips of a study's stretches: the face of one person for a few seconds, as a silent video.

The window stays still for the whole stretch: one that followed the face would add movements that
are not the face's. There is no sound, for a coder is to judge what is visible.
"""

from collections.abc import Generator, Iterator
from contextlib import suppress
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.errors import MediaError, MienError
from mien.inference.media.decoding import Converter
from mien.inference.media.images import Pixels
from mien.inference.media.video import VideoReader, open_video, reason, video_stream
from mien.inference.media.video_writer import VideoWriter
from mien.server.errors import NotFoundError
from mien.study.design.folder import Stretch, StudyFolder
from mien.study.recording import Recording, load_recordings

_MARGIN = 0.25  # of the face's size, on each side
_LARGEST = 480  # pixels of a side
_OUTSIDE = 127  # the gray of what lies outside the image
_ROUNDING = 1e-3  # seconds
_LEAD = 1.0  # seconds before a stretch from which to read it

Boxes = NDArray[np.float64]


def make_clip(study: StudyFolder, stretch: Stretch) -> bytes:
    """Makes the clip of a stretch.

    Args:
        study: it names the records, and they the video.
        stretch: of the study.

    Returns:
        A square MP4 without sound, with the video's own times.

    Raises:
        NotFoundError: the video or the records are missing or damaged, or show no such stretch.
    """
    try:
        video = _find_video(study, stretch)
        left, top, side = _window(_boxes(study, stretch))
        with TemporaryDirectory() as folder:
            path = Path(folder) / "clip.mp4"
            with VideoWriter(path) as writer:
                for time, pixels in _read_frames(video, stretch.start, stretch.end):
                    writer.write(time - stretch.start, _cut(pixels, left, top, side))
            if path.is_file():
                return path.read_bytes()
    except (MienError, av.FFmpegError, OSError) as error:
        raise NotFoundError(
            f"the clip of stretch {stretch.id} cannot be made: {_describe(error, stretch)}",
            remedy="put the video and the records where they were when the study was planned",
        ) from None
    raise NotFoundError(
        f"the clip of stretch {stretch.id} cannot be made: the video ends before it",
        remedy="put back the video that the study was planned of",
    )


def _describe(error: Exception, stretch: Stretch) -> str:
    """Names the file and what is wrong with it, without a path of this machine."""
    if not isinstance(error, MienError):
        return f"{Path(stretch.source).name}: {reason(error)}"
    return f"{Path(error.subject or stretch.source).name}: {error.reason}"


def _find_video(study: StudyFolder, stretch: Stretch) -> Path:
    """Returns the video where the records say that it is, or beside the records."""
    source = Path(stretch.source)
    beside = _records_path(study, stretch).parent
    for path in (source, beside / source, beside / source.name):
        with suppress(OSError, ValueError):
            if path.is_file():
                return path
    raise MediaError("no such video", subject=source)


def _records_path(study: StudyFolder, stretch: Stretch) -> Path:
    for recording in study.recordings:
        if (recording.get("name"), recording.get("source")) == (stretch.recording, stretch.source):
            return study.path / str(recording["records"])
    raise MediaError(f"the study names no records of '{stretch.recording}'")


def _boxes(study: StudyFolder, stretch: Stretch) -> Boxes:
    """Returns the person's boxes during the stretch, float64 (N, 4): x, y, width, height."""
    for recording in _load(_records_path(study, stretch)):
        for track in recording.tracks:
            if (recording.name, track.person) == (stretch.recording, stretch.track):
                within = (track.rows.time >= stretch.start) & (track.rows.time < stretch.end)
                return track.rows.boxes[within].astype(np.float64)
    raise MediaError("the records have no such person")


@lru_cache(maxsize=4)
def _load(path: Path) -> list[Recording]:
    return load_recordings([path])


def _window(boxes: Boxes) -> tuple[int, int, int]:
    """Returns the left, the top and the side of a square that holds all boxes and a margin."""
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes):
        raise MediaError("the records have no face in it")
    low = boxes[:, :2].min(axis=0)
    high = (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    side = max(2, round(float((high - low).max()) * (1 + 2 * _MARGIN)))
    left, top = np.rint((low + high - side) / 2).astype(int)
    return int(left), int(top), side


def _cut(pixels: Pixels, left: int, top: int, side: int) -> Pixels:
    """Cuts a square that may lie partly outside, and shrinks a large one."""
    height, width = pixels.shape[:2]
    square = np.full((side, side, 3), _OUTSIDE, np.uint8)
    rows = slice(max(top, 0), min(top + side, height))
    columns = slice(max(left, 0), min(left + side, width))
    if rows.start < rows.stop and columns.start < columns.stop:
        square[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = (
            pixels[rows, columns]
        )
    if side <= _LARGEST:
        return square
    return np.asarray(Image.fromarray(square).resize((_LARGEST, _LARGEST), Image.Resampling.BOX))


def _read_frames(path: Path, start: float, end: float) -> Iterator[tuple[float, Pixels]]:
    """Yields the frames from `start` until `end`, with the times that records of the video have."""
    for time, pixels in read_near(path, start):
        if time >= end - _ROUNDING:
            return
        if time >= start - _ROUNDING:
            yield time, pixels


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
