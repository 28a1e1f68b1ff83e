"""How faces are detected: every step, for each frame."""

from typing import Any

import numpy as np
from scripts.golden.crop import encode
from scripts.golden.frames import FRAMES, Pixels, load_frame
from scripts.golden.resize import digest

from mien.inference.crop import crop_face
from mien.inference.detection.boxes import Boxes, suppress
from mien.inference.detection.detector import Detection
from mien.inference.detection.onet import ONet, cut_square, whole_square
from mien.inference.detection.yunet import YuNet, _resize, _window

_WINDOWS = 24
_BOXES = 60


def make() -> dict[str, Any]:
    """Returns the steps for each frame; cuts that lie outside one in part; and suppressed boxes."""
    random = np.random.default_rng(18)
    photos, video, onet = YuNet(), YuNet(turns=False), ONet()
    return {
        "frames": {name: _steps(load_frame(name), photos, video, onet) for name in FRAMES},
        "cuts": [_cut(random) for _ in range(_WINDOWS)],
        "suppressed": _suppressed(random),
    }


def as_dict(face: Detection) -> dict[str, Any]:
    """Returns a detection as the npm package has it."""
    box = face.box
    return {
        "box": {"x": box.x, "y": box.y, "width": box.width, "height": box.height},
        "score": face.score,
        "landmarks": face.landmarks,
        "turned": face.turned,
    }


def _steps(frame: Pixels, photos: YuNet, video: YuNet, onet: ONet) -> dict[str, Any]:
    small = _resize(frame, photos.pixels)
    boxes, scores = photos._propose(small)
    faces = photos.detect(frame)
    return {
        "small": {"width": small.shape[1], "height": small.shape[0], "digest": digest(small)},
        "proposals": {"edges": boxes.tolist(), "scores": scores.tolist()},
        "confirmed": _confirm(frame, boxes, small, onet),
        "faces": [as_dict(face) for face in faces],
        "inVideo": [as_dict(face) for face in video.detect(frame)],
        "crops": [encode(crop_face(frame, face.landmarks)) for face in faces],
    }


def _confirm(frame: Pixels, boxes: Boxes, small: Pixels, onet: ONet) -> dict[str, Any]:
    """Shows O-Net the proposals, as the detector does first."""
    if not len(boxes):
        return {"windows": [], "cuts": [], "edges": [], "landmarks": [], "scores": []}
    scale = np.divide(frame.shape[1::-1] * 2, small.shape[1::-1] * 2, dtype=np.float32)
    windows = [_window(box) for box in boxes * scale]
    cuts = np.stack([cut_square(frame, window) for window in windows])
    edges, points, scores = onet.confirm(cuts, np.array(windows, np.float32))
    return {
        "windows": windows,
        "cuts": [digest(cut) for cut in cuts],
        "edges": edges.tolist(),
        "landmarks": points.tolist(),
        "scores": scores.tolist(),
    }


def _cut(random: np.random.Generator) -> dict[str, Any]:
    """Cuts a window of 2 to 500 pixels out of a frame of 301 x 227."""
    x, y, side = random.uniform(-20, 320), random.uniform(-20, 250), 2 * 250 ** random.random()
    window = whole_square(complex(x, y), side)
    cut = digest(cut_square(load_frame("odd"), window))
    return {"middle": [x, y], "side": side, "window": window, "cut": cut}


def _suppressed(random: np.random.Generator) -> dict[str, Any]:
    corners = random.uniform(0, 60, (_BOXES, 2))
    edges = np.concatenate([corners, corners + random.uniform(5, 40, (_BOXES, 2))], axis=1)
    boxes = edges.astype(np.float32)
    scores = random.integers(0, 20, _BOXES).astype(np.float32) / np.float32(20)
    kept = suppress(boxes, scores, 0.4)
    return {"edges": boxes.tolist(), "scores": scores.tolist(), "kept": kept.tolist()}
