"""Decoded pictures become upright RGB, by the colours and the turn that they state."""

from typing import Any

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter
from numpy.typing import NDArray

from mien.inference.media.pictures import Pixels

_HD_HEIGHT = 576  # pixels; colours of taller pictures that state no standard are BT.709 by habit
# FFmpeg's AVCOL_SPC numbers of what its scaler converts: RGB, BT.709, FCC, BT.601 twice, SMPTE 240M
# and BT.2020.
_KNOWN_MATRICES = frozenset((0, 1, 4, 5, 6, 7, 9))

_Turn = NDArray[np.int32] | None


class Converter:
    """Turns decoded pictures into upright RGB. One for each stream, for it keeps its tables."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()
        self._seen: tuple[int, ...] = ()
        self._turn: _Turn = None

    def pixels(self, picture: VideoFrame) -> Pixels:
        """Returns uint8 (H, W, 3), by the matrix, range, depth and turn that the picture states.

        Where it states no matrix, or one that FFmpeg's scaler lacks, BT.709 is assumed for more
        than 576 lines, else BT.601. High dynamic range is not tone mapped.
        """
        matrix = _matrix(picture)
        rgb = self._reformatter.reformat(
            picture, format="rgb24", src_colorspace=matrix, dst_colorspace=matrix, threads=1
        )
        pixels = np.asarray(rgb.to_ndarray(), np.uint8)
        return np.ascontiguousarray(_upright(pixels, self._matrix_of(picture)))

    def _matrix_of(self, picture: VideoFrame) -> _Turn:
        """Reads the display matrix, where it may be another than the last picture's.

        Reading it makes PyAV tie the picture into a cycle, so that its memory stays until Python
        collects garbage: hundreds of megabytes, were it done for each picture.
        """
        seen = (picture.rotation, picture.width, picture.height)
        if seen != self._seen:
            self._seen, self._turn = seen, _display_matrix(picture)
        return self._turn


def _matrix(picture: VideoFrame) -> Colorspace | None:
    """Returns the matrix to assume; None where the picture's own can be used."""
    if picture.colorspace in _KNOWN_MATRICES:
        return None
    return Colorspace.ITU709 if picture.height > _HD_HEIGHT else Colorspace.ITU601


def _display_matrix(picture: VideoFrame) -> _Turn:
    side_data: Any = picture.side_data  # PyAV's own hints do not know this part of it
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
