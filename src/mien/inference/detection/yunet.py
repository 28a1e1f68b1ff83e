"""Detects faces with YuNet, a network of 53,000 weights, and confirms them with O-Net.

Method: W. Wu, H. Peng, S. Yu, "YuNet: a tiny millisecond-level face detector", Machine Intelligence
Research 20, 2023. Each cell of three grids says whether a face lies there, and where its edges are.
The network is libfacedetection's, trained further by `scripts/detector/train.py`. YuNet tells faces
by their surroundings, O-Net by their features; it finds the landmarks. The score is a mean of both.
"""

from dataclasses import replace
from math import sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.inference.detection.boxes import Boxes, suppress
from mien.inference.detection.detector import Detection, as_detection
from mien.inference.detection.onet import Edges, ONet, cut_square, whole_square
from mien.inference.onnx import open_session

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

_NETWORK = Path(__file__).with_name("yunet.onnx")
_STRIDES = (8, 16, 32)  # of the grids, in pixels
_MULTIPLE = 32  # the sides of the network's input
_ENLARGED, _SMALL = 2.0, 400  # how much, up to which side, a small image is enlarged
_OVERLAP = 0.4  # above which two boxes are one face
_CANDIDATE = 0.3  # YuNet's score below which O-Net is not asked
_BOXED = 0.95  # O-Net's score from which its box is taken: those of followed faces are O-Net's too
_SHARE, _CLEAR = 0.4, 0.9  # YuNet's in the score, and its own score that needs no other
_PLAUSIBLE = 0.4  # the score of what O-Net looks at again
_COARSE, _TURNED = 100_000, 0.9  # pixels of a turned image, and the score of a face in it
# O-Net's and YuNet's score of what may be a turned face, and by how much O-Net's must grow: it is
# sure by 0.96 of an upside-down face that smiles, and by 0.999 once that is upright.
_DOUBTED, _TURNABLE, _SURER = 0.98, 0.6, 0.02
_MAX_LOG_SIZE = 9.0  # no face is e^9 cells wide; keeps garbage from overflowing


class YuNet:
    """Detects faces and their landmarks.

    Args:
        pixels: of the network's input; a larger frame is shrunk to it. Faces under about 10 pixels
            there are lost.
        threshold: the minimum score, 0 to 1: two fifths are YuNet's, three fifths O-Net's. A face
            that YuNet is sure of is one without O-Net, which knows no profiles.
        turns: whether a candidate that O-Net does not confirm is also shown to it turned by a
            quarter, a half and three quarters, and a frame without faces searched so again.
        threads: how many threads one network may use.

    Raises:
        ModelError: O-Net is not installed.
    """

    def __init__(
        self,
        pixels: int = 240_000,
        threshold: float = 0.6,
        turns: bool = True,
        threads: int = 1,
    ) -> None:
        if pixels < _MULTIPLE**2:
            raise ValueError(f"pixels must be {_MULTIPLE**2} or more, got {pixels}")
        self.pixels = pixels
        self.threshold = threshold
        self.turns = turns
        self._network = open_session(_NETWORK, threads)
        self._onet = ONet(threads)

    def detect(self, frame: Pixels) -> list[Detection]:
        """Detects the faces of one frame.

        Args:
            frame: uint8 (H, W, 3), RGB, upright.

        Returns:
            The faces, from the largest to the smallest. A box is inside the frame; landmarks may
            lie outside it where the face does.
        """
        faces = self._search(_resize(frame, self.pixels), frame)
        if not faces and self.turns:
            faces = self._search_turned(frame)
        return sorted(faces, key=lambda face: face.box.width * face.box.height, reverse=True)

    def _search_turned(self, frame: Pixels) -> list[Detection]:
        """Searches the frame turned by each quarter; returns the faces of the best turn."""
        coarse = _resize(frame, min(self.pixels, _COARSE))
        turns = [
            [
                face.turned_back(quarters, frame.shape[1], frame.shape[0])
                for face in self._search(np.rot90(coarse, quarters), np.rot90(frame, quarters))
                if face.score >= _TURNED and not face.turned
            ]
            for quarters in (1, 2, 3)
        ]
        return max(turns, key=lambda faces: sum(face.score for face in faces))

    def _search(self, small: Pixels, frame: Pixels) -> list[Detection]:
        """Finds candidates in a small copy of a frame, and confirms them in the frame."""
        boxes, likely = self._propose(small)
        if not len(boxes):
            return []
        height, width = frame.shape[:2]
        boxes *= np.divide((width, height) * 2, small.shape[1::-1] * 2, dtype=np.float32)
        windows = [_window(box) for box in boxes]
        cuts = np.stack([cut_square(frame, window) for window in windows])
        squares = np.array(windows, np.float32)
        better, points, confirmed = self._onet.confirm(cuts, squares)
        self._look_again(frame, likely, better, points, confirmed)
        boxes = np.where((confirmed >= _BOXED)[:, None], better, boxes)
        boxes = boxes.clip(0, np.array((width, height) * 2, np.float32))
        turned = np.zeros(len(boxes), int)
        if self.turns:
            doubted = np.flatnonzero((confirmed < _DOUBTED) & (likely >= _TURNABLE))
            self._turn(cuts, squares, doubted, points, confirmed, turned)
        scores = _mean(likely, confirmed)
        inside = (boxes[:, 2:] - boxes[:, :2]).min(axis=1) >= 1
        kept = np.flatnonzero((scores >= self.threshold) & inside)
        kept = kept[suppress(boxes[kept], scores[kept], _OVERLAP)]  # O-Net may unite two candidates
        faces = (as_detection(boxes[i], scores[i], points[i]) for i in kept)
        return [
            replace(face, turned=90 * quarters)
            for face, quarters in zip(faces, turned[kept].tolist(), strict=True)
        ]

    def _look_again(
        self, frame: Pixels, likely: Floats, boxes: Boxes, points: Floats, confirmed: Floats
    ) -> None:
        """Shows O-Net the boxes it gave, of all that may be faces.

        What is no face looks like one in few windows, so the mean of both looks counts. Landmarks
        from there hardly depend on the window before. Changes boxes, landmarks and O-Net's scores.
        """
        again = np.flatnonzero(_mean(likely, confirmed) >= _PLAUSIBLE)
        if not len(again):
            return
        windows = [_window(box) for box in boxes[again]]
        cuts = np.stack([cut_square(frame, window) for window in windows])
        boxes[again], points[again], seen = self._onet.confirm(cuts, np.array(windows, np.float32))
        confirmed[again] = (confirmed[again] + seen) / 2

    def _turn(
        self,
        cuts: Pixels,
        windows: Boxes,
        doubted: NDArray[np.intp],
        points: Floats,
        confirmed: Floats,
        turned: NDArray[np.int_],
    ) -> None:
        """Asks O-Net, which knows upright faces alone, of the doubted candidates' cuts when turned.

        Changes landmarks, scores and quarters of those that it confirms then.
        """
        if not len(doubted):
            return
        sides = windows[doubted, 2:3] - windows[doubted, :1]
        local = np.concatenate([np.zeros((len(doubted), 2), np.float32), sides, sides], axis=1)
        for quarters in (1, 2, 3):
            upright = np.rot90(cuts[doubted], quarters, axes=(1, 2))
            _, marks, scores = self._onet.confirm(np.ascontiguousarray(upright), local)
            x, y, side = marks[..., 0], marks[..., 1], sides
            back = [(side - y, x), (side - x, side - y), (y, side - x)][quarters - 1]
            won = (scores >= _TURNED) & (scores > confirmed[doubted] + _SURER)
            rows = doubted[won]
            points[rows] = (windows[doubted, None, :2] + np.stack(back, axis=-1))[won]
            confirmed[rows], turned[rows] = scores[won], quarters

    def _propose(self, image: Pixels) -> tuple[Boxes, Floats]:
        """Returns the boxes of the candidates in pixels of the image, and YuNet's scores."""
        parts = [
            _decode(grid[0], stride)
            for grid, stride in zip(
                self._network.run(None, {"image": _pad(image)}), _STRIDES, strict=True
            )
        ]
        boxes, scores = (np.concatenate(part) for part in zip(*parts, strict=True))
        kept = suppress(boxes, scores, _OVERLAP)
        return boxes[kept], scores[kept]


