"""Faces that occur twice: byte for byte, or as another copy of the same photo."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from mien.inference.contract import FACE_SIZE

NEAR_COPY = 0.94
"""The correlation from which two faces count as copies of one photo; see `has_copy`."""
_CELL = 3
_QUERIES = 1024
_REFERENCES = 4096


def has_copy(images: NDArray[np.uint8], reference: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tells which faces also stand in `reference`, exactly or nearly.

    Nearly: the normalised correlation of both faces, averaged over cells of 3x3 pixels to
    16x16, is at least `NEAR_COPY`, as they are or with one mirrored. That forgives another
    compression, brightness or contrast, a watermark, and a crop shifted by a pixel or two.

    The threshold was chosen by eye on FER2013, PublicTest against Training, exact copies (7.8 %
    of PublicTest) aside. Of the 64 nearest pairs from 0.940 to 0.955, 60 show one photo twice;
    of the 37 from 0.930 to 0.940 only about 23 do, and below that strangers prevail. It marks
    15 % of PublicTest. A stranger marked costs one face of the clean part; a copy missed
    flatters the model.

    All pairs are compared, in blocks that need under 100 MB beside the inputs.

    Args:
        images: uint8 (N, 48, 48).
        reference: uint8 (M, 48, 48); M may be 0.

    Returns:
        bool (N,).
    """
    known = {_digest(face) for face in reference}
    found = np.array([_digest(face) in known for face in images], bool)
    features = _features(reference)
    for start in range(0, len(images), _QUERIES):
        block = images[start : start + _QUERIES]
        found[start : start + _QUERIES] |= _has_near(_features(block), features)
        found[start : start + _QUERIES] |= _has_near(_features(block[:, :, ::-1]), features)
    return found


def _digest(face: NDArray[np.uint8]) -> bytes:
    return hashlib.sha256(face.tobytes()).digest()


def _has_near(queries: NDArray[np.float32], features: NDArray[np.float32]) -> NDArray[np.bool_]:
    near = np.zeros(len(queries), bool)
    for start in range(0, len(features), _REFERENCES):
        correlation = queries @ features[start : start + _REFERENCES].T
        near |= (correlation >= NEAR_COPY).any(axis=1)
    return near


def _features(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Returns unit vectors whose dot product is the correlation; zero for a blank face."""
    side = FACE_SIZE // _CELL
    cells = images.reshape(len(images), side, _CELL, side, _CELL)
    vectors = cells.mean(axis=(2, 4), dtype=np.float32).reshape(len(images), side**2)
    vectors -= vectors.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = vectors / np.maximum(norms, np.float32(1e-3))
    return scaled
