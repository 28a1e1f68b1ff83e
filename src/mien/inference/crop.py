"""The one definition of a cropped face, for cameras, photos and data sets alike.

A face is turned, scaled and shifted so that its landmarks lie where FER2013's do. Coordinates are
continuous: pixel i covers i to i + 1, its centre is i + 0.5. A point is a complex number x + iy,
so that a similarity transform, without reflection, is z -> turn * z + shift.
"""

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.inference.model_card import FACE_SIZE
from mien.results import Point

FER2013_LANDMARKS: tuple[Point, ...] = (
    (0.316, 0.377),
    (0.684, 0.368),
    (0.500, 0.588),
    (0.348, 0.785),
    (0.660, 0.778),
)
"""Eyes, nose and mouth corners in fractions of the side: means of O-Net over 1,735 faces."""

_MAX_SAMPLES = 8  # a side of a pixel: 64 samples average a pixel well, however large the face
_MIN_SPREAD = 1e-3  # of landmarks about their mean, in pixels; less has no direction or size

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]


def crop_face(picture: Pixels, landmarks: Sequence[Point]) -> Pixels:
    """Cuts one face out of a picture.

    Args:
        picture: uint8 (H, W) gray or (H, W, 3) RGB.
        landmarks: left eye, right eye, nose, left and right mouth corner, as the viewer sees them,
            in pixels. Where they all coincide, the crop is the 48 pixels around them.

    Returns:
        uint8 (48, 48) gray, area-averaged where it shrinks; outside the picture, the nearest
        pixel of its edge.
    """
    return _sample(picture, *fit_landmarks(landmarks))


def resize_crop(picture: Pixels) -> Pixels:
    """Brings a picture that already is a cropped face to the size of FER2013's.

    Args:
        picture: uint8 (H, W) gray or (H, W, 3) RGB, of any size. One that is not square keeps its
            proportions: its edges are repeated until it is.

    Returns:
        uint8 (48, 48) gray; a 48x48 gray picture comes back as it is.
    """
    height, width = picture.shape[:2]
    side = max(height, width)
    corner = complex(width - side, height - side) / 2
    return _sample(picture, side / FACE_SIZE, corner)


def to_gray(picture: Pixels) -> Pixels:
    """Returns the Rec. 601 luma of an RGB picture, uint8 (H, W); gray stays as it is."""
    return picture if picture.ndim == 2 else np.asarray(Image.fromarray(picture).convert("L"))


def fit_landmarks(landmarks: Sequence[Point]) -> tuple[complex, complex]:
    """Returns the least-squares turn and shift from the crop's pixels to the picture's.

    S. Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", 1991; in complex numbers the solution is one division. The error is measured in the
    crop, so the transform is fitted from the picture to the crop, then inverted.
    """
    points = np.array([complex(x, y) for x, y in landmarks])
    targets = FACE_SIZE * np.array([complex(x, y) for x, y in FER2013_LANDMARKS])
    middle, goal = points.mean(), targets.mean()
    spread = np.vdot(points - middle, points - middle).real
    turn = np.vdot(points - middle, targets - goal) / spread if spread > _MIN_SPREAD else 1
    back = 1 / turn if abs(turn) > 1e-6 else 1
    return back, middle - back * goal


def _sample(picture: Pixels, turn: complex, shift: complex) -> Pixels:
    """Averages k x k bilinear samples in each pixel of the crop, k the scale rounded up."""
    k = min(max(ceil(round(abs(turn), 6)), 1), _MAX_SAMPLES)
    part, shift = _cut_around(picture, turn, shift)
    steps = (np.arange(FACE_SIZE * k, dtype=np.float32) + 0.5) / k
    across, down = turn * steps + shift - (0.5 + 0.5j), 1j * turn * steps
    x = (across.real + down.real[:, None]).astype(np.float32)
    y = (across.imag + down.imag[:, None]).astype(np.float32)
    means = _bilinear(to_gray(part), x, y).reshape(FACE_SIZE, k, FACE_SIZE, k).mean(axis=(1, 3))
    crop: Pixels = np.rint(means).astype(np.uint8)
    return crop


def _cut_around(picture: Pixels, turn: complex, shift: complex) -> tuple[Pixels, complex]:
    """Cuts out the part of a picture that a crop is sampled from: the rest need not be gray.

    Returns:
        The part, of one pixel at least, and the shift from the crop to it.
    """
    corners = shift + turn * FACE_SIZE * np.array([0, 1, 1j, 1 + 1j])
    height, width = picture.shape[:2]
    left, right = _span(corners.real, width)
    top, bottom = _span(corners.imag, height)
    return picture[top:bottom, left:right], shift - complex(left, top)


def _span(values: Floats, length: int) -> tuple[int, int]:
    """Returns the first pixel that values lie on, and the one after the last, within a length."""
    first = int(np.clip(np.floor(values.min()) - 1, 0, length - 1))
    return first, int(np.clip(np.ceil(values.max()) + 1, first + 1, length))


def _bilinear(gray: Pixels, x: Singles, y: Singles) -> Singles:
    """Reads a picture between its pixels; beyond its edges, the edge goes on.

    This takes most of a crop's time, hence the flat indices and the work in place.
    """
    height, width = gray.shape
    np.clip(x, 0, width - 1, out=x)
    np.clip(y, 0, height - 1, out=y)
    left, top = x.astype(np.intp), y.astype(np.intp)
    x -= left
    y -= top
    flat, index = gray.astype(np.float32).ravel(), top * width + left
    # Beyond the last column or row lies some other pixel, but its weight is 0.
    upper: Singles = flat.take(index, mode="clip")
    upper += x * (flat.take(index + 1, mode="clip") - upper)
    index += width
    lower = flat.take(index, mode="clip")
    lower += x * (flat.take(index + 1, mode="clip") - lower)
    upper += y * (lower - upper)
    return upper
