"""Several data sets joined into one, once it is sure that none of them spoils another's splits."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.data.dataset import FaceDataset
from mien.data.duplicates import digest
from mien.errors import DataError

_FEWEST_PEOPLE = 2


def join_sources(datasets: Mapping[str, FaceDataset]) -> FaceDataset:
    """Joins data sets; each face keeps which it came from, and each data set its splits.

    Args:
        datasets: by name, two or more, of one format.

    Returns:
        Their faces in order, with `sources`. Votes and people are there if any data set has them:
        a face of another has no votes, and nobody's name.

    Raises:
        DataError: the formats differ, a data set has no face to learn from, all lack a label, one
            shows one person only, a person stands in several splits, or an image does of several
            data sets.
    """
    first = next(iter(datasets.values()))
    for name, data in datasets.items():
        _check_source(name, data, first)
    joined = FaceDataset(
        np.concatenate([data.images for data in datasets.values()]),
        np.concatenate([data.labels for data in datasets.values()]),
        np.concatenate([data.splits for data in datasets.values()]),
        _joined([data.votes for data in datasets.values()], datasets),
        tuple(f"{name}: {problem}" for name, data in datasets.items() for problem in data.problems),
        first.format,
        _joined([data.people for data in datasets.values()], datasets),
        np.repeat(np.arange(len(datasets)), [len(data) for data in datasets.values()]),
        tuple(datasets),
        _joined([data.files for data in datasets.values()], datasets),
        aligned=all(data.aligned for data in datasets.values()),
    )
    _check_labels(joined)
    refuse_people_across_splits(joined)
    _refuse_images_across_splits(datasets)
    return joined


def refuse_people_across_splits(data: FaceDataset) -> None:
    """Checks that nobody is learned from in one split and measured on in another.

    Raises:
        DataError: somebody stands in several splits.
    """
    if data.people is None:
        return
    for person, splits in _splits_of(data.people.tolist(), data).items():
        if person and len(splits) > 1:
            raise DataError(
                f"'{person}' stands in the splits {' and '.join(sorted(splits))}",
                remedy="put all faces of a person into one split, in column 'usage'",
            )


def _check_source(name: str, data: FaceDataset, first: FaceDataset) -> None:
    if data.format != first.format:
        raise DataError(
            f"source '{name}' has {data.format.face} faces labelled {', '.join(data.names)}; the "
            f"first has {first.format.face} faces labelled {', '.join(first.names)}",
            remedy="load all sources in one format",
        )
    known = set() if data.people is None else set(data.people.tolist()) - {""}
    if data.people is not None and len(known) < _FEWEST_PEOPLE and "" not in data.people:
        raise DataError(
            f"source '{name}' shows one person only",
            remedy="add faces of other people: of one person nothing general can be learned",
        )
    if "Training" not in data.split_counts:
        raise DataError(
            f"source '{name}' has no faces in the split Training",
            remedy="add some, or leave the source out",
        )


def _check_labels(joined: FaceDataset) -> None:
    learned = joined.labels[joined.splits == "Training"]
    counts = np.bincount(learned, minlength=len(joined.names))
    if (counts == 0).any():
        raise DataError(
            f"no source has a face labelled '{joined.names[int(counts.argmin())]}' to learn from",
            remedy="add some to the split Training, or take the label out of the recipe",
        )


def _refuse_images_across_splits(datasets: Mapping[str, FaceDataset]) -> None:
    """Checks images that several sources have: copies within one are `mien audit`'s to find."""
    found = {name: _splits_of(map(digest, data.images), data) for name, data in datasets.items()}
    for first, second in combinations(found, 2):
        shared = found[first].keys() & found[second].keys()
        apart = [key for key in shared if len(found[first][key] | found[second][key]) > 1]
        if apart:
            raise DataError(
                f"{len(apart)} images of source '{first}' stand in another split of '{second}'",
                remedy="take them out of all splits but one",
            )


def _splits_of(keys: Iterable[Hashable], data: FaceDataset) -> dict[Any, set[str]]:
    splits: dict[Any, set[str]] = defaultdict(set)
    for key, split in zip(keys, data.splits.tolist(), strict=True):
        splits[key].add(split)
    return splits


def _joined(
    columns: list[NDArray[Any] | None], datasets: Mapping[str, FaceDataset]
) -> NDArray[Any] | None:
    """Joins a column that some data sets lack; what they lack is 0, or empty."""
    present = [column for column in columns if column is not None]
    if not present:
        return None
    return np.concatenate(
        [
            np.zeros((len(data), *present[0].shape[1:]), present[0].dtype)
            if column is None
            else column
            for column, data in zip(columns, datasets.values(), strict=True)
        ]
    )
