"""How sure an accuracy is where the same people have several faces: the unit is the person."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.data.splits import units_of
from mien.evaluation.metrics import Interval

_RESAMPLES = 2000


@dataclass(frozen=True)
class PeopleAccuracy:
    """Accuracy over faces, its interval by bootstrap over people.

    Attributes:
        people: how many there are; a face whose person is not known is one of its own.
        accuracy: the share of faces that are right.
        accuracy_interval: 95 %, the percentiles of 2,000 resamples of the people.
    """

    people: int
    accuracy: float
    accuracy_interval: Interval


def accuracy_over_people(right: NDArray[np.bool_], people: NDArray[np.str_]) -> PeopleAccuracy:
    """Returns the accuracy and how far it would move with other people.

    Args:
        right: bool (N,), N >= 1, which faces are right.
        people: str (N,), who each is of; "" where it is not known.
    """
    units = len(np.unique(units_of(people)))
    return PeopleAccuracy(units, float(right.mean()), interval_over_people(right, people))


def interval_over_people(values: NDArray[np.generic], people: NDArray[np.str_]) -> Interval:
    """Returns the 95 % interval of a mean over faces, by bootstrap over people.

    Faces of one person err alike, so an interval over faces would be too narrow (Efron and
    Tibshirani 1993, "An Introduction to the Bootstrap": resample the independent units).

    Args:
        values: numbers or bools (N,), N >= 1, one for each face.
        people: str (N,), who each is of; "" where it is not known.
    """
    _, person = np.unique(units_of(people), return_inverse=True)
    faces, sums = np.bincount(person), np.bincount(person, values)
    rng, means = np.random.default_rng(0), np.empty(_RESAMPLES)
    for resample in range(_RESAMPLES):
        drawn = rng.integers(0, len(faces), len(faces))
        means[resample] = sums[drawn].sum() / faces[drawn].sum()
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)
