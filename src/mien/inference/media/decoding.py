"""Decoded images become frames: upright RGB, at times that strictly increase."""

from fractions import Fraction
from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter
from numpy.typing import NDArray

from mien.inference.media.images import Pixels

_HD_HEIGHT = 576  # pixels; colours of taller images that state no standard are BT.709 by habit
# FFmpeg's AVCOL_SPC numbers of what its scaler converts: RGB, BT.709, FCC, BT.601 twice, SMPTE 240M
# and BT.2020.
_KNOWN_MATRICES = frozenset((0, 1, 4, 5, 6, 7, 9))

_DisplayMatrix = NDArray[np.int32] | None


class Converter:
    """Converts decoded images to upright RGB. Use one for each stream: it caches tables."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()
        self._format: tuple[int, ...] = ()
        self._display: _DisplayMatrix = None

    def pixels(self, image: VideoFrame) -> Pixels:
        """Returns uint8 (H, W, 3), by the matrix, range, depth and rotation that the image states.

        Where it states no matrix, or one that FFmpeg's scaler lacks, BT.709 is assumed for more
        than 576 lines, else BT.601. High dynamic range is not tone mapped.
        """
        matrix = _matrix(image)
        rgb = self._reformatter.reformat(
            image, format="rgb24", src_colorspace=matrix, dst_colorspace=matrix, threads=1
        )
        pixels = np.asarray(rgb.to_ndarray(), np.uint8)
        return np.ascontiguousarray(_upright(pixels, self._matrix_of(image)))

    def _matrix_of(self, image: VideoFrame) -> _DisplayMatrix:
        """Reads the display matrix, only where it may differ from the previous image's.

        Reading it creates a reference cycle in PyAV, which keeps the image until the next garbage
        collection: hundreds of megabytes if every image were read.
        """
        current = (image.rotation, image.width, image.height)
        if current != self._format:
            self._format, self._display = current, _display_matrix(image)
        return self._display


def _matrix(image: VideoFrame) -> Colorspace | None:
    """Returns the matrix to assume; None where the image states a known one."""
    if image.colorspace in _KNOWN_MATRICES:
        return None
    return Colorspace.ITU709 if image.height > _HD_HEIGHT else Colorspace.ITU601


def _display_matrix(image: VideoFrame) -> _DisplayMatrix:
    side_data: Any = image.side_data  # PyAV's type hints lack this key
    stated = side_data.get("DISPLAYMATRIX")
    return None if stated is None else np.frombuffer(bytes(stated), np.int32)


def _upright(pixels: Pixels, matrix: _DisplayMatrix) -> Pixels:
    """Rotates and mirrors by the display matrix; `VideoFrame.rotation` lacks the mirroring."""
    if matrix is None:
        return pixels
    across, down = (matrix[0], matrix[4])
    if abs(matrix[1]) > abs(matrix[0]):
        pixels = pixels.transpose(1, 0, 2)
        across, down = (matrix[3], matrix[1])
    return pixels[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]


USUAL_GAP = Fraction(1, 25)
"""Seconds between two frames, where a video states no rate."""

_STEP = Fraction(1, 1000)  # seconds added to a repeated time
_REORDERED = Fraction(1, 10)  # seconds; an earlier time starts another recording
_DRIFT = 15.0  # seconds between a stream's clock and the time of arrival before the clock is reset


class Clock:
    """Converts timestamps of a container to times that start at 0 and strictly increase.

    A missing stamp is one usual gap after the previous time. A repeated stamp, or one up to 0.1 s
    early, is 1 ms after the previous time. An earlier one starts another recording, as where two
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
        self._last = following if stamp is None else self._repaired(stamp, following)
        return float(self._last)

    def _repaired(self, stamp: Fraction, following: Fraction) -> Fraction:
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

    Times follow the stream's clock where there is one; it is reset to the time of arrival when the
    two differ by more than 15 s, and after an outage. Without a clock, the time of arrival counts.
    """

    def __init__(self) -> None:
        self._start: float | None = None
        self._last = -float(_STEP)
        self._shift: float | None = None

    def restart(self) -> None:
        """Resets the stream's clock: the source was lost and comes back with another clock."""
        self._shift = None

    def read(self, stamp: float | None, arrival: float) -> tuple[float, float]:
        """Returns a frame's time, and by how many seconds the frame arrived before it.

        Args:
            stamp: by the stream's clock, in seconds; None where there is no clock.
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
