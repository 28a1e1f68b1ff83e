"""Aligns cropped faces: rotates and shifts their landmarks to FER2013's mean positions.

Faces detected in photos and videos do not need this: `crop_face` aligns them. Faces of data sets,
and images that already are cropped, are tilted and off the center.
"""

from math import radians

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.inference.crop import crop_face, fit_landmarks, to_rgb
from mien.inference.detection.onet import ONET_SIDE, ONet, average_mirrored
from mien.inference.model_card import FaceFormat

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]
Transform = tuple[complex, complex]

_MIN_SCORE = 0.85
_MAX_TURN = radians(40)
_MAX_SCALE = 1.5
_ENLARGED = 2  # times: bilinear sampling of the original 48 pixels blurs a tenth more


class Aligner:
    """Aligns faces by the landmarks that O-Net finds on them.

    O-Net runs on the whole face and its mirror image, then again on the face aligned by the first
    pass: its error is smallest on an upright, centered face. On 600 faces of FER2013, each compared
    with itself under a known rotation, scale and shift, the landmarks differ by 0.4 pixels; after
    one pass by 0.7.

    Args:
        threads: how many threads O-Net may use.

    Raises:
        ModelError: O-Net is not installed.
    """

    def __init__(self, threads: int = 1) -> None:
        self._onet = ONet(threads)

    def align(self, faces: Pixels) -> tuple[Pixels, NDArray[np.bool_]]:
        """Aligns each face with reliable landmarks; every other face stays unchanged.

        Landmarks are reliable where O-Net's last pass scores 0.85 or more, and the alignment
        rotates by 40 degrees at most and scales by 2/3 to 3/2: beyond that, most are profiles,
        hands and drawings. Every reliable face is resampled, however small its rotation.

        Args:
            faces: uint8 (N, S, S) gray or (N, S, S, 3) RGB; N may be 0. A thousand of 48x48
                pixels at once take some 200 MB.

        Returns:
            The faces, uint8 of the same shape, and which of them were aligned, bool (N,).
        """
        points, scores = self.find_landmarks(faces)
        aligned, reliable = faces.copy(), scores >= _MIN_SCORE
        for row, face in enumerate(faces):
            reliable[row] &= _is_plausible(fit_landmarks(points[row].tolist(), len(face)))
            if reliable[row]:
                aligned[row] = _crop_enlarged(face, points[row])
        return aligned, reliable

    def find_landmarks(self, faces: Pixels) -> tuple[Points, NDArray[np.float32]]:
        """Predicts the landmarks of each face, reliable or not.

        Args:
            faces: as for `align`.

        Returns:
            Left eye, right eye, nose, left and right mouth corner, in pixels, float64 (N, 5, 2);
            and O-Net's scores of the last pass, float32 (N,).
        """
        points, _ = self._predict(faces)
        upright = np.empty_like(faces)
        for row, face in enumerate(faces):
            upright[row] = crop_face(face, points[row].tolist(), _format_of(face))
        refined, scores = self._predict(upright)
        for row, landmarks in enumerate(refined):
            points[row] = _undo(fit_landmarks(points[row].tolist(), faces.shape[1]), landmarks)
        return points, scores

    def _predict(self, faces: Pixels) -> tuple[Points, NDArray[np.float32]]:
        """Predicts the landmarks and scores in one pass over each face and its mirror image."""
        shape = (0, ONET_SIDE, ONET_SIDE, 3)
        small = (
            np.stack([_for_onet(face) for face in faces])
            if len(faces)
            else np.empty(shape, np.uint8)
        )
        views = np.concatenate([small, small[:, :, ::-1]])
        _, landmarks, scores = self._onet.judge(views)
        points = average_mirrored(landmarks).astype(np.float64) * faces.shape[1]
        return points, scores.reshape(2, -1).mean(axis=0)


def _undo(transform: Transform, points: Points) -> Points:
    """Maps points (5, 2) of a crop back to the face that it was cropped from."""
    turn, shift = transform
    moved = turn * (points[:, 0] + 1j * points[:, 1]) + shift
    return np.stack([moved.real, moved.imag], axis=1)


def _is_plausible(transform: Transform) -> bool:
    turn, _ = transform
    return bool(abs(np.angle(turn)) <= _MAX_TURN and 1 / _MAX_SCALE <= abs(turn) <= _MAX_SCALE)


def _crop_enlarged(face: Pixels, landmarks: Points) -> Pixels:
    side = len(face) * _ENLARGED
    large = Image.fromarray(face).resize((side, side), Image.Resampling.BICUBIC)
    return crop_face(np.asarray(large), (landmarks * _ENLARGED).tolist(), _format_of(face))


def _format_of(face: Pixels) -> FaceFormat:
    return FaceFormat(len(face), "gray" if face.ndim == 2 else "rgb")


def _for_onet(face: Pixels) -> Pixels:
    """Converts a face to the input of O-Net, uint8 (48, 48, 3)."""
    if len(face) != ONET_SIDE:
        size = (ONET_SIDE, ONET_SIDE)
        face = np.asarray(Image.fromarray(face).resize(size, Image.Resampling.BILINEAR))
    return to_rgb(face)
