"""Prototypes: what a model's embeddings of each label have in common."""

import numpy as np
from numpy.typing import NDArray

from mien.data.dataset import FaceDataset

_DECIMALS = 3


def find_prototypes(
    embeddings: NDArray[np.floating], faces: FaceDataset
) -> tuple[tuple[float, ...], ...]:
    """Returns the mean embedding of each label's faces, rounded; zeros for a label without faces.

    Args:
        embeddings: (N, D), one of each face.
        faces: N of them, whose labels count.
    """
    rows = []
    for label in range(len(faces.names)):
        own = embeddings[faces.labels == label]
        mean = own.mean(axis=0) if len(own) else np.zeros(embeddings.shape[1])
        rows.append(tuple(round(float(value), _DECIMALS) for value in mean))
    return tuple(rows)
