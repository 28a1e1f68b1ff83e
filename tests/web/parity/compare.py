"""Results of Python and of a browser, face by face."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

OVERLAP = 0.5  # intersection over union of the boxes of one face

Result = dict[str, Any]
Face = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """One face in both results; of a face that only one has, the other label is None.

    Attributes:
        source: the image, or the frame.
        expected: Python's label.
        actual: the browser's.
        difference: the largest of any probability, smoothed ones included; 1 for a face that only
            one has.
        same_person: whether both give it the same number; true where faces have none.
        shift: the largest difference of the box's edges, as a share of the box's larger side.
    """

    source: str
    expected: str | None
    actual: str | None
    difference: float = 1.0
    same_person: bool = False
    shift: float = 1.0

    @property
    def same_label(self) -> bool:
        return self.expected == self.actual


@dataclass(frozen=True, slots=True)
class Comparison:
    """All faces of many images."""

    pairs: Sequence[Pair]

    @property
    def same_labels(self) -> float:
        """The share of faces with equal labels."""
        return float(np.mean([pair.same_label for pair in self.pairs]))

    @property
    def same_persons(self) -> float:
        """The share of faces with equal person numbers."""
        return float(np.mean([pair.same_person for pair in self.pairs]))

    @property
    def unequal(self) -> list[Pair]:
        """The faces whose labels or persons differ."""
        return [pair for pair in self.pairs if not (pair.same_label and pair.same_person)]

    def difference(self, percentile: float) -> float:
        """A percentile of the faces' largest differences of a probability."""
        return float(np.percentile([pair.difference for pair in self.pairs], percentile))

    def shift(self, percentile: float) -> float:
        """A percentile of the shifts of boxes."""
        return float(np.percentile([pair.shift for pair in self.pairs], percentile))


def compare(
    sources: Sequence[str], expected: Sequence[Result], actual: Sequence[Result]
) -> Comparison:
    """Compares the results of the same images, or of the same frames, in the same order."""
    images = zip(sources, expected, actual, strict=True)
    return Comparison([pair for image in images for pair in _pairs(*image)])


def _pairs(source: str, expected: Result, actual: Result) -> list[Pair]:
    """Pairs the faces of two results: each of Python's with the one that overlaps it most."""
    left = list(actual["faces"])
    pairs = []
    for face in expected["faces"]:
        other = max(left, key=lambda other: _overlap(face, other), default=None)
        if other is None or _overlap(face, other) < OVERLAP:
            pairs.append(Pair(source, face["emotion"], None))
            continue
        left.remove(other)
        pairs.append(_pair(source, face, other))
    return [*pairs, *(Pair(source, None, face["emotion"]) for face in left)]


def _pair(source: str, face: Face, other: Face) -> Pair:
    edges, others = _edges(face), _edges(other)
    side = max(edges[2:] - edges[:2])
    return Pair(
        source,
        face["emotion"],
        other["emotion"],
        max(_difference(face, other, name) for name in ("probabilities", "smoothed")),
        face.get("person") == other.get("person"),
        float(np.abs(edges - others).max() / side),
    )


def _difference(face: Face, other: Face, name: str) -> float:
    values, others = face.get(name, {}), other.get(name, {})
    assert values.keys() == others.keys()
    return max((abs(values[label] - others[label]) for label in values), default=0.0)


def _overlap(face: Face, other: Face) -> float:
    one, two = _edges(face), _edges(other)
    inner = np.minimum(one[2:], two[2:]) - np.maximum(one[:2], two[:2])
    shared = float(np.prod(np.maximum(inner, 0)))
    union = float(np.prod(one[2:] - one[:2]) + np.prod(two[2:] - two[:2])) - shared
    return shared / union


def _edges(face: Face) -> "np.ndarray[Any, np.dtype[np.float64]]":
    x, y, width, height = face["box"]
    return np.array([x, y, x + width, y + height], np.float64)
