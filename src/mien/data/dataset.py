"""The one type that every layout is read into."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS, FERPLUS_CHOICES
from mien.errors import DataError
from mien.inference.model_card import FER2013_FORMAT, FaceFormat, check_labels

SPLITS: tuple[str, ...] = ("Training", "Validation", "PublicTest", "PrivateTest", "Test")
"""All split names: FER2013's three, and two more for folders."""


@dataclass(frozen=True, slots=True)
class DataFormat:
    """What the faces of a data set look like, and what they may be labelled.

    Attributes:
        names: of the labels; a label is an index into them.
        face: size and color of the images.

    Raises:
        ModelError: a name is empty, repeated or `UNSURE`, or there are fewer than two.
    """

    names: tuple[str, ...] = EMOTIONS
    face: FaceFormat = FER2013_FORMAT

    def __post_init__(self) -> None:
        check_labels(self.names)

    @property
    def channels(self) -> int:
        """1 for gray faces, 3 for RGB ones."""
        return 1 if self.face.color == "gray" else 3


FER2013 = DataFormat()


def to_label(number: int, data_format: DataFormat, where: str) -> int:
    """Returns the label that has the name of one of FER2013's label numbers.

    Raises:
        DataError: the format has no label of this name.
    """
    name = EMOTIONS[number]
    if name not in data_format.names:
        raise DataError(
            f"{number} is {name}, which is not among the labels {', '.join(data_format.names)}",
            subject=where,
            remedy="name other labels in class folders, or as text in Parquet",
        )
    return data_format.names.index(name)


@dataclass(frozen=True, eq=False)
class FaceDataset:
    """N labelled faces, each in a split.

    Attributes:
        images: uint8 (N, S, S) gray or (N, S, S, 3) RGB, as `format.face` says.
        labels: int64 (N,), each an index into `names`.
        splits: str (N,), each one of `SPLITS`.
        votes: uint8 (N, 10), how many FER+ taggers chose each of `FERPLUS_CHOICES`; None if the
            source has no FER+ votes.
        problems: what was left out of the source and why, one sentence each.
        format: of images and labels.
        people: str (N,), who each face is of; "" where it is not known; None if no one is.
        sources: int64 (N,), each an index into `source_names`; None if there is one source.
        source_names: of the data sets that `mien.data.sources.join_sources` joined.
        files: str (N,), where each face came from: a path, or a file and a row; None where it was
            not read from files.
        columns: further columns of a table of photos, by name, each str (N,).
        aligned: whether the faces were cropped from photos by their landmarks, so that they lie as
            those of predictions do and are not aligned again.

    Raises:
        DataError: the arrays are empty, differ in length, or have values out of range.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    splits: NDArray[np.str_]
    votes: NDArray[np.uint8] | None = None
    problems: tuple[str, ...] = ()
    format: DataFormat = FER2013
    people: NDArray[np.str_] | None = None
    sources: NDArray[np.int64] | None = None
    source_names: tuple[str, ...] = ()
    files: NDArray[np.str_] | None = None
    columns: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)
    aligned: bool = False

    def __post_init__(self) -> None:
        count = len(self.images)
        _check_array("images", self.images, np.uint8, (count, *self.format.face.shape))
        _check_array("labels", self.labels, np.int64, (count,))
        _check_array("splits", self.splits, np.str_, (count,))
        if self.votes is not None:
            _check_array("votes", self.votes, np.uint8, (count, len(FERPLUS_CHOICES)))
        if self.people is not None:
            _check_array("people", self.people, np.str_, (count,))
        if self.sources is not None:
            _check_array("sources", self.sources, np.int64, (count,))
        if self.files is not None:
            _check_array("files", self.files, np.str_, (count,))
        for name, values in self.columns.items():
            _check_array(f"column '{name}'", values, np.str_, (count,))
        if count == 0:
            raise DataError("the data set has no faces")
        if self.labels.min() < 0 or self.labels.max() >= len(self.names):
            raise DataError(f"labels must be from 0 to {len(self.names) - 1}")
        if unknown := sorted(set(self.split_counts) - set(SPLITS)):
            raise DataError(
                f"unknown split '{unknown[0]}'", remedy=f"choose from {', '.join(SPLITS)}"
            )

    def __len__(self) -> int:
        return len(self.images)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the labels."""
        return self.format.names

    @property
    def comparable_votes(self) -> NDArray[np.uint8] | None:
        """The FER+ votes, if the labels are FER2013's and so can be compared with them."""
        return self.votes if self.names == EMOTIONS else None

    @cached_property
    def split_counts(self) -> dict[str, int]:
        """How many faces each split has, in the order of `SPLITS`, without absent splits."""
        counts = Counter(self.splits.tolist())
        return {name: counts[name] for name in (*SPLITS, *counts) if name in counts}

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of images, labels, splits, votes, format and sources, as 64 hex digits.

        Two layouts of the same rows have the same fingerprint; what names the faces, such as
        `people` and `files`, does not matter.
        """
        codes = {name: index for index, name in enumerate(SPLITS)}
        splits = np.array([codes[name] for name in self.splits.tolist()], np.uint8)
        digest = hashlib.sha256(f"mien faces 1 {len(self)} {self.votes is not None}".encode())
        if self.format != FER2013:
            digest.update(repr(self.format).encode())
        digest.update(np.ascontiguousarray(self.images).data)
        digest.update(self.labels.astype("<i8").tobytes())
        digest.update(splits.tobytes())
        if self.votes is not None:
            digest.update(np.ascontiguousarray(self.votes).data)
        if self.sources is not None:
            digest.update(repr(self.source_names).encode())
            digest.update(self.sources.astype("<i8").tobytes())
        return digest.hexdigest()

    def subset(self, split: str) -> "FaceDataset":
        """Returns a copy of the faces of one split, in their order.

        Raises:
            DataError: there is no such split.
        """
        if split not in self.split_counts:
            present = ", ".join(self.split_counts)
            raise DataError(f"the data has no split '{split}'", remedy=f"choose from {present}")
        return self.take(self.splits == split)

    def take(self, chosen: NDArray[np.bool_] | NDArray[np.integer]) -> "FaceDataset":
        """Returns a copy of some faces.

        Args:
            chosen: a mask (N,), or indices in the wanted order.

        Raises:
            DataError: no face is chosen.
        """
        return replace(
            self,
            images=self.images[chosen],
            labels=self.labels[chosen],
            splits=self.splits[chosen],
            votes=None if self.votes is None else self.votes[chosen],
            people=None if self.people is None else self.people[chosen],
            sources=None if self.sources is None else self.sources[chosen],
            files=None if self.files is None else self.files[chosen],
            columns={name: values[chosen] for name, values in self.columns.items()},
        )


def _check_array(
    name: str, array: NDArray[np.generic], kind: type[np.generic], shape: tuple[int, ...]
) -> None:
    if not np.issubdtype(array.dtype, kind) or array.shape != shape:
        raise DataError(
            f"{name} must be {kind.__name__.rstrip('_')} {shape}, got {array.dtype} {array.shape}"
        )
