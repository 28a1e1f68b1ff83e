"""Crops faces: one definition for cameras, photos and data sets.

A face is rotated, scaled and shifted so that its landmarks match FER2013's. Coordinates are
continuous: pixel i covers i to i + 1, its center is i + 0.5. A point is a complex number x + iy,
so that a similarity transform, without reflection, is z -> turn * z + shift.
"""

from collections.abc import Sequence
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.inference.model_card import FER2013_FORMAT, FaceFormat
from mien.results import Point

FER2013_LANDMARKS: tuple[Point, ...] = (
    (0.316, 0.377),
    (0.684, 0.368),
    (0.500, 0.588),
    (0.348, 0.785),
    (0.660, 0.778),
)
"""Eyes, nose and mouth corners in fractions of the side: means of O-Net over 1,735 faces."""

_POINTS = np.array([complex(x, y) for x, y in FER2013_LANDMARKS])
_SPREAD = float(_POINTS.std())  # of the landmarks, in sides of FER2013's square
_OFFSET = complex(_POINTS.mean()) - (0.5 + 0.5j)  # from the middle of the square to theirs

_MAX_SAMPLES = 8  # a side of a pixel: 64 samples average a pixel well, however large the face
_MIN_SPREAD = 1e-3  # of landmarks about their mean, in pixels; less has no direction or size

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]


def crop_face(
    image: Pixels, landmarks: Sequence[Point], face_format: FaceFormat = FER2013_FORMAT
) -> Pixels:
    """Crops one face from an image.

    Args:
        image: uint8 (H, W) gray or (H, W, 3) RGB.
        landmarks: left eye, right eye, nose, left and right mouth corner, as the viewer sees them,
            in pixels. Where they all coincide, the crop is the pixels around them.
        face_format: of the crop.

    Returns:
        uint8 of `face_format.shape`, area-averaged where it shrinks; outside the image, the
        nearest pixel of its edge.
    """
    return _sample(image, *fit_landmarks(landmarks, face_format.side), face_format)


def resize_crop(image: Pixels, face_format: FaceFormat = FER2013_FORMAT) -> Pixels:
    """Converts an image that already is a cropped face to the format that a model takes.

    Args:
        image: uint8 (H, W) gray or (H, W, 3) RGB, of any size. One that is not square keeps its
            proportions: its edges are repeated until it is.
        face_format: of the crop.

    Returns:
        uint8 of `face_format.shape`; an image of that format is returned unchanged.
    """
    height, width = image.shape[:2]
    side = max(height, width)
    corner = complex(width - side, height - side) / 2
    return _sample(image, side / face_format.side, corner, face_format)


def face_square(landmarks: Sequence[Point]) -> tuple[complex, float]:
    """Returns the center and side of the upright square that a face fills as in FER2013.

    Args:
        landmarks: five points, in pixels.

    Returns:
        The center, as x + iy, and the side, in pixels, at least 1.
    """
    count = len(landmarks)
    x, y = sum(x for x, _ in landmarks) / count, sum(y for _, y in landmarks) / count
    spread = sqrt(sum((a - x) ** 2 + (b - y) ** 2 for a, b in landmarks) / count)
    side = max(spread / _SPREAD, 1.0)
    return complex(x, y) - side * _OFFSET, side


def to_gray(image: Pixels) -> Pixels:
    """Returns the Rec. 601 luma of an RGB image, uint8 (H, W); gray is unchanged."""
    return image if image.ndim == 2 else np.asarray(Image.fromarray(image).convert("L"))


def to_rgb(image: Pixels) -> Pixels:
    """Returns an image with three channels, uint8 (H, W, 3); RGB is unchanged."""
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=-1)


def fit_landmarks(
    landmarks: Sequence[Point], side: int = FER2013_FORMAT.side
) -> tuple[complex, complex]:
    """Returns the least-squares turn and shift from the pixels of a crop to those of the image.

    S. Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", 1991; in complex numbers the solution is one division. The error is measured in the
    crop, so the transform is fitted from the image to the crop, then inverted.
    """
    points = np.array([complex(x, y) for x, y in landmarks])
    targets = side * np.array([complex(x, y) for x, y in FER2013_LANDMARKS])
    middle, goal = points.mean(), targets.mean()
    spread = np.vdot(points - middle, points - middle).real
    turn = np.vdot(points - middle, targets - goal) / spread if spread > _MIN_SPREAD else 1
    back = 1 / turn if abs(turn) > 1e-6 else 1
    return back, middle - back * goal


def _sample(image: Pixels, turn: complex, shift: complex, face_format: FaceFormat) -> Pixels:
    """Averages k x k bilinear samples in each pixel of the crop, k the scale rounded up."""
    side = face_format.side
    k = min(max(ceil(round(abs(turn), 6)), 1), _MAX_SAMPLES)
    part, shift = _cut_around(image, turn, shift, side)
    steps = (np.arange(side * k, dtype=np.float32) + 0.5) / k
    across, down = turn * steps + shift - (0.5 + 0.5j), 1j * turn * steps
    x = (across.real + down.real[:, None]).astype(np.float32)
    y = (across.imag + down.imag[:, None]).astype(np.float32)

    def average(channel: Pixels) -> Pixels:
        samples = _bilinear(channel, x.copy(), y.copy()).reshape(side, k, side, k)
        means: Pixels = np.rint(samples.mean(axis=(1, 3))).astype(np.uint8)
        return means

    if face_format.color == "gray":
        return average(to_gray(part))
    return np.stack([average(channel) for channel in np.moveaxis(to_rgb(part), -1, 0)], axis=-1)


def _cut_around(image: Pixels, turn: complex, shift: complex, side: int) -> tuple[Pixels, complex]:
    """Cuts out the part of an image that a crop is sampled from, so that only it becomes gray.

    Returns:
        The part, of at least one pixel, and the shift from the crop to it.
    """
    corners = shift + turn * side * np.array([0, 1, 1j, 1 + 1j])
    height, width = image.shape[:2]
    left, right = _span(corners.real, width)
    top, bottom = _span(corners.imag, height)
    return image[top:bottom, left:right], shift - complex(left, top)


def _span(values: Floats, length: int) -> tuple[int, int]:
    """Returns the first pixel that values lie on, and the one after the last, within a length."""
    first = int(np.clip(np.floor(values.min()) - 1, 0, length - 1))
    return first, int(np.clip(np.ceil(values.max()) + 1, first + 1, length))


def _bilinear(gray: Pixels, x: Singles, y: Singles) -> Singles:
    """Reads an image between its pixels; beyond its edges, the edge is repeated.

    This takes most of a crop's time, hence the flat indices and in-place operations.
    """
    height, width = gray.shape
    np.clip(x, 0, width - 1, out=x)
    np.clip(y, 0, height - 1, out=y)
    left, top = x.astype(np.intp), y.astype(np.intp)
    x -= left
    y -= top
    flat, index = gray.astype(np.float32).ravel(), top * width + left
    # Beyond the last column or row, the index hits another pixel, with weight 0.
    upper: Singles = flat.take(index, mode="clip")
    upper += x * (flat.take(index + 1, mode="clip") - upper)
    index += width
    lower = flat.take(index, mode="clip")
    lower += x * (flat.take(index + 1, mode="clip") - lower)
    upper += y * (lower - upper)
    return upper
