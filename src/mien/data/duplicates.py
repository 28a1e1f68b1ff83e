"""Faces that occur twice: byte for byte, or as another copy of the same photo."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mien.inference.crop import resize_crop
from mien.inference.model_card import FACE_SIZE, FER2013_FORMAT

NEAR_COPY = 0.94
"""The correlation from which two faces count as copies of one photo; see `has_copy`."""
_CELL = 3
_QUERIES = 1024
_REFERENCES = 4096


def has_copy(images: NDArray[np.uint8], reference: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Returns which faces have a copy or near copy in `reference`.

    A near copy: the normalised correlation of both faces, averaged over cells of 3x3 pixels to
    16x16, is at least `NEAR_COPY`, as they are or with one mirrored. That forgives another
    compression, brightness or contrast, a watermark, and a crop shifted by a pixel or two.

    The threshold was chosen by eye on FER2013, PublicTest against Training, exact copies (7.8 %
    of PublicTest) aside. Of the 64 nearest pairs from 0.940 to 0.955, 60 show one photo twice;
    of the 37 from 0.930 to 0.940 only about 23 do, and below that strangers prevail. It marks
    15 % of PublicTest. A stranger marked costs one face of the clean part; a copy missed
    flatters the model.

    All pairs are compared, in blocks that need under 100 MB beside the inputs.

    Args:
        images: uint8 (N, S, S) or (N, S, S, 3); they are compared as 48x48 gray.
        reference: of the same format; M may be 0.

    Returns:
        bool (N,).
    """
    known = {digest(face) for face in reference}
    found = np.array([digest(face) in known for face in images], bool)
    features = _features(reference)
    for start in range(0, len(images), _QUERIES):
        block = images[start : start + _QUERIES]
        found[start : start + _QUERIES] |= _has_near(_features(block), features)
        found[start : start + _QUERIES] |= _has_near(_features(block[:, :, ::-1]), features)
    return found


@dataclass(frozen=True, eq=False)
class Copies:
    """Which of N faces show one photo.

    Attributes:
        earlier: int64 (N,), the face before this one that is most like it, the first of those
            where several are; -1 for a face that is no copy of one before it.
        likeness: float32 (N,), the correlation with that face, 1 where both are the same byte
            for byte; 0 where there is none.
        exact: bool (N,), whether they are the same byte for byte.
        groups: int64 (N,), the first face of its group: faces that are copies of each other,
            or of a common copy.
    """

    earlier: NDArray[np.int64]
    likeness: NDArray[np.float32]
    exact: NDArray[np.bool_]
    groups: NDArray[np.int64]

    def linked(self, least: float) -> NDArray[np.int64]:
        """Returns groups like `groups`, of links to `earlier` of at least that likeness alone."""
        chosen = np.flatnonzero(self.likeness >= least)
        return _join(np.arange(len(self.earlier)), chosen, self.earlier[chosen])


def find_copies(images: NDArray[np.uint8]) -> Copies:
    """Finds all exact and near copies within a data set, as `has_copy` defines them.

    All pairs are compared, in blocks; what is kept grows with the faces, not with the pairs.

    Args:
        images: uint8 (N, S, S) or (N, S, S, 3).
    """
    earlier, exact = _exact_copies(images)
    likeness = exact.astype(np.float32)
    firsts = np.flatnonzero(~exact)  # the rest are what their first is
    groups = np.arange(len(images))
    features = _features(images[firsts])
    mirrored = _features(images[firsts][:, :, ::-1])
    for start in range(0, len(firsts), _QUERIES):
        rows = slice(start, start + _QUERIES)
        for begin in range(0, min(start + _QUERIES, len(firsts)), _REFERENCES):
            reference = features[begin : begin + _REFERENCES].T
            near = np.maximum(features[rows] @ reference, mirrored[rows] @ reference)
            height, width = near.shape
            # What is not before a face does not count: at and above the diagonal.
            near *= np.tri(height, width, start - begin - 1, dtype=np.float32)
            _keep_best(near, firsts[rows], firsts[begin:], earlier, likeness)
            row, column = np.nonzero(near >= NEAR_COPY)
            groups = _join(groups, firsts[rows][row], firsts[begin:][column])
    groups = _join(groups, np.flatnonzero(exact), earlier[exact])
    return Copies(earlier, likeness, exact, groups)


def likeness_of(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Returns the correlation of N faces with N others, face by face, mirrored too."""
    reference = _features(other)
    both = [(_features(faces) * reference).sum(axis=1) for faces in (one, one[:, :, ::-1])]
    likeness: NDArray[np.float32] = np.maximum(*both).clip(0, 1)
    return likeness


def _exact_copies(images: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Returns, for each face, the first that is the same, or -1; and whether there is one."""
    first: dict[bytes, int] = {}
    found = [first.setdefault(digest(face), index) for index, face in enumerate(images)]
    exact = np.array(found, np.int64) != np.arange(len(images))
    return np.where(exact, np.array(found, np.int64), -1), exact


def _keep_best(
    near: NDArray[np.float32],
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    earlier: NDArray[np.int64],
    likeness: NDArray[np.float32],
) -> None:
    """Takes over, for each row, its best column where that is a copy and better than before."""
    best = near.argmax(axis=1)
    value = near[np.arange(len(rows)), best]
    better = (value >= NEAR_COPY) & (value > likeness[rows])
    earlier[rows[better]] = columns[best[better]]
    likeness[rows[better]] = np.minimum(value[better], 1)


def _join(
    groups: NDArray[np.int64], one: NDArray[np.int64], other: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Joins the groups of pairs of faces; a group goes by the number of its first face."""
    if not len(one):
        return groups
    links = (np.ones(len(one), bool), (groups[one], groups[other]))
    size = len(groups)
    count, part = connected_components(coo_array(links, shape=(size, size)), directed=False)
    first = np.full(count, size)
    np.minimum.at(first, part, np.arange(size))
    joined: NDArray[np.int64] = first[part[groups]]
    return joined


def digest(face: NDArray[np.uint8]) -> bytes:
    """Returns what two faces share only if all of their pixels are equal."""
    return hashlib.sha256(face.tobytes()).digest()


def _has_near(queries: NDArray[np.float32], features: NDArray[np.float32]) -> NDArray[np.bool_]:
    near = np.zeros(len(queries), bool)
    for start in range(0, len(features), _REFERENCES):
        correlation = queries @ features[start : start + _REFERENCES].T
        near |= (correlation >= NEAR_COPY).any(axis=1)
    return near


def _features(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Returns unit vectors whose dot product is the correlation; zero for a blank face."""
    if images.shape[1:] != FER2013_FORMAT.shape:
        small = [resize_crop(image) for image in images]
        images = np.array(small, np.uint8).reshape(-1, *FER2013_FORMAT.shape)
    side = FACE_SIZE // _CELL
    cells = images.reshape(len(images), side, _CELL, side, _CELL)
    vectors = cells.mean(axis=(2, 4), dtype=np.float32).reshape(len(images), side**2)
    vectors -= vectors.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = vectors / np.maximum(norms, np.float32(1e-3))
    return scaled
