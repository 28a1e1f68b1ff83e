"""Follows faces from frame to frame by O-Net alone, on a window around the previous position.

O-Net corrects a window that is shifted by a third of a face or a third too large or too small, in
half a millisecond per face; detection takes a hundred. One pass is enough: over `one_face.mp4` its
landmarks differ from the full detector's by .6 % of the face's size, with less than half the
jitter; the probabilities differ by .04 in sum, and from frame to frame by .07 with either.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.inference.crop import face_square
from mien.inference.detection.boxes import regress
from mien.inference.detection.detector import Detection, as_detection
from mien.inference.detection.mtcnn import ONET_SIDE, run_network, weights_folder
from mien.inference.onnx import open_session
from mien.results import Point

Pixels = NDArray[np.uint8]
Landmarks = Sequence[Point]

_FILTER = Image.Resampling.HAMMING  # as the detector's
_GAP = 2.0  # times the final size, to which a large window is first shrunk
_GROWTH = 1.5  # maximum change of a face's size between two frames


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
        self._onet = open_session(weights_folder() / "onet.onnx", threads)

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
        edges = [_window(*square) for square in squares]
        cuts = np.stack([_cut(frame, window) for window in edges])
        offsets, landmarks, odds = run_network(self._onet, cuts)
        windows = np.array(edges, np.float32)
        boxes = regress(windows, offsets).clip(0, [*frame.shape[1::-1]] * 2)
        sizes = windows[:, 2:] - windows[:, :2]
        points = windows[:, None, :2] + sizes[:, None] * landmarks.reshape(-1, 2, 5).swapaxes(1, 2)
        faces = map(as_detection, boxes, odds[:, 1], points)
        return [
            face if self._is_same_face(face, side) else None
            for face, (_, side) in zip(faces, squares, strict=True)
        ]

    def _is_same_face(self, face: Detection, side: float) -> bool:
        now = face_square(face.landmarks)[1]
        inside = min(face.box.width, face.box.height) >= 1
        return inside and face.score >= self.min_score and side / _GROWTH < now < side * _GROWTH


def _window(middle: complex, side: float) -> tuple[int, ...]:
    """Returns a square of whole pixels, so that its edges are exactly those of the cut."""
    pixels = max(round(side), 2)
    left, top = round(middle.real - pixels / 2), round(middle.imag - pixels / 2)
    return left, top, left + pixels, top + pixels


def _cut(frame: Pixels, window: tuple[int, ...]) -> Pixels:
    """Cuts one window, at O-Net's size; outside the frame is black, as in MTCNN's training."""
    left, top, right, bottom = window
    inside = frame[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if inside.shape[:2] != (bottom - top, right - left):
        above, before = min(max(-top, 0), bottom - top), min(max(-left, 0), right - left)
        whole = np.zeros((bottom - top, right - left, 3), np.uint8)
        whole[above : above + len(inside), before : before + inside.shape[1]] = inside
        inside = whole
    image = Image.fromarray(inside)
    return np.asarray(image.resize((ONET_SIDE, ONET_SIDE), _FILTER, reducing_gap=_GAP))
