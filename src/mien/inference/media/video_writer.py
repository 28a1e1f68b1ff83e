"""Videos out: images with their times, and the sound of their source, become a video."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from av.video.stream import VideoStream

from mien.errors import MediaError
from mien.files import replacing
from mien.inference.media.images import Pixels
from mien.inference.media.sound import Sound
from mien.inference.media.video import reason

FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
"""Formats that can be written, by suffix."""

_TIME_BASE = Fraction(1, 60_000)  # holds all usual rates; MPEG-4 part 2 takes none that is finer
_BT709 = 1  # FFmpeg's number for the primaries, the transfer and the matrix alike
_RATE = 30  # only a hint to the encoder: frames have times of their own
_ENCODERS = {
    "libx264": {"preset": "veryfast", "crf": "20", "threads": "2"},
    "mpeg4": {"qscale": "4"},
}


class VideoWriter:
    """Writes a video: H.264, or MPEG-4 part 2 where there is no encoder for it. A context manager.

    The file appears at the end of the `with` block. If the block ends with an error, if the process
    is killed, or if no frame was written, there is no file. To keep what was written before Ctrl-C,
    catch KeyboardInterrupt inside the block.

    Args:
        path: of the new file, which must not exist; `.mp4`, `.m4v`, `.mov` or `.mkv`.
        source: the video whose sound to keep: copied where the new video can hold it, else as AAC.
            Sound that goes on for more than a second after the last image is cut there, if the
            source has more images. A source without sound, or that is no video file, has none.

    Raises:
        MediaError: the path exists, has another suffix, or cannot be written.

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
        with self._translate_errors():
            container = self._container or self._open(pixels)
            image = self._encodable(pixels)
            self._last = max(round(time / _TIME_BASE), self._last + 1)
            image.pts, image.time_base = self._last, _TIME_BASE
            container.mux(self._video.encode(image))
            if self._sound:
                self._sound.copy(until=time)

    def _open(self, pixels: Pixels) -> OutputContainer:
        temporary = self._stack.enter_context(replacing(self._path))
        kind = FORMATS[self._path.suffix.lower()]
        container = av.open(str(temporary), "w", format=kind, container_options=_options(kind))
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
        with self._translate_errors():
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
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except (av.FFmpegError, OSError) as error:
            raise MediaError(
                f"cannot be written ({reason(error)})",
                subject=self._path,
                remedy="choose another path",
            ) from None


def _writable(path: Path) -> Path:
    if path.suffix.lower() not in FORMATS:
        raise MediaError(
            "not a video format that can be written", subject=path, remedy="use .mp4 or .mkv"
        )
    if os.path.lexists(path):
        raise MediaError("already exists", subject=path, remedy="remove it or choose another name")
    if not path.parent.is_dir():
        raise MediaError("its folder does not exist", subject=path, remedy="create it first")
    if not os.access(path.parent, os.W_OK):
        raise MediaError(
            "its folder may not be written to", subject=path, remedy="choose another path"
        )
    return path


def _options(kind: str) -> dict[str, str]:
    """Puts an MP4's index first, so that it plays while it loads."""
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
