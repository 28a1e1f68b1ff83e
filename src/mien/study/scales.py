"""Two scales made of probabilities: the intensity of an expression, and valence."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mien.study.baseline import NEUTRAL, logarithms

POSITIVE = ("happy",)
NEGATIVE = ("angry", "disgust", "fear", "sad")

_TOP = 0.95  # quantile of a person's own records that counts as their full expression
_LEAST_RANGE = 1.0  # nats of log-odds; a person who moves less has no range to be scaled by
_LEAST_ROWS = 20

Floats = NDArray[np.float64]


def valence(probabilities: NDArray[np.floating], labels: Sequence[str]) -> Floats:
    """Returns P(happy) - P(angry) - P(disgust) - P(fear) - P(sad), float64 (M,), from -1 to 1.

    Surprise and neutral count as 0. NaN where the labels have nothing positive or nothing
    negative.
    """
    signs = np.array([(label in POSITIVE) - (label in NEGATIVE) for label in labels], np.float64)
    if signs.max(initial=0) <= 0 or signs.min(initial=0) >= 0:
        return np.full(len(probabilities), np.nan)
    return np.asarray(np.asarray(probabilities, np.float64) @ signs)


def log_odds(probabilities: NDArray[np.floating], labels: Sequence[str]) -> Floats:
    """Returns log P(label) - log P(neutral), float64 (M, L); NaN without a label neutral."""
    if NEUTRAL not in labels:
        return np.full(np.shape(probabilities), np.nan)
    logs = logarithms(probabilities)
    return np.asarray(logs - logs[:, [list(labels).index(NEUTRAL)]])


def ranges(odds: Floats, weights: Floats, rest: Floats | None) -> tuple[Floats, Floats]:
    """Returns a person's own range of each label's log-odds: where it starts, and how long it is.

    It starts at the neutral face, and ends at the quantile .95 of the person's records.

    Args:
        odds: float64 (M, L), of all usable records of the person.
        weights: float64 (M,), how much each counts.
        rest: float64 (L,), the log-odds of the person's neutral face; their median if None.

    Returns:
        Start and length, float64 (L,) each; NaN where the person has under 20 records or moves by
        less than 1.
    """
    labels = odds.shape[1]
    if len(odds) < _LEAST_ROWS:
        return np.full(labels, np.nan), np.full(labels, np.nan)
    start = np.median(odds, axis=0) if rest is None else rest
    length = np.array([_quantile(column, weights) for column in odds.T]) - start
    length[~(length >= _LEAST_RANGE)] = np.nan
    return start, length


def intensity(odds: Floats, start: Floats, length: Floats) -> Floats:
    """Returns each expression's intensity in the person's own range, float64 (M, L), 0 to 1."""
    return np.asarray(np.clip((odds - start) / length, 0.0, 1.0))


def _quantile(values: Floats, weights: Floats) -> float:
    """Returns the quantile `_TOP` of weighted values."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, _TOP * reached[-1])])
