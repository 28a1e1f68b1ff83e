"""Every rater with every other: counts of their labels, by frame or by segment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.study.agreement.alignment import MISSING, Ratings, count_pairs
from mien.study.agreement.coded import Coding
from mien.study.agreement.codes import MIEN
from mien.study.agreement.estimates import Pair
from mien.study.agreement.segments import RatedSegments, count_segments

By = Literal["frame", "segment"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Raters with each other.

    Attributes:
        by: what is counted: steps of time, or segments.
        people: names, in the order of the counts.
        labels: the K that a rater used, in the model's order.
        coders: names.
        pairs: of all raters; by segment, counts have one more row and column, for none.
        same: the same pairs, counted on the steps that Mien labelled alone, so that coders with
            coders can be set beside coders with Mien; by segment, these are the pairs.
        ratings: by frame, with `labels` counted among the K and K columns of probabilities; empty
            by segment.
    """

    by: By
    people: tuple[str, ...]
    labels: tuple[str, ...]
    coders: tuple[str, ...]
    pairs: tuple[Pair, ...]
    same: tuple[Pair, ...]
    ratings: tuple[Ratings, ...] = ()

    @cached_property
    def ratings_by_person(self) -> tuple[tuple[Ratings, ...], ...]:
        """The ratings of each person, in the order of `people`."""
        own: dict[str, list[Ratings]] = {name: [] for name in self.people}
        for rating in self.ratings:
            own[rating.person].append(rating)
        return tuple(map(tuple, own.values()))

    def with_mien(self, mien: bool) -> list[Pair]:
        """Returns the pairs of coders and Mien, or of coders, that can be set beside each other."""
        return [pair for pair in self.same if (pair.second == MIEN) == mien and pair.counts.any()]


def compare_frames(coding: Coding, ratings: Sequence[Ratings]) -> Comparison:
    """Counts the steps of time with each pair of labels.

    Args:
        coding: people, coders and labels.
        ratings: of all coded people.
    """
    used = np.unique(np.concatenate([it.labels.ravel() for it in ratings]))
    used = used[used != MISSING]
    kept = [_keep(rating, used) for rating in ratings]
    same = [
        replace(it, labels=np.where(it.labels[-1] == MISSING, MISSING, it.labels)) for it in kept
    ]
    return Comparison(
        by="frame",
        people=coding.people,
        labels=tuple(coding.labels[label] for label in used),
        coders=coding.coders,
        pairs=_pair_frames(coding, kept, len(used)),
        same=_pair_frames(coding, same, len(used)),
        ratings=tuple(kept),
    )


def _keep(rating: Ratings, used: NDArray[np.int8]) -> Ratings:
    """Leaves out the labels that no rater used."""
    places = np.searchsorted(used, rating.labels).astype(np.int8)
    labels = np.where(rating.labels == MISSING, np.int8(MISSING), places)
    return replace(rating, labels=labels, probabilities=rating.probabilities[:, used])


def _pair_frames(coding: Coding, ratings: Sequence[Ratings], labels: int) -> tuple[Pair, ...]:
    names = (*coding.coders, MIEN)
    return tuple(
        Pair(
            names[first],
            names[second],
            count_pairs(ratings, coding.people, (first, second), labels),
            _answered(ratings, first, second),
        )
        for first, second in combinations(range(len(names)), 2)
    )


def _answered(ratings: Sequence[Ratings], first: int, second: int) -> float:
    """Returns the share of one rater's steps that another labelled, too."""
    one, other = (
        np.concatenate([it.labels[rater] for it in ratings]) != MISSING for rater in (first, second)
    )
    return float(other[one].mean()) if one.any() else np.nan


def compare_segments(
    coding: Coding, rated: Sequence[RatedSegments], tolerance: float
) -> Comparison:
    """Counts the expressions with each pair of labels.

    Args:
        coding: people, coders and labels.
        rated: of all coded people.
        tolerance: of onsets and offsets, in seconds.
    """
    names, labels = (*coding.coders, MIEN), len(coding.labels)
    pairs = [
        Pair(
            names[first],
            names[second],
            count_segments(rated, coding.people, (first, second), labels, tolerance),
        )
        for first, second in combinations(range(len(names)), 2)
    ]
    total = np.sum([pair.total for pair in pairs], axis=0)
    used = np.flatnonzero((total.sum(axis=0) + total.sum(axis=1))[:-1])
    rows = np.append(used, len(total) - 1)
    kept = tuple(replace(it, counts=it.counts[:, rows[:, None], rows]) for it in pairs)
    found = tuple(coding.labels[label] for label in used)
    return Comparison("segment", coding.people, found, coding.coders, kept, kept)
