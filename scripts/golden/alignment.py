"""How images that are cropped faces are aligned."""

from typing import Any

import numpy as np
from scripts.golden.crop import encode
from scripts.golden.frames import Pixels, load_frame

from mien.inference.alignment import Aligner
from mien.inference.crop import crop_face
from mien.inference.detection.yunet import YuNet
from mien.inference.model_card import FaceFormat

_FRAMES = "one", "three", "large", "small", "odd", "cut"
_TILTS = 0.0, 18.0, -35.0, 60.0  # degrees; the last is beyond what is aligned
_SHIFT = 0.06  # of the face's side
_BATCHES = (FaceFormat(48, "gray"), 8), (FaceFormat(64, "rgb"), 4)  # and how many faces


def make() -> dict[str, Any]:
    """Returns tilted faces beside the middle, and a noise, before and after."""
    aligner, detector = Aligner(), YuNet()
    faces = [
        (frame, face.landmarks)
        for frame in map(load_frame, _FRAMES)
        for face in detector.detect(frame)[:2]
    ]
    batches = []
    for way, count in _BATCHES:
        crops = [
            _tilted(frame, landmarks, _TILTS[i % len(_TILTS)], way)
            for i, (frame, landmarks) in enumerate(faces[:count])
        ]
        crops.append(crop_face(load_frame("noise"), faces[0][1], way))
        batches.append(_batch(aligner, np.stack(crops), way))
    return {"batches": batches}


def _tilted(
    frame: Pixels, landmarks: tuple[tuple[float, float], ...], degrees: float, way: FaceFormat
) -> Pixels:
    """Crops a face that seems tilted, because its landmarks are turned about their mean."""
    points = np.array([complex(x, y) for x, y in landmarks])
    spread = float(np.abs(points - points.mean()).max())
    turned = (points - points.mean()) * np.exp(1j * np.radians(degrees))
    moved = turned + points.mean() + _SHIFT * spread * (1 + 1j)
    return crop_face(frame, [(float(point.real), float(point.imag)) for point in moved], way)


def _batch(aligner: Aligner, crops: Pixels, way: FaceFormat) -> dict[str, Any]:
    points, scores = aligner.find_landmarks(crops)
    aligned, reliable = aligner.align(crops)
    return {
        "side": way.side,
        "color": way.color,
        "crops": [encode(crop) for crop in crops],
        "landmarks": points.tolist(),
        "scores": scores.tolist(),
        "aligned": [encode(crop) for crop in aligned],
        "reliable": reliable.tolist(),
    }
