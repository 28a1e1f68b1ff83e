"""The protocol of face detectors, and the detections that they return."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.results import Box, Point

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Detection:
    """A detected face.

    Attributes:
        box: where it is, inside the frame.
        score: of the detector, 0 to 1.
        landmarks: left eye, right eye, nose, left and right mouth corner, as the viewer of the
            upright face sees them; they may lie outside the frame where the face does.
        turned: by how many degrees the frame had to be turned, counter-clockwise, to find the face
            in it: 0, 90, 180 or 270.
    """

    box: Box
    score: float
    landmarks: tuple[Point, ...]
    turned: int = 0

    def moved(self, scale: tuple[float, float], corner: Point = (0.0, 0.0)) -> "Detection":
        """Returns a face of a part of a frame as it lies in the frame.

        Args:
            scale: how many pixels of the frame one pixel of the part spans, across and down.
            corner: of the part in the frame, its left and top, in pixels.
        """
        (across, down), (left, top), box = scale, corner, self.box
        return replace(
            self,
            box=Box(
                left + across * box.x, top + down * box.y, across * box.width, down * box.height
            ),
            landmarks=tuple((left + across * x, top + down * y) for x, y in self.landmarks),
        )

    def turned_back(self, quarters: int, width: int, height: int) -> "Detection":
        """Returns a face of a turned frame as it lies in the frame.

        Args:
            quarters: by how many quarters the frame was turned, counter-clockwise.
            width: of the frame, in pixels.
            height: of the frame, in pixels.
        """

        def back(x: float, y: float) -> Point:
            places = ((x, y), (width - y, x), (width - x, height - y), (y, height - x))
            return places[quarters]

        box = self.box
        (x, y), (right, bottom) = back(box.x, box.y), back(box.right, box.bottom)
        return replace(
            self,
            box=Box(min(x, right), min(y, bottom), abs(right - x), abs(bottom - y)),
            landmarks=tuple(back(*point) for point in self.landmarks),
            turned=90 * quarters,
        )


class FaceDetector(Protocol):
    """Detects faces: one of `mien.inference.detection.detectors`, or another detector."""

    def detect(self, frame: Pixels) -> list[Detection]:
        """Detects the faces of one frame.

        Args:
            frame: uint8 (H, W, 3), RGB, upright.

        Returns:
            The faces, from the largest to the smallest; empty where there is none.
        """


def as_detection(box: Floats, score: np.float32, points: Floats) -> Detection:
    """Turns one row of each of the networks' arrays, (4,), () and (5, 2), into a detection."""
    left, top, right, bottom = box.tolist()
    landmarks = tuple((x, y) for x, y in points.tolist())
    return Detection(Box(left, top, right - left, bottom - top), float(score), landmarks)
