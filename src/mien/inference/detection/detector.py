"""The protocol of face detectors, and the detections that they return."""

from dataclasses import dataclass
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
        score: of the detector, 0 to 1; for `MTCNN` the mean of O-Net's three passes.
        landmarks: left eye, right eye, nose, left and right mouth corner, as the viewer sees them;
            they may lie outside the frame where the face does.
    """

    box: Box
    score: float
    landmarks: tuple[Point, ...]


class FaceDetector(Protocol):
    """Detects faces: `mien.inference.detection.mtcnn.MTCNN`, or another detector."""

    def detect(self, frame: Pixels) -> list[Detection]:
        """Detects the faces of one frame, as `MTCNN.detect` does."""


def as_detection(box: Floats, score: np.float32, points: Floats) -> Detection:
    """Turns one row of each of the networks' arrays, (4,), () and (5, 2), into a detection."""
    left, top, right, bottom = box.tolist()
    landmarks = tuple((x, y) for x, y in points.tolist())
    return Detection(Box(left, top, right - left, bottom - top), float(score), landmarks)
