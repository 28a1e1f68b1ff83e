"""Which stretches to code: those that tell most, each with a known chance of being chosen."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mien.errors import StudyError

UNIFORM = 0.5
"""The uniform part of the chances: no stretch weighs more than twice as much as under a plain
random choice."""

Floats = NDArray[np.float64]


def inclusion_probabilities(scores: Floats, budget: int, uniform: float = UNIFORM) -> Floats:
    """Returns the chance of each stretch to be chosen.

    Args:
        scores: what coding each stretch would tell, not negative, float64 (N,), such as the entropy
            of its labels; equal scores give equal chances.
        budget: how many stretches are to be chosen, from 1 to N.
        uniform: the part of the chances that is equal for all, over 0 to 1.

    Returns:
        float64 (N,), over 0 to 1, with a sum of `budget`.

    Raises:
        StudyError: there are fewer stretches than the budget, or the budget is under 1.
    """
    if not 1 <= budget <= len(scores):
        raise StudyError(
            f"{budget} of {len(scores)} stretches cannot be chosen",
            remedy=f"choose from 1 to {len(scores)} stretches",
        )
    total = scores.sum()
    informative = scores / total if total > 0 else np.full(len(scores), 1 / len(scores))
    sizes = uniform / len(scores) + (1 - uniform) * informative
    certain = np.zeros(len(scores), bool)
    while True:  # a chance over 1 is 1, and the others share the rest of the budget
        rest = budget - certain.sum()
        chances = np.where(certain, 1.0, rest * sizes / max(sizes[~certain].sum(), 1e-300))
        if not (above := (chances > 1) & ~certain).any():
            return np.minimum(chances, 1.0)
        certain |= above


def draw_stretches(
    chances: Floats, strata: Sequence[object], rng: np.random.Generator
) -> NDArray[np.intp]:
    """Draws stretches by systematic sampling with unequal probabilities (Madow 1949).

    The stretches stand in a random order within their stratum, stratum after stratum, so each
    stratum gets its part of the budget, to within one stretch.

    Args:
        chances: of `inclusion_probabilities`, float64 (N,).
        strata: of each stretch, such as its condition and person.
        rng: the source of the draw.

    Returns:
        The chosen stretches, ascending; as many as the chances sum to.
    """
    numbers = {stratum: number for number, stratum in enumerate(dict.fromkeys(strata))}
    stratum = np.array([numbers[value] for value in strata], np.int64)
    order = np.lexsort((rng.random(len(chances)), stratum))
    ends = np.cumsum(chances[order])
    count = round(float(ends[-1]))
    ends *= count / ends[-1]  # rounding must not lose the last one
    return np.sort(order[np.searchsorted(ends, rng.random() + np.arange(count), side="right")])