def _resize(frame: Pixels, pixels: int) -> Pixels:
    """Returns the frame with no more pixels than asked for, a small one enlarged."""
    height, width = frame.shape[:2]
    scale = sqrt(pixels / (height * width))
    if scale >= 1:
        scale = min(max(_SMALL / max(height, width), 1), _ENLARGED, scale)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    if size == (width, height):
        return frame
    image = Image.fromarray(frame)
    way = Image.Resampling.HAMMING if scale < 1 else Image.Resampling.BILINEAR
    return np.asarray(image.resize(size, way, reducing_gap=2.0 if scale < 1 else None))


def _pad(image: Pixels) -> Pixels:
    """Returns uint8 (1, H, W, 3): black is added right and below to fill the grids."""
    height, width = (-(-side // _MULTIPLE) * _MULTIPLE for side in image.shape[:2])
    padded = np.zeros((1, height, width, 3), np.uint8)
    padded[0, : image.shape[0], : image.shape[1]] = image
    return padded


def _decode(grid: Floats, stride: int) -> tuple[Boxes, Floats]:
    """Converts the cells where a face may lie to boxes.

    Args:
        grid: (16, h, w): logits of a face's presence twice, as learned for sharpness of fit and for
            location; then its center's offset, the logarithm of its size, in cells; landmarks,
            which O-Net's replace.
        stride: a cell's side, in pixels.

    Returns:
        Boxes (N, 4), in pixels, and scores (N,), 0 to 1.
    """
    odds = 1 / ((1 + np.exp(-grid[0])) * (1 + np.exp(-grid[1])))
    row, column = np.nonzero(odds >= _CANDIDATE**2)
    found = grid[2:6, row, column].T
    centers = found[:, :2] + np.stack([column, row], axis=1)
    half = np.exp(found[:, 2:].clip(max=_MAX_LOG_SIZE)) / 2
    boxes = np.concatenate([centers - half, centers + half], axis=1) * stride
    return boxes.astype(np.float32), np.sqrt(odds[row, column])


def _mean(likely: Floats, confirmed: Floats) -> Floats:
    """Returns the scores of candidates, from those of YuNet and of O-Net."""
    scores: Floats = (_SHARE * likely + (1 - _SHARE) * confirmed).astype(np.float32)
    return np.where(likely >= _CLEAR, np.maximum(scores, likely), scores)


def _window(box: Floats) -> Edges:
    left, top, right, bottom = box.tolist()
    middle = complex(left + right, top + bottom) / 2
    return whole_square(middle, max(right - left, bottom - top))
