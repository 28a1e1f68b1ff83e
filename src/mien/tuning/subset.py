"""A part of a data set that keeps its shares of the emotions."""

import numpy as np

from mien.data import FaceDataset


def stratified(faces: FaceDataset, count: int, seed: int) -> FaceDataset:
    """Returns some faces, in their order: of each emotion its share, to within one face.

    Systematic sampling: the faces, shuffled, are lined up by emotion, and every so manieth is
    taken.

    Args:
        faces: to choose from.
        count: how many, at most all.
        seed: the same seed chooses the same faces.
    """
    order = np.random.default_rng(seed).permutation(len(faces))
    line = order[np.argsort(faces.labels[order], kind="stable")]
    chosen = np.sort(line[(np.arange(count) * len(faces) + len(faces) // 2) // count])
    return faces.take(chosen)
