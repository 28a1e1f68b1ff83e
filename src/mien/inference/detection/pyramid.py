"""A frame at half, a quarter, an eighth of its size, so that shrinking any part of it is cheap."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.inference.detection.boxes import Boxes

Pixels = NDArray[np.uint8]

# Pillow's BOX counts whole pixels only, which jolts; HAMMING is as sharp and weighs them.
_FILTER = Image.Resampling.HAMMING


class Pyramid:
    """A frame and its halvings.

    Args:
        frame: uint8 (H, W, 3), RGB.
    """

    def __init__(self, frame: Pixels) -> None:
        self._levels = [Image.fromarray(frame)]
        while min(self._levels[-1].size) >= 2:
            self._levels.append(self._levels[-1].reduce(2))

    @property
    def size(self) -> tuple[int, int]:
        """The frame's width and height in pixels."""
        return self._levels[0].size

    def resize(self, size: tuple[int, int]) -> Pixels:
        """Returns the whole frame shrunk to a width and height, averaging areas."""
        factor, level = self._level(self.size[0] / size[0])
        # A level's last row and column may cover less than a whole pixel.
        whole = (0, 0, self.size[0] / factor, self.size[1] / factor)
        return np.asarray(level.resize(size, _FILTER, whole))

    def cut(self, boxes: Boxes, side: int) -> Pixels:
        """Cuts boxes out of the frame; what lies outside it is black, as MTCNN was trained.

        Args:
            boxes: (N, 4), left, top, right, bottom, in pixels of the frame; square.
            side: of each cut, in pixels.

        Returns:
            uint8 (N, side, side, 3).
        """
        cuts = np.empty((len(boxes), side, side, 3), np.uint8)
        for cut, (left, top, right, bottom) in zip(cuts, boxes.tolist(), strict=True):
            factor, level = self._level((right - left) / side)
            corners = (left / factor, top / factor, right / factor, bottom / factor)
            cut[:] = np.asarray(level.crop(corners).resize((side, side), _FILTER))
        return cuts

    def _level(self, shrink: float) -> tuple[int, Image.Image]:
        """Returns the factor and picture of the smallest level that leaves half of `shrink` to do.

        Averaging less than two pixels of a level into one would alias.
        """
        index = min(max(int(shrink / 2).bit_length() - 1, 0), len(self._levels) - 1)
        return 1 << index, self._levels[index]
