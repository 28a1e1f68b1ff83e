"""A Validation split for data that has none: nobody is on both sides."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mien.data.dataset import FaceDataset

_PARTS = 5
_TRAINING, _VALIDATION = "Training", "Validation"
_MEASURED = ("PublicTest", "Test", "Validation", "PrivateTest")


def with_validation(data: FaceDataset) -> FaceDataset:
    """Returns data that can be learned from and measured on.

    Where all faces are in Training, a fifth of them becomes Validation: whole people, with each
    label as common as in the rest, as far as people allow (scikit-learn's `StratifiedGroupKFold`).
    A face whose person is not known is one of its own. The same data is always split the same way.

    Args:
        data: that has any splits; those that are there stay.
    """
    if any(name in data.split_counts for name in _MEASURED):
        return data
    from sklearn.model_selection import StratifiedGroupKFold  # noqa: PLC0415 - of the extra `train`

    parts = StratifiedGroupKFold(_PARTS, shuffle=True, random_state=0)
    groups = people_of(data)
    if len(np.unique(groups)) < _PARTS:
        return data
    _, chosen = next(parts.split(data.images, data.labels, groups))
    splits = data.splits.astype(object)
    splits[chosen] = _VALIDATION
    return replace(data, splits=splits.astype(np.str_))


def measured_split(data: FaceDataset) -> str:
    """Returns the split to measure on: PublicTest, else Test, Validation, PrivateTest, Training."""
    return next(name for name in (*_MEASURED, _TRAINING) if name in data.split_counts)


def people_of(data: FaceDataset) -> NDArray[np.str_]:
    """Returns who each face is of, str (N,); one whose person is not known is one of its own."""
    return units_of(np.full(len(data), "") if data.people is None else data.people)


def units_of(people: NDArray[np.str_]) -> NDArray[np.str_]:
    """Returns a name for everybody, str (N,): also for those whose name is "", each another one."""
    named = people.astype(object)
    unknown = np.flatnonzero(people == "")
    named[unknown] = [f"\0{index}" for index in unknown]
    return named.astype(np.str_)
