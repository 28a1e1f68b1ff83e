"""Follows faces from frame to frame, each near its previous position.

O-Net does it alone, on a window around that position.

It corrects a window that is shifted by a third of a face or a third too large or too small, in half
a millisecond per face. One pass is enough: over `one_face.mp4` its
landmarks differ from the full detector's by .6 % of the face's size, with less than half the
jitter; the probabilities differ by .04 in sum, and from frame to frame by .07 with either.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.inference.crop import face_square
from mien.inference.detection.boxes import regress
from mien.inference.detection.detector import Detection, FaceDetector, as_detection
from mien.inference.detection.mtcnn import MTCNN
from mien.inference.detection.onet import ONet, cut_square, whole_square
from mien.inference.detection.yunet import YuNet
from mien.results import Point

Pixels = NDArray[np.uint8]
Landmarks = Sequence[Point]

_GROWTH = 1.5  # maximum change of a face's size between two frames
_AROUND = 2.5  # sides of a face: the part of the frame that a detector searches for it
_PART = 200  # pixels: the side to which that part is shrunk


class Follower:
    """Detects known faces again, each near its expected position.

    Args:
        min_score: O-Net's score, 0 to 1, below which a face is lost. Lower than the detector's
            threshold for a new face, so that a face that turns away is not lost at once.
        threads: how many threads O-Net may use.

    Raises:
        ModelError: O-Net is not installed.
    """

    def __init__(self, min_score: float = 0.6, threads: int = 1) -> None:
        self.min_score = min_score
        self._onet = ONet(threads)

    def follow(self, frame: Pixels, places: Sequence[Landmarks]) -> list[Detection | None]:
        """Detects each face near its expected position, all in one batch.

        Args:
            frame: uint8 (H, W, 3), RGB, upright.
            places: the landmarks where each face is expected, in pixels; within a third of the
                face's size.

        Returns:
            The face at each place, with the score of one pass; None where there is no face.
        """
        if not places:
            return []
        squares = [face_square(landmarks) for landmarks in places]
        edges = [whole_square(*square) for square in squares]
        cuts = np.stack([cut_square(frame, window) for window in edges])
        offsets, landmarks, scores = self._onet.judge(cuts)
        windows = np.array(edges, np.float32)
        boxes = regress(windows, offsets).clip(0, [*frame.shape[1::-1]] * 2)
        sizes = windows[:, 2:] - windows[:, :2]
        points = windows[:, None, :2] + sizes[:, None] * landmarks.reshape(-1, 2, 5).swapaxes(1, 2)
        faces = map(as_detection, boxes, scores, points)
        return [
            face if face.score >= self.min_score and _is_like(face, side) else None
            for face, (_, side) in zip(faces, squares, strict=True)
        ]


class SearchingFollower:
    """Detects known faces again by any detector, each in the part of the frame around its place.

    Args:
        detector: searches the parts.
    """

    def __init__(self, detector: FaceDetector) -> None:
        self._detector = detector

    def follow(self, frame: Pixels, places: Sequence[Landmarks]) -> list[Detection | None]:
        """Does what `Follower.follow` does."""
        return [self._find(frame, *face_square(landmarks)) for landmarks in places]

    def _find(self, frame: Pixels, middle: complex, side: float) -> Detection | None:
        """Returns the face of about this size nearest to a place."""
        left, top, right, bottom = whole_square(middle, _AROUND * side)
        left, top = max(left, 0), max(top, 0)
        inside = frame[top : max(bottom, 0), left : max(right, 0)]
        if not inside.size:
            return None
        part = Image.fromarray(inside)
        scale = min(_PART / max(part.size), 1.0)
        size = max(round(part.width * scale), 1), max(round(part.height * scale), 1)
        small = np.asarray(part.resize(size, Image.Resampling.HAMMING))
        back = part.width / size[0], part.height / size[1]
        faces = [face.moved(back, (left, top)) for face in self._detector.detect(small)]
        alike = [face for face in faces if _is_like(face, side)]
        return min(
            alike, key=lambda face: abs(face_square(face.landmarks)[0] - middle), default=None
        )


FaceFollower = Follower | SearchingFollower


def follower_of(detector: FaceDetector) -> FaceFollower:
    """Returns what follows the faces that a detector finds: O-Net where it has one, else itself."""
    return Follower() if isinstance(detector, (MTCNN, YuNet)) else SearchingFollower(detector)


def _is_like(face: Detection, side: float) -> bool:
    now = face_square(face.landmarks)[1]
    inside = min(face.box.width, face.box.height) >= 1
    return inside and side / _GROWTH < now < side * _GROWTH
