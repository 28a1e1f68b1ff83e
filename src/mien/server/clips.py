"""Clips of a study's stretches: the face of one person for a few seconds, as a silent video.

The window stays still for the whole stretch: one that followed the face would add movements that
are not the face's. There is no sound, for a coder is to judge what is visible.
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.errors import MediaError, MienError
from mien.inference.media.images import Pixels
from mien.inference.media.video import reason
from mien.inference.media.video_writer import VideoWriter
from mien.server.decoders import read_video
from mien.server.errors import NotFoundError
from mien.server.video_seeking import read_near
from mien.study.design.folder import Stretch, StudyFolder
from mien.study.recording import Recording, load_recordings

_MARGIN = 0.25  # of the face's size, on each side
_LARGEST = 480  # pixels of a side
_OUTSIDE = 127  # the gray of what lies outside the image
_ROUNDING = 1e-3  # seconds

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
        window = _window(_boxes(study, stretch))
        clip: bytes | None = read_video(_write_clip, video, stretch.start, stretch.end, window)
        if clip is not None:
            return clip
    except (MienError, av.FFmpegError, OSError) as error:
        raise NotFoundError(
            f"the clip of stretch {stretch.id} cannot be made: {_describe(error, stretch)}",
            remedy="put the video and the records where they were when the study was planned",
        ) from None
    raise NotFoundError(
        f"the clip of stretch {stretch.id} cannot be made: the video ends before it",
        remedy="put back the video that the study was planned of",
    )


def _write_clip(
    video: Path, start: float, end: float, window: tuple[int, int, int]
) -> bytes | None:
    """Cuts a clip, in a worker process; None where the video has no frame between the times."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        with VideoWriter(path) as writer:
            for time, pixels in _read_frames(video, start, end):
                writer.write(time - start, _cut(pixels, *window))
        return path.read_bytes() if path.is_file() else None


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
