"""Shares of an expression by prediction-powered inference.

The model's figure for every stretch is corrected by the codes of those that people coded. The
estimate is unbiased however biased the model is (Angelopoulos et al. 2023, "Prediction-powered
inference"); the model counts as much as it helps (Angelopoulos, Duchi and Zrnic 2023, "PPI++"),
tuned on other stretches than those that it is applied to. Codes are weighted by the inverse of
their chance to be chosen (Hajek 1971).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FOLDS = 5
"""The parts of the coded stretches: each gets the tuning that the others gave."""

PRIOR = 0.5
"""How much of Wilson's shift towards a half the interval has: with 0.25 those of rare labels held
the truth in 80 to 90 % of simulated studies, with 1 those of contrasts in 99 %."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Share:
    """An estimate with its 95 % interval.

    Attributes:
        value: the estimate.
        low: the lower limit; NaN where under two stretches are coded.
        high: the upper limit; the same.
        coded: how many coded stretches it rests on.
    """

    value: float
    low: float
    high: float
    coded: int


def estimate_share(
    codes: Floats, chances: Floats, predicted: Floats | None = None, mean: float = 0.0
) -> Share:
    """Estimates the share of one expression in all stretches.

    The interval is like Wilson's, with the variance of what the model leaves unexplained and Kish's
    effective number of codes: a label that no coder saw has an upper limit over 0. Stretches count
    as independent: it holds for these stretches, and tells nothing of other people.

    Args:
        codes: of the n coded stretches, in random order, 0 to 1: the part of the coders who chose
            the expression.
        chances: that each had to be chosen, over 0 to 1, float64 (n,).
        predicted: the model's figure for each, 0 to 1, float64 (n,); None for coding alone.
        mean: the model's mean over all stretches, coded or not.

    Returns:
        The estimate for all stretches, as if all had been coded.

    Example:
        >>> share = estimate_share(np.array([1.0, 0.0, 1.0, 0.0]), np.full(4, 0.1))
        >>> share.value, share.low < 0.5 < share.high
        (0.5, True)
    """
    weights = 1 / chances
    corrected = codes
    if predicted is not None and len(codes) > 1:
        away = predicted - mean
        corrected = codes - _tune(codes, away, weights) * away
    return _interval(corrected, weights)


def estimate_contrast(first: Share, second: Share) -> Share:
    """Returns the first share less the second, of stretches that are apart.

    The interval is made of those of the shares (Zou and Donner 2008, "MOVER"; for proportions
    Newcombe 1998).
    """
    value = first.value - second.value
    below = math.hypot(first.value - first.low, second.high - second.value)
    above = math.hypot(first.high - first.value, second.value - second.low)
    return Share(value, value - below, value + above, first.coded + second.coded)


def t_quantile(freedom: int) -> float:
    """Returns the 97.5 % quantile of Student's t, by the expansion of Cornish and Fisher.

    Right to 0.001 from 4 degrees of freedom on (Abramowitz and Stegun 1964, 26.7.5).
    """
    exact = {1: 12.7062, 2: 4.3027, 3: 3.1824}
    if freedom in exact:
        return exact[freedom]
    z = 1.959964
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / math.pow(freedom, power) for power, term in enumerate(terms, start=1))


def _tune(codes: Floats, away: Floats, weights: Floats) -> Floats:
    """Returns how much the model counts for each code, 0 to 1, tuned on the other folds."""
    fold = np.arange(len(codes)) % FOLDS
    tuned = np.zeros(len(codes))
    for number in range(min(FOLDS, len(codes))):
        others, squared = fold != number, weights[fold != number] ** 2
        code = codes[others] - np.average(codes[others], weights=squared)
        model = away[others] - np.average(away[others], weights=squared)
        spread = float((squared * model**2).sum())
        if spread > 0:
            tuned[~others] = np.clip((squared * code * model).sum() / spread, 0, 1)
    return tuned


def _interval(values: Floats, weights: Floats) -> Share:
    """Returns the weighted mean of n values with its interval."""
    count = len(values)
    if count == 0:
        return Share(np.nan, np.nan, np.nan, 0)
    value = float(np.average(values, weights=weights))
    inside = min(max(value, 0.0), 1.0)
    if count < 2:
        return Share(inside, np.nan, np.nan, count)
    squared = (weights * (values - value)) ** 2
    error = float(squared.sum() / weights.sum() ** 2) * count / (count - 1)
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    doubt = PRIOR * t_quantile(count - 1) ** 2
    centre = (effective * value + doubt / 2) / (effective + doubt)
    spread = t_quantile(_freedom(squared)) ** 2 * effective**2 * error
    half = math.sqrt(spread + doubt**2 / 4) / (effective + doubt)
    low, high = max(centre - half, 0.0), min(centre + half, 1.0)
    return Share(inside, min(low, inside), max(high, inside), count)


def _freedom(squared: Floats) -> int:
    """Returns how many degrees of freedom a sum of squares has, by its own scatter.

    A few large squares among many small ones, as of a rare label, tell less of the variance than
    their number says (Satterthwaite 1946).
    """
    count = len(squared)
    scatter = float((squared**2).sum() - squared.sum() ** 2 / count)
    most = count - 1
    if scatter <= 0:
        return most
    return max(min(most, int(2 * squared.sum() ** 2 / scatter)), min(4, most))
