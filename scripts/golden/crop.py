"""How faces are cropped: from frames by their landmarks, and from images that are crops."""

from base64 import b64encode
from typing import Any

import numpy as np
from scripts.golden.frames import Pixels, load_frame
from scripts.golden.resize import digest, pattern

from mien.inference.crop import (
    FER2013_LANDMARKS,
    crop_face,
    face_square,
    fit_landmarks,
    resize_crop,
)
from mien.inference.model_card import FaceFormat
from mien.results import Point

FORMATS = FaceFormat(48, "gray"), FaceFormat(112, "rgb"), FaceFormat(64, "rgb")
_PLACES = 40
_SIZES = (48, 48), (30, 48), (200, 131), (5, 5), (1, 1), (301, 400), (112, 112), (500, 500)


def make() -> dict[str, Any]:
    """Returns crops at random places and sizes, at the edges too, and of images of many sizes."""
    random = np.random.default_rng(18)
    frame = load_frame("three")
    places = [random_landmarks(random) for _ in range(_PLACES)]
    places += [((3.0, 4.0),) * 5]  # without a direction or a size
    return {
        "frame": "three",
        "faces": [_face(frame, place) for place in places],
        "crops": [_crop(size) for size in _SIZES],
    }


def encode(pixels: Pixels) -> str:
    """Returns an image's bytes, row by row, in base64."""
    return b64encode(np.ascontiguousarray(pixels).tobytes()).decode()


def random_landmarks(random: np.random.Generator) -> tuple[Point, ...]:
    """Returns landmarks of a turned face of 4 to 500 pixels, each somewhat beside its place."""
    side, angle = 4 * 125 ** random.random(), random.uniform(-np.pi, np.pi)
    points = np.array([complex(x, y) for x, y in FER2013_LANDMARKS]) - (0.5 + 0.5j)
    points += random.normal(0, 0.02, 5) + 1j * random.normal(0, 0.02, 5)
    middle = complex(random.uniform(0, 480), random.uniform(0, 270))
    placed = middle + side * np.exp(1j * angle) * points
    return tuple((float(point.real), float(point.imag)) for point in placed)


def _face(frame: Pixels, landmarks: tuple[Point, ...]) -> dict[str, Any]:
    middle, side = face_square(landmarks)
    turn, shift = fit_landmarks(landmarks)
    return {
        "landmarks": landmarks,
        "square": [middle.real, middle.imag, side],
        "turn": [turn.real, turn.imag],
        "shift": [shift.real, shift.imag],
        "crop": encode(crop_face(frame, landmarks)),
        "digests": [digest(crop_face(frame, landmarks, way)) for way in FORMATS],
    }


def _crop(size: tuple[int, int]) -> dict[str, Any]:
    image = pattern(*size)
    return {"size": size, "digests": [digest(resize_crop(image, way)) for way in FORMATS]}
