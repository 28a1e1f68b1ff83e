"""What is measured of faces, beside the expression."""

from typing import Any

import numpy as np
from scripts.golden.crop import FORMATS, encode, random_landmarks
from scripts.golden.detection import as_dict
from scripts.golden.frames import Pixels, load_frame
from scripts.golden.resize import pattern

from mien.inference.attributes import FaceView, measure_face, shipped_attributes
from mien.inference.crop import crop_face, resize_crop
from mien.inference.detection.detector import Detection
from mien.inference.model_card import FaceFormat
from mien.results import Box, Point

_FRAME = "three"
_FACES = 40
_SIZES = (48, 48), (31, 90), (1, 1)
_LINE = tuple((float(10 * i), float(7 * i)) for i in range(5))


def make() -> dict[str, Any]:
    """Returns the measures of turned, small and doubtful faces, and of images that are crops."""
    random = np.random.default_rng(18)
    frame = load_frame(_FRAME)
    places = [random_landmarks(random) for _ in range(_FACES)] + [_LINE, ((3.0, 4.0),) * 5]
    formats = [FORMATS[i % len(FORMATS)] for i in range(len(places))]
    return {
        "frame": _FRAME,
        "quantities": [
            {"name": quantity.name, "unit": quantity.unit, "description": quantity.description}
            for attribute in shipped_attributes()
            for quantity in attribute.quantities
        ],
        "faces": [
            _face(frame, place, way, 0.88 + 0.12 * random.random())
            for place, way in zip(places, formats, strict=True)
        ],
        "crops": [_crop(size) for size in _SIZES],
    }


def _face(
    frame: Pixels, landmarks: tuple[Point, ...], face_format: FaceFormat, score: float
) -> dict[str, Any]:
    detection = Detection(Box(0.0, 0.0, 1.0, 1.0), score, landmarks)
    view = FaceView(frame, detection, crop_face(frame, landmarks, face_format), scale=1.5)
    return {
        "detection": as_dict(detection),
        "side": face_format.side,
        "color": face_format.color,
        "scale": view.scale,
        "attributes": measure_face(shipped_attributes(), view),
    }


def _crop(size: tuple[int, int]) -> dict[str, Any]:
    image = pattern(*size)
    crop = resize_crop(image)
    measured = measure_face(shipped_attributes(), FaceView(image, None, crop))
    return {"size": size, "crop": encode(crop), "attributes": measured}
