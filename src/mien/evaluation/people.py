"""How sure an accuracy is where the same people have several faces: the unit is the person."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.data.splits import units_of

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
    accuracy_interval: tuple[float, float]


def accuracy_over_people(right: NDArray[np.bool_], people: NDArray[np.str_]) -> PeopleAccuracy:
    """Returns the accuracy and how far it would move with other people.

    Faces of one person err alike, so an interval over faces would be too narrow (Efron and
    Tibshirani 1993, "An Introduction to the Bootstrap": resample the independent units).

    Args:
        right: bool (N,), N >= 1, which faces are right.
        people: str (N,), who each is of; "" where it is not known.
    """
    _, person = np.unique(units_of(people), return_inverse=True)
    faces, correct = np.bincount(person), np.bincount(person, right)
    rng, shares = np.random.default_rng(0), np.empty(_RESAMPLES)
    for resample in range(_RESAMPLES):
        drawn = rng.integers(0, len(faces), len(faces))
        shares[resample] = correct[drawn].sum() / faces[drawn].sum()
    low, high = np.quantile(shares, (0.025, 0.975))
    return PeopleAccuracy(len(faces), float(right.mean()), (float(low), float(high)))
