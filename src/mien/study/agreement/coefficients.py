"""Coefficients of agreement, as pure functions of counts and scores.

Nominal ratings come as votes or as a confusion matrix. Votes are (N, K): how many raters gave each
of K labels to each of N units; a unit that a rater did not rate has a vote less. A confusion matrix
is (K, K): how many units have the label of the row by one rater and of the column by another. A
coefficient that the data leave undefined is NaN, never 0 or 1: above all where all ratings are one
label, which says nothing about agreement beyond chance.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_TINY = 1e-12


def percent_agreement(votes: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Returns the share of pairs of raters that agree, averaged over units with two raters or more.

    Args:
        votes: (N, K), how many raters gave each label to each unit.
        weights: (N,), how often each row counts; once by default.
    """
    counts, weight = _check(votes, weights)
    raters = counts.sum(axis=1)
    paired = raters > 1
    if not weight[paired].sum():
        return np.nan
    counts, raters = counts[paired], raters[paired]
    agreed = (counts * (counts - 1)).sum(axis=1) / (raters * (raters - 1))
    return float(weight[paired] @ agreed / weight[paired].sum())


def gwet_ac1(votes: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Returns Gwet's AC1 of two raters or more, with ratings missing or not.

    It assumes that chance agreement comes from units that are hard to rate, so it stays high where
    one label is much more common than the others, where kappa falls (Gwet 2008, "Computing
    inter-rater reliability and its variance in the presence of high agreement"; with missing
    ratings as in Gwet 2014, Handbook of Inter-Rater Reliability, 4th ed.).

    Args:
        votes: (N, K), how many raters gave each label to each unit; K counts as the number of
            labels of the scale.
        weights: (N,), how often each row counts; once by default.

    Example:
        >>> round(gwet_ac1([[2, 0, 0]] * 5 + [[0, 2, 0]] * 3 + [[1, 0, 1]] * 2), 3)
        0.726
    """
    counts, weight = _check(votes, weights)
    raters = counts.sum(axis=1)
    rated = (raters > 0) & (weight > 0)
    if not rated.any():
        return np.nan
    shares = counts[rated] / raters[rated, None]
    prevalence = weight[rated] @ shares / weight[rated].sum()
    if np.count_nonzero(prevalence) < 2:
        return np.nan
    by_chance = float((prevalence * (1 - prevalence)).sum() / (len(prevalence) - 1))
    return _beyond_chance(percent_agreement(counts, weight), by_chance)


def krippendorff_alpha(votes: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Returns Krippendorff's alpha of nominal ratings, with ratings missing or not.

    A unit that one rater alone rated counts for nothing (Krippendorff 2011, "Computing
    Krippendorff's Alpha-Reliability").

    Args:
        votes: (N, K), how many raters gave each label to each unit.
        weights: (N,), how often each row counts; once by default.
    """
    counts, weight = _check(votes, weights)
    raters = counts.sum(axis=1)
    paired = (raters > 1) & (weight > 0)
    counts, weight = counts[paired], weight[paired] / (raters[paired] - 1)
    coincidences = (counts.T * weight) @ counts - np.diag(weight @ counts)
    margins = coincidences.sum(axis=0)
    total = margins.sum()
    if np.count_nonzero(margins) < 2:
        return np.nan
    disagreed = total - np.trace(coincidences)
    expected = (total**2 - (margins**2).sum()) / (total - 1)
    return float(1 - disagreed / expected)


def cohen_kappa(confusion: ArrayLike) -> float:
    """Returns Cohen's kappa of two raters (Cohen 1960, "A coefficient of agreement").

    Args:
        confusion: (K, K), how many units have each pair of labels.

    Example:
        >>> round(cohen_kappa([[20, 5], [10, 15]]), 2)
        0.4
    """
    shares = np.asarray(confusion, np.float64)
    total = shares.sum()
    if not total:
        return np.nan
    shares = shares / total
    by_chance = float(shares.sum(axis=1) @ shares.sum(axis=0))
    return _beyond_chance(float(np.trace(shares)), by_chance)


def event_kappa(confusion: ArrayLike) -> float:
    """Returns the kappa of events that two raters found or missed.

    The last row and column are "none": an event that one rater alone found. What neither found
    cannot be counted, so chance is that of labels which are independent except for this empty cell
    (Holle and Rein 2015, "EasyDIAg: A tool for easy determination of interrater agreement", who fit
    it by iteration; with one empty cell it has the closed form used here).

    Args:
        confusion: (K + 1, K + 1), with 0 in its last cell.
    """
    observed = np.asarray(confusion, np.float64)
    total, linked = observed.sum(), observed[:-1, :-1].sum()
    if not total:
        return np.nan
    if not linked:
        return 0.0
    rows, columns = observed[:-1].sum(axis=1), observed[:, :-1].sum(axis=0)
    by_chance = linked * (rows @ columns) / (rows.sum() * columns.sum()) / total
    return _beyond_chance(float(np.trace(observed) / total), float(by_chance))


def pair_votes(labels: int) -> NDArray[np.int64]:
    """Returns the votes of each cell of a confusion matrix, int64 (K * K, K).

    Example:
        >>> confusion = np.array([[20, 5], [10, 15]])
        >>> round(gwet_ac1(pair_votes(2), confusion.ravel()), 3)
        0.406
    """
    one = np.eye(labels, dtype=np.int64)
    return (one[:, None] + one).reshape(-1, labels)


def intraclass(scores: ArrayLike) -> tuple[float, float]:
    """Returns ICC(A,1) and ICC(C,1): absolute agreement and consistency of single scores.

    They are the two-way coefficients of McGraw and Wong (1996), "Forming inferences about some
    intraclass correlation coefficients"; ICC(A,1) is the ICC(2,1) of Shrout and Fleiss (1979), and
    ICC(C,1) their ICC(3,1).

    Args:
        scores: (N, k), of N units by k raters, complete.
    """
    values = np.asarray(scores, np.float64)
    return intraclass_of(sum_scores(values - values.mean() if values.size else values))


def sum_scores(scores: NDArray[np.floating]) -> Floats:
    """Returns what ICCs need of scores (N, k), float64 (k + 1, k + 1); sums of such sums add up."""
    extended = np.column_stack([np.ones(len(scores)), np.asarray(scores, np.float64)])
    return extended.T @ extended


def intraclass_of(sums: Floats) -> tuple[float, float]:
    """Returns ICC(A,1) and ICC(C,1) from `sum_scores`."""
    n, raters = sums[0, 0], len(sums) - 1
    if n < 2 or raters < 2:
        return np.nan, np.nan
    means = sums[0, 1:] / n
    covariance = (sums[1:, 1:] - n * np.outer(means, means)) / (n - 1)
    variance = np.trace(covariance) / raters
    shared = (covariance.sum() - np.trace(covariance)) / (raters * (raters - 1))
    error = variance - shared  # the mean square of the residuals
    between = n * means.var(ddof=1)  # the mean square between raters
    consistency = raters * variance  # that of units and of residuals: MSR + (k - 1) MSE
    if consistency <= _TINY * np.trace(sums[1:, 1:]):
        return np.nan, np.nan
    absolute = consistency + raters / n * (between - error)
    return float(raters * shared / absolute), float(raters * shared / consistency)


def _check(votes: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats]:
    counts = np.asarray(votes, np.float64)
    weight = np.ones(len(counts)) if weights is None else np.asarray(weights, np.float64)
    return counts, weight


def _beyond_chance(observed: float, by_chance: float) -> float:
    return (observed - by_chance) / (1 - by_chance) if by_chance < 1 - _TINY else np.nan
