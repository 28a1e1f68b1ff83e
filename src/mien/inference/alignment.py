"""Cropped faces, as FER2013's are, turned and shifted to where landmarks lie in its mean.

Faces found in photos and videos need none of this: `crop_face` has put their landmarks there. But
a data set's own faces, and images that already are cropped, come tilted and off the middle.
"""

from math import radians

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.inference.crop import crop_face, fit_landmarks, to_rgb
from mien.inference.detection.mtcnn import ONET_SIDE, both_ways, run_network, weights_folder
from mien.inference.model_card import FaceFormat
from mien.inference.onnx import open_session

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]
Transform = tuple[complex, complex]

_MIN_SCORE = 0.85
_MAX_TURN = radians(40)
_MAX_SCALE = 1.5
_ENLARGED = 2  # times: bilinear sampling of the 48 pixels themselves would blur a tenth more


class Aligner:
    """Aligns faces by the landmarks that O-Net finds on them.

    O-Net looks at the whole face and at its mirror image, and again once the face is turned by
    what it found: a face that is upright and in the middle is where it errs least. On 600 faces
    of FER2013, each once more under a known turn, scale and shift, the landmarks of both then
    lie 0.4 pixels apart; after one look 0.7.

    Args:
        threads: how many threads O-Net may use.

    Raises:
        ModelError: O-Net is not installed.
    """

    def __init__(self, threads: int = 1) -> None:
        self._onet = open_session(weights_folder() / "onet.onnx", threads)

    def align(self, faces: Pixels) -> tuple[Pixels, NDArray[np.bool_]]:
        """Aligns each face that shows its landmarks; any other stays as it is, byte for byte.

        Landmarks are sound where O-Net's last look scores 0.85 or more, and they ask for a turn
        of 40 degrees at most and a scale between 2/3 and 3/2: beyond that lie profiles, hands
        and drawings more often than faces. Every sound face is sampled anew, a trivial turn
        included; none is exactly in place.

        Args:
            faces: uint8 (N, S, S) gray or (N, S, S, 3) RGB; N may be 0. A thousand of 48x48
                pixels at once take some 200 MB.

        Returns:
            The faces, uint8 of the same shape, and which of them were aligned, bool (N,).
        """
        points, scores = self.find_landmarks(faces)
        aligned, sound = faces.copy(), scores >= _MIN_SCORE
        for row, face in enumerate(faces):
            sound[row] &= _is_plausible(fit_landmarks(points[row].tolist(), len(face)))
            if sound[row]:
                aligned[row] = _crop_enlarged(face, points[row])
        return aligned, sound

    def find_landmarks(self, faces: Pixels) -> tuple[Points, NDArray[np.float32]]:
        """Finds the landmarks of each face, whether it shows them or not.

        Args:
            faces: as for `align`.

        Returns:
            Left eye, right eye, nose, left and right mouth corner, in pixels, float64 (N, 5, 2);
            and O-Net's scores of the last look, float32 (N,).
        """
        points, _ = self._look(faces)
        upright = np.empty_like(faces)
        for row, face in enumerate(faces):
            upright[row] = crop_face(face, points[row].tolist(), _format_of(face))
        again, scores = self._look(upright)
        for row, marks in enumerate(again):
            points[row] = _undo(fit_landmarks(points[row].tolist(), faces.shape[1]), marks)
        return points, scores

    def _look(self, faces: Pixels) -> tuple[Points, NDArray[np.float32]]:
        """Returns what `find_landmarks` does, after one look at each face and its mirror image."""
        shape = (0, ONET_SIDE, ONET_SIDE, 3)
        small = (
            np.stack([_for_onet(face) for face in faces])
            if len(faces)
            else np.empty(shape, np.uint8)
        )
        views = np.concatenate([small, small[:, :, ::-1]])
        _, marks, odds = run_network(self._onet, views)
        points = both_ways(marks).astype(np.float64) * faces.shape[1]
        return points, odds[:, 1].reshape(2, -1).mean(axis=0)


def _undo(transform: Transform, points: Points) -> Points:
    """Takes points (5, 2) from a crop back to the face it was cut from."""
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
    """Returns a face as O-Net takes it, uint8 (48, 48, 3)."""
    if len(face) != ONET_SIDE:
        size = (ONET_SIDE, ONET_SIDE)
        face = np.asarray(Image.fromarray(face).resize(size, Image.Resampling.BILINEAR))
    return to_rgb(face)
