"""Intervals over people: how far a figure would move with other participants."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000
"""Resamples of the people; more change a limit by less than a tenth of the interval."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval.

    Attributes:
        low: its lower limit; NaN where one person, or no defined figure, allows no interval.
        high: its upper limit; the same.
        people: how many people it rests on.
    """

    low: float
    high: float
    people: int


def bootstrap_people(
    people: int,
    statistic: Callable[[NDArray[np.intp]], float],
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """Returns the percentile interval of a figure under resampling of the people.

    Rows of one person are alike, so people are drawn, never rows (Efron and Tibshirani 1993, "An
    Introduction to the Bootstrap").

    Args:
        people: how many there are.
        statistic: takes the indices of the people drawn, intp (people,), with repeats, and returns
            the figure; NaN where it is undefined for them.
        draws: how many resamples.
        seed: of the draws.

    Returns:
        The interval; NaN for under two people, or where over a twentieth of the draws are
        undefined.

    Example:
        >>> heights = np.array([1.0, 2.0, 3.0, 4.0])
        >>> interval = bootstrap_people(4, lambda drawn: float(heights[drawn].mean()))
        >>> interval.low < 2.5 < interval.high
        True
    """
    if people < 2:
        return Interval(np.nan, np.nan, people)
    rng = np.random.default_rng(seed)
    figures = np.array([statistic(rng.integers(0, people, people)) for _ in range(draws)])
    defined = figures[~np.isnan(figures)]
    if len(defined) < 0.95 * draws:
        return Interval(np.nan, np.nan, people)
    low, high = np.quantile(defined, (0.025, 0.975))
    return Interval(float(low), float(high), people)
