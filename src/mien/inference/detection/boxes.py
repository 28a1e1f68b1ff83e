"""Arithmetic on arrays of boxes: rows of left, top, right, bottom, in pixels."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]
Scores = NDArray[np.float32]


def regress(boxes: Boxes, offsets: NDArray[np.float32]) -> Boxes:
    """Moves each edge by an offset, in fractions of the box's width and height.

    Args:
        boxes: (N, 4).
        offsets: (N, 4), in the same order of edges.
    """
    size = boxes[:, 2:] - boxes[:, :2]
    moved: Boxes = boxes + offsets * np.concatenate([size, size], axis=1)
    return moved


def square(boxes: Boxes) -> Boxes:
    """Grows the shorter side of each box about its center until it is square; at least 2 pixels."""
    center = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True).clip(min=2) / 2
    return np.concatenate([center - half, center + half], axis=1)


def suppress(
    boxes: Boxes, scores: Scores, limit: float, over: Literal["union", "smaller"] = "union"
) -> NDArray[np.intp]:
    """Drops each box that overlaps a better one: greedy non-maximum suppression.

    Args:
        boxes: (N, 4).
        scores: (N,).
        limit: the overlap above which the worse of two boxes is dropped.
        over: what the intersection is divided by: the union of both areas, or the smaller area,
            which also drops a box inside another.

    Returns:
        The indices of the kept boxes, by descending score.
    """
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    rest = np.argsort(-scores, kind="stable")
    kept = []
    while rest.size:
        best, rest = rest[0], rest[1:]
        kept.append(best)
        low = np.maximum(boxes[best, :2], boxes[rest, :2])
        high = np.minimum(boxes[best, 2:], boxes[rest, 2:])
        both = np.maximum(high - low, 0).prod(axis=1)
        if over == "union":
            whole = area[best] + area[rest] - both
        else:
            whole = np.minimum(area[best], area[rest])
        rest = rest[both <= limit * whole]
    return np.array(kept, dtype=np.intp)
