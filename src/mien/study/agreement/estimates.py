"""Figures of pairs of raters, each with an interval over people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from mien.study.agreement.coefficients import (
    cohen_kappa,
    event_kappa,
    gwet_ac1,
    intraclass_of,
    krippendorff_alpha,
    pair_votes,
    percent_agreement,
    sum_scores,
)
from mien.study.bootstrap import bootstrap_people

Counts = NDArray[np.int64]
Statistic = Callable[[NDArray[np.floating]], float]
"""Takes a confusion matrix (K, K) and returns a figure, NaN where it is undefined."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval over people.

    Attributes:
        value: NaN where it is undefined.
        low: NaN where there is no interval, as with one person.
        high: the same.
        people: how many people it rests on.
    """

    value: float
    low: float
    high: float
    people: int


@dataclass(frozen=True, eq=False)
class Pair:
    """Two raters, and how often they gave each pair of labels.

    Attributes:
        first: the reference, in rows: a coder.
        second: in columns: another coder, or Mien.
        counts: int64 (P, K, K), a confusion matrix a person.
        answered: the share of the first rater's steps at which the second gave a label, too; NaN
            where segments are compared.
    """

    first: str
    second: str
    counts: Counts
    answered: float = np.nan

    @property
    def total(self) -> Counts:
        """The confusion matrix of all people, int64 (K, K)."""
        total: Counts = self.counts.sum(axis=0)
        return total


def estimate(
    pairs: Sequence[Pair], statistic: Statistic, draws: int, minus: Sequence[Pair] = ()
) -> Estimate:
    """Returns the mean figure of some pairs, less that of others, with its interval.

    Args:
        pairs: one or several.
        statistic: of a pair's confusion matrix.
        draws: of the bootstrap.
        minus: whose mean figure is subtracted, on the same draws of people.
    """
    everything = np.stack([pair.counts for pair in (*pairs, *minus)], axis=1)
    known = everything[everything.any(axis=(1, 2, 3))]
    shape = known.shape[1:]
    flat = known.reshape(len(known), int(np.prod(shape))).astype(np.float64)

    def figure(drawn: NDArray[np.intp]) -> float:
        totals = (np.bincount(drawn, minlength=len(flat)) @ flat).reshape(shape)
        figures = [statistic(total) for total in totals]
        others = sum(figures[len(pairs) :]) / len(minus) if minus else 0.0
        return sum(figures[: len(pairs)]) / len(pairs) - others

    return _with_interval(len(flat), figure, draws)


def estimate_votes(
    votes: Counts, counts: Counts, statistic: Callable[..., float], draws: int
) -> Estimate:
    """Returns a figure of all raters at once, with its interval.

    Args:
        votes: (U, K), the patterns of votes.
        counts: (P, U), how often each person has each pattern.
        statistic: takes votes and their weights.
        draws: of the bootstrap.
    """
    known = counts[counts.sum(axis=1) > 0].astype(np.float64)

    def figure(drawn: NDArray[np.intp]) -> float:
        return statistic(votes, np.bincount(drawn, minlength=len(known)) @ known)

    return _with_interval(len(known), figure, draws)


def estimate_intraclass(
    groups: Sequence[Sequence[NDArray[np.float64]]], draws: int
) -> tuple[int, Estimate, Estimate]:
    """Returns on how many rows they rest, ICC(A,1) and ICC(C,1), with intervals.

    Args:
        groups: each with scores (N, k) of each person, in the same order; rows with NaN are left
            out, and coefficients are the mean of the groups'.
        draws: of the bootstrap.
    """
    complete = [[rows[~np.isnan(rows).any(axis=1)] for rows in people] for people in groups]
    sums = np.array([[sum_scores(rows) for rows in people] for people in complete])
    known = sums[:, sums[:, :, 0, 0].any(axis=0)].swapaxes(0, 1)

    def figure(drawn: NDArray[np.intp], which: int) -> float:
        totals = np.tensordot(np.bincount(drawn, minlength=len(known)), known, 1)
        return sum(intraclass_of(total)[which] for total in totals) / len(totals)

    absolute, consistent = (
        _with_interval(len(known), partial(figure, which=which), draws) for which in (0, 1)
    )
    return sum(len(rows) for people in complete for rows in people), absolute, consistent


def _with_interval(
    people: int, figure: Callable[[NDArray[np.intp]], float], draws: int
) -> Estimate:
    if not people:
        return Estimate(np.nan, np.nan, np.nan, 0)
    value = figure(np.arange(people))
    if np.isnan(value):
        return Estimate(np.nan, np.nan, np.nan, people)
    interval = bootstrap_people(people, figure, draws)
    return Estimate(value, interval.low, interval.high, people)


def frame_statistics(labels: int) -> dict[str, Statistic]:
    """Returns the figures of a pair by frame, by name.

    Args:
        labels: how many labels the scale has.
    """
    votes = pair_votes(labels)
    return {
        "agreement": lambda counts: percent_agreement(votes, counts.ravel()),
        "kappa": cohen_kappa,
        "ac1": lambda counts: gwet_ac1(votes, counts.ravel()),
        "alpha": lambda counts: krippendorff_alpha(votes, counts.ravel()),
    }


def segment_statistics() -> dict[str, Statistic]:
    """Returns the figures of a pair by segment, by name; the last label is none."""
    return {
        "agreement": lambda counts: _share(np.trace(counts), counts.sum()),
        "f1": lambda counts: _share(2 * np.trace(counts), counts[:-1].sum() + counts[:, :-1].sum()),
        "kappa": event_kappa,
    }


def label_scores(counts: Counts, label: int) -> tuple[float, float]:
    """Returns precision and recall of one label, the first rater being the reference."""
    right = counts[label, label]
    return _share(right, counts[:, label].sum()), _share(right, counts[label].sum())


def label_f1(counts: NDArray[np.floating], label: int) -> float:
    """Returns F1 of one label; NaN where neither rater gave it."""
    return _share(2 * counts[label, label], counts[label].sum() + counts[:, label].sum())


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else np.nan
