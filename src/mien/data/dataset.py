"""The one type that every layout is read into."""

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS, FERPLUS_CHOICES
from mien.errors import DataError
from mien.inference.model_card import FACE_SIZE

SPLITS: tuple[str, ...] = ("Training", "Validation", "PublicTest", "PrivateTest", "Test")
"""Every split name there is: FER2013's three, and two more for folders of one's own."""


@dataclass(frozen=True, eq=False)
class FaceDataset:
    """N labelled faces, each in a split.

    Attributes:
        images: uint8 (N, 48, 48), grayscale.
        labels: int64 (N,), each an index into `EMOTIONS`.
        splits: str (N,), each one of `SPLITS`.
        votes: uint8 (N, 10), how many FER+ taggers chose each of `FERPLUS_CHOICES`; None where
            the source has no FER+ votes.
        problems: what was left out of the source and why, one sentence each.

    Raises:
        DataError: the arrays are empty, disagree in length, or hold what they may not.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    splits: NDArray[np.str_]
    votes: NDArray[np.uint8] | None = None
    problems: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.images)
        _check_array("images", self.images, np.uint8, (count, FACE_SIZE, FACE_SIZE))
        _check_array("labels", self.labels, np.int64, (count,))
        _check_array("splits", self.splits, np.str_, (count,))
        if self.votes is not None:
            _check_array("votes", self.votes, np.uint8, (count, len(FERPLUS_CHOICES)))
        if count == 0:
            raise DataError("the data set holds no faces")
        if self.labels.min() < 0 or self.labels.max() >= len(EMOTIONS):
            raise DataError(f"labels must lie between 0 and {len(EMOTIONS) - 1}")
        if unknown := sorted(set(self.split_counts) - set(SPLITS)):
            raise DataError(f"unknown split '{unknown[0]}'; those known are {', '.join(SPLITS)}")

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def split_counts(self) -> dict[str, int]:
        """How many faces each split has, in the order of `SPLITS`; absent splits are left out."""
        counts = Counter(self.splits.tolist())
        return {name: counts[name] for name in (*SPLITS, *counts) if name in counts}

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of images, labels, splits and votes in their order, as 64 hex digits.

        Two layouts of the same rows have the same fingerprint; `problems` do not count.
        """
        codes = {name: index for index, name in enumerate(SPLITS)}
        splits = np.array([codes[name] for name in self.splits.tolist()], np.uint8)
        digest = hashlib.sha256(f"mien faces 1 {len(self)} {self.votes is not None}".encode())
        digest.update(np.ascontiguousarray(self.images).data)
        digest.update(self.labels.astype("<i8").tobytes())
        digest.update(splits.tobytes())
        if self.votes is not None:
            digest.update(np.ascontiguousarray(self.votes).data)
        return digest.hexdigest()

    def subset(self, split: str) -> "FaceDataset":
        """Returns a copy of the faces of one split, in their order.

        Raises:
            DataError: there is no such split here.
        """
        if split not in self.split_counts:
            present = ", ".join(self.split_counts)
            raise DataError(f"the data has no split '{split}'; the splits it has are: {present}")
        return self.take(self.splits == split)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.integer]) -> "FaceDataset":
        """Returns a copy of some faces.

        Args:
            chosen: which, as a mask (N,) or as indices in the order that is wanted.

        Raises:
            DataError: none is chosen.
        """
        return replace(
            self,
            images=self.images[chosen],
            labels=self.labels[chosen],
            splits=self.splits[chosen],
            votes=None if self.votes is None else self.votes[chosen],
        )


def _check_array(
    name: str, array: NDArray[np.generic], kind: type[np.generic], shape: tuple[int, ...]
) -> None:
    if not np.issubdtype(array.dtype, kind) or array.shape != shape:
        raise DataError(
            f"{name} must be {kind.__name__.rstrip('_')} {shape}, got {array.dtype} {array.shape}"
        )
