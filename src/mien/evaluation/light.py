"""Whether dark faces are labelled as well as light ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_FEWEST = 30
"""Faces; of fewer a third says nothing."""


@dataclass(frozen=True)
class LightThird:
    """One third of the faces, by their mean gray value.

    Attributes:
        n: how many faces.
        up_to: the brightest one's mean gray value, 0 to 255.
        accuracy: the share that is right.
        mean_recall: the mean recall of the labels that this third has.
    """

    n: int
    up_to: float
    accuracy: float
    mean_recall: float


@dataclass(frozen=True)
class LightThirds:
    """The darkest third of the faces, the middle one and the lightest one.

    Attributes:
        thirds: from the darkest to the lightest.
        gap: accuracy of the lightest less that of the darkest; below 0 if the darkest do better.
    """

    thirds: tuple[LightThird, LightThird, LightThird]
    gap: float


def light_thirds(
    images: NDArray[np.uint8], right: NDArray[np.bool_], labels: NDArray[np.int64]
) -> LightThirds | None:
    """Compares thirds of the faces by brightness, which depends on skin and light alike.

    Args:
        images: uint8 (N, S, S) or (N, S, S, 3).
        right: bool (N,), which faces are right.
        labels: int64 (N,).

    Returns:
        None of fewer than 30 faces.
    """
    if len(images) < _FEWEST:
        return None
    brightness = images.reshape(len(images), -1).mean(axis=1)
    order = np.argsort(brightness, kind="stable")
    dark, middle, light = (
        _third(part, brightness, right, labels) for part in np.array_split(order, 3)
    )
    return LightThirds((dark, middle, light), light.accuracy - dark.accuracy)


def _third(
    part: NDArray[np.int64],
    brightness: NDArray[np.float64],
    right: NDArray[np.bool_],
    labels: NDArray[np.int64],
) -> LightThird:
    own = labels[part]
    recalls = [right[part][own == label].mean() for label in np.unique(own)]
    accuracy = float(right[part].mean())
    return LightThird(len(part), float(brightness[part].max()), accuracy, float(np.mean(recalls)))
