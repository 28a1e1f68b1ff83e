"""What a reader must know beside figures of agreement."""

from collections.abc import Iterator, Sequence

import numpy as np

from mien.emotions import UNSURE
from mien.study.agreement.alignment import MISSING, Ratings
from mien.study.agreement.coded import Coding
from mien.study.agreement.codes import MIEN
from mien.study.agreement.comparison import Comparison
from mien.study.baseline import NEUTRAL

FEW_PEOPLE = 20
"""With fewer, a percentile interval over people is too narrow (docs/agreement.md)."""


def describe_limits(
    comparison: Comparison, coding: Coding, ratings: Sequence[Ratings], uncoded: str | None
) -> Iterator[str]:
    """Yields what limits the figures, a sentence each.

    Args:
        comparison: the counts.
        coding: the codes.
        ratings: by step, before labels that nobody used were left out.
        uncoded: the label of uncoded time; None for missing.
    """
    yield from _people(len(comparison.people))
    yield from _coders(comparison)
    yield from _single_labels(comparison, coding)
    if uncoded is None:
        yield from _uncoded(coding, ratings)
    yield from _unanswered(ratings)


def _people(count: int) -> Iterator[str]:
    if count == 1:
        yield "one person: there is no interval, and other people may agree more or less"
    elif count < FEW_PEOPLE:
        yield f"{count} people are few: the intervals are likely too narrow"


def _coders(comparison: Comparison) -> Iterator[str]:
    if len(comparison.coders) == 1:
        yield (
            f"one coder ({comparison.coders[0]}): coders with coders is unknown, so nothing shows "
            "how near Mien could come"
        )
    for pair in comparison.pairs:
        if not pair.counts.any():
            yield f"{pair.first} and {pair.second} have nothing in common to compare"


def _single_labels(comparison: Comparison, coding: Coding) -> Iterator[str]:
    """Names raters who gave one label throughout: a coefficient of theirs is 0 or undefined."""
    for coder in coding.coders:
        labels = {event.code for it in coding.tracks for event in it.codes.get(coder, ())}
        if len(labels) == 1:
            yield f"{coder} gave one label, {labels.pop()}, throughout"
    for pair in comparison.pairs:
        total = pair.total
        if total.any() and np.count_nonzero(total.sum(axis=0) + total.sum(axis=1)) == 1:
            yield (
                f"{pair.first} and {pair.second} gave one label alone where both gave any: "
                "chance-corrected agreement is undefined"
            )


def _uncoded(coding: Coding, ratings: Sequence[Ratings]) -> Iterator[str]:
    """Says which coders left much uncoded, and what that does."""
    for place, coder in enumerate(coding.coders):
        seen = [it.labels for it in ratings if (it.labels[place] != MISSING).any()]
        mien = np.concatenate([labels[-1] for labels in seen]) if seen else np.empty(0)
        own = np.concatenate([labels[place] for labels in seen]) if seen else np.empty(0)
        missing = np.mean(own[mien != MISSING] == MISSING) if (mien != MISSING).any() else 0
        codes = {event.code for it in coding.tracks for event in it.codes.get(coder, ())}
        if missing > 0.01:
            never = NEUTRAL in coding.labels and NEUTRAL not in codes
            yield (
                f"{coder} left {missing:.0%} of the labelled time uncoded; it counts as missing"
                + (f", not as {NEUTRAL} (--uncoded {NEUTRAL} changes that)" if never else "")
            )


def _unanswered(ratings: Sequence[Ratings]) -> Iterator[str]:
    """Says how much of the coded time has no label of Mien's."""
    coded = np.concatenate([(it.labels[:-1] != MISSING).any(axis=0) for it in ratings])
    missing = np.concatenate([it.labels[-1] == MISSING for it in ratings])[coded]
    if coded.any() and missing.mean() > 0.01:
        yield (
            f"{MIEN} has no label in {missing.mean():.0%} of the coded time (no face, not usable, "
            f"or {UNSURE}); it counts as missing"
        )
