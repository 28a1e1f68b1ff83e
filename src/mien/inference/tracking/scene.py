"""Detects cuts: where one scene of a video ends and another starts."""

import numpy as np
from numpy.typing import NDArray

_SAMPLES = 64  # side of the grid of pixels sampled from a frame
_CELL = 4  # samples a side that are averaged to one point of the thumbnail
_SHADES = 4  # of each of red, green and blue, in the histogram
_SAME_STRUCTURE = 0.7  # correlation of two thumbnails at or above which the scene continues
_SAME_COLORS = 0.75  # overlap of two histograms at or above which the scene continues

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]


class CutDetector:
    """Detects cuts between neighboring frames.

    At a cut both the structure of the image and its colors change. A moving camera or a person
    who walks by changes only the structure, and a flash or a shadow only the colors. The cost does
    not depend on the frame's size.
    """

    def __init__(self) -> None:
        self._size: tuple[int, ...] = ()
        self._thumbnail: Floats = np.zeros(0)
        self._histogram: Floats = np.zeros(0)

    def is_cut(self, frame: Pixels) -> bool:
        """Compares the next frame with the previous one.

        Args:
            frame: uint8 (H, W, 3), RGB.

        Returns:
            Whether a new scene starts with it. The first frame, and one of another size, start one.
        """
        size, samples = frame.shape, _sample(frame)
        thumbnail, histogram = _thumbnail(samples), _histogram(samples)
        cut = size != self._size or (
            _correlation(thumbnail, self._thumbnail) < _SAME_STRUCTURE
            and float(np.minimum(histogram, self._histogram).sum()) < _SAME_COLORS
        )
        self._size, self._thumbnail, self._histogram = size, thumbnail, histogram
        return cut


def _sample(frame: Pixels) -> Pixels:
    """Samples an even grid of pixels, (64, 64, 3)."""
    rows, columns = (
        np.linspace(0, length - 1, _SAMPLES).astype(np.intp) for length in frame.shape[:2]
    )
    samples: Pixels = frame[rows[:, None], columns]
    return samples


def _thumbnail(samples: Pixels) -> Floats:
    """Averages the grid to 16 x 16 points of gray."""
    side = _SAMPLES // _CELL
    thumbnail: Floats = samples.reshape(side, _CELL, side, _CELL, 3).mean(axis=(1, 3, 4))
    return thumbnail


def _histogram(samples: Pixels) -> Floats:
    """Returns the share of samples in each of 64 colors."""
    shades = (samples // (256 // _SHADES)).reshape(-1, 3).astype(np.intp)
    colors = shades @ np.array([_SHADES**2, _SHADES, 1])
    counts: Floats = np.bincount(colors, minlength=_SHADES**3) / len(colors)
    return counts


def _correlation(first: Floats, second: Floats) -> float:
    """Returns Pearson's correlation; 1 where an image is uniform and has no structure."""
    a, b = first - first.mean(), second - second.mean()
    spread = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / spread if spread > 1e-6 else 1.0
