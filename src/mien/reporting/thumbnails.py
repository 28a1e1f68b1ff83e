"""Faces cut from a video for the page, in one pass from front to back."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError
from mien.inference.media.images import Frame
from mien.results import Box

_MARGIN = 0.25  # of the face's size, on each side: hair and chin help to recognize a face
_TOLERANCE = 1e-3  # seconds; records round times to the microsecond


class ThumbnailReader:
    """Cuts the face out of the frame of a given time; call it in order of time.

    Attributes:
        problem: why the video ended early, if it did.
    """

    def __init__(self, frames: Iterator[Frame]) -> None:
        self._frames = frames
        self._frame: Frame | None = None
        self.problem = ""

    def __call__(self, time: float, box: Box) -> NDArray[np.uint8] | None:
        """Returns the face with a margin, RGB; None if no frame has that time."""
        while self._frame is None or self._frame.time < time - _TOLERANCE:
            if not self._advance():
                return None
        if self._frame.time > time + _TOLERANCE:
            return None
        return _cut(self._frame.pixels, box)

    def _advance(self) -> bool:
        try:
            self._frame = next(self._frames)
        except StopIteration:
            return False
        except MediaError as error:
            self.problem = str(error)
            return False
        return True


def _cut(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8] | None:
    """Returns a square around the box, cropped to the image."""
    half = max(box.width, box.height) * (0.5 + _MARGIN)
    middle = np.array([box.y + box.height / 2, box.x + box.width / 2])
    top, left = np.maximum(np.rint(middle - half), 0).astype(int)
    bottom, right = np.maximum(np.rint(middle + half), 0).astype(int)
    face = pixels[top:bottom, left:right]
    return face if face.size else None
