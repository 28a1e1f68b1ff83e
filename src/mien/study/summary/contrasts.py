"""Contrasts between conditions within persons: each person is compared with themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from mien.errors import StudyError
from mien.study.bootstrap import bootstrap_people
from mien.study.summary.figures import Figures

SEED = 0
"""Of the bootstrap and of the random sign flips."""

EXACT_PEOPLE = 12
"""Up to as many people all sign flips are made, 4,096; more draw `FLIPS` of them at random."""

FLIPS = 10_000

MEAN, SHARE, VALENCE, ONSETS = MEASURES = ("mean", "share", "valence", "expressions")
"""What is compared: mean probability and share of time of each label, valence, expressions a
minute."""

Floats = NDArray[np.float64]
ByPerson = Mapping[tuple[str, str], Figures]
"""The figures of each person in each condition."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """The mean over persons of one measure in a second condition, less that in a first.

    Attributes:
        first: the condition that is subtracted.
        second: the condition that it is subtracted from.
        measure: one of `MEASURES`.
        label: that it is of; "" for a measure of all.
        people: how many have both conditions.
        left_out: how many lack one of the two, and count for nothing.
        poor: how many of `people` rest on under half of their time in either condition.
        difference: mean over the people.
        low: lower limit of its 95 % interval, by the bootstrap over the people.
        high: upper limit.
        dz: the mean difference in standard deviations of the differences (Cohen 1988); NaN where
            all differences are equal.
        p: two-sided, of the sign-flip permutation test over the people (Fisher 1935).
        p_holm: the same, adjusted for all contrasts of the summary (Holm 1979).
    """

    first: str
    second: str
    measure: str
    label: str
    people: int
    left_out: int
    poor: int
    difference: float
    low: float
    high: float
    dz: float
    p: float
    p_holm: float = np.nan


def order_pairs(
    conditions: Sequence[str], wanted: Sequence[tuple[str, str]] = ()
) -> list[tuple[str, str]]:
    """Returns the pairs of conditions to compare: those asked for, or all.

    Raises:
        StudyError: nobody has a condition that is asked for, or it is compared with itself.
    """
    for first, second in wanted:
        for name in (first, second):
            if name not in conditions:
                known = ", ".join(conditions) or "none: the records have no condition"
                raise StudyError(
                    f"nobody has the condition '{name}'", remedy=f"the conditions are {known}"
                )
        if first == second:
            raise StudyError(
                f"the condition '{first}' is compared with itself", remedy="name two conditions"
            )
    return list(wanted) or list(combinations(conditions, 2))


def compare_conditions(
    figures: ByPerson, pairs: Sequence[tuple[str, str]], codes: tuple[str, ...]
) -> list[Contrast]:
    """Compares conditions, measure by measure.

    Args:
        figures: of each person in each condition.
        pairs: of conditions; one that under two people share is passed over.
        codes: the labels, and unsure.

    Returns:
        For each pair, a contrast for each measure that two people at least have in both.
    """
    of_all = ((VALENCE, ""), (ONSETS, ""))
    measures = [*product((MEAN,), codes[:-1]), *product((SHARE,), codes), *of_all]
    found = [
        contrast
        for pair in pairs
        for measure, label in measures
        if (contrast := _compare(figures, pair, measure, label, codes))
    ]
    adjusted = adjust_holm(np.array([contrast.p for contrast in found]))
    return [replace(it, p_holm=float(p)) for it, p in zip(found, adjusted, strict=True)]


def value_of(figures: Figures, measure: str, label: str, codes: tuple[str, ...]) -> float:
    """Returns one of a cell's `MEASURES`; NaN where it is undefined."""
    if measure in (MEAN, SHARE):
        values = figures.mean if measure == MEAN else figures.shares
        return float(values[codes.index(label)])
    return figures.valence if measure == VALENCE else figures.all_onsets


def _compare(
    figures: ByPerson, pair: tuple[str, str], measure: str, label: str, codes: tuple[str, ...]
) -> Contrast | None:
    """Compares two conditions; None where under two people have both."""
    everybody = dict.fromkeys(person for person, condition in figures if condition in pair)
    both, differences = [], []
    for person in everybody:
        cells = [figures.get((person, condition)) for condition in pair]
        values = [value_of(it, measure, label, codes) if it else np.nan for it in cells]
        if not np.isnan(values).any():
            both.append(cells)
            differences.append(values[1] - values[0])
    if len(both) < 2:
        return None
    poor = sum(any(it is not None and it.poor for it in cells) for cells in both)
    numbers = len(both), len(everybody) - len(both), poor
    return Contrast(*pair, measure, label, *numbers, *_estimate(np.array(differences)))


def _estimate(differences: Floats) -> tuple[float, float, float, float, float]:
    """Returns the mean difference, its interval, dz and p."""
    interval = bootstrap_people(
        len(differences), lambda drawn: float(differences[drawn].mean()), seed=SEED
    )
    mean, deviation = float(differences.mean()), float(differences.std(ddof=1))
    # Differences that are equal but for rounding have no effect size.
    dz = mean / deviation if deviation > 1e-12 else np.nan
    return mean, interval.low, interval.high, dz, flip_signs(differences)


def flip_signs(differences: Floats, seed: int = SEED) -> float:
    """Tests whether differences are symmetric about 0, by flipping their signs.

    If the condition did nothing, each person's difference were as likely with the other sign. p is
    the share of flips whose mean is as far from 0 as the one found (Fisher 1935, "The Design of
    Experiments", section 21). All flips are made for up to `EXACT_PEOPLE`; otherwise `FLIPS` random
    ones, and the one found is counted among them (Phipson and Smyth 2010).

    Args:
        differences: one a person, float64 (people,).
        seed: of the random flips.

    Returns:
        p, two-sided. With n people it is never under 2 / 2**n.

    Example:
        >>> flip_signs(np.array([1.0, 2.0, 3.0]))
        0.25
    """
    people = len(differences)
    found = abs(differences.sum()) - 1e-9 * np.abs(differences).sum()
    if people <= EXACT_PEOPLE:
        flips = 1 - 2 * (np.arange(2**people)[:, None] >> np.arange(people) & 1)
        return float(np.mean(np.abs(flips @ differences) >= found))
    flips = np.random.default_rng(seed).choice((-1, 1), (FLIPS, people))
    return float((1 + np.sum(np.abs(flips @ differences) >= found)) / (1 + FLIPS))


def adjust_holm(p: Floats) -> Floats:
    """Adjusts p values for how many there are (Holm 1979), so that all may be read at 0.05.

    Example:
        >>> adjust_holm(np.array([0.01, 0.04, 0.03]))
        array([0.03, 0.06, 0.06])
    """
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(steps, 1)
    return adjusted
