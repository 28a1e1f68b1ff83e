"""Data sets with faults that are known."""

import numpy as np
from numpy.typing import NDArray

from mien.data import FaceDataset
from mien.emotions import EMOTIONS, FERPLUS_CHOICES

FERPLUS_NAMES = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")


def photos(count: int) -> NDArray[np.uint8]:
    """Images that are smooth, as photos are, and unlike each other."""
    coarse = np.random.default_rng(0).integers(40, 200, (count, 8, 8))
    return np.kron(coarse, np.ones((1, 6, 6))).astype(np.uint8)


def make_dataset(
    images: NDArray[np.uint8],
    labels: list[str],
    splits: list[str] | None = None,
    votes: list[dict[str, int]] | None = None,
) -> FaceDataset:
    """Makes a data set; votes name what was chosen how often, in Mien's words or FER+'s own."""
    names = dict(zip(EMOTIONS, FERPLUS_NAMES, strict=True))
    counts = None
    if votes is not None:
        counts = np.zeros((len(images), len(FERPLUS_CHOICES)), np.uint8)
        for row, chosen in enumerate(votes):
            for name, count in chosen.items():
                counts[row, FERPLUS_CHOICES.index(names.get(name, name))] = count
    codes = np.array([EMOTIONS.index(label) for label in labels], np.int64)
    return FaceDataset(images, codes, np.array(splits or ["Training"] * len(images)), counts)
