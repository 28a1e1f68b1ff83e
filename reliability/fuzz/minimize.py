"""A smaller input with the same outcome: fewer mutations, fewer bytes, more zeros."""

import time
from collections.abc import Callable
from dataclasses import replace

from reliability.fuzz.case import Input
from reliability.fuzz.corpus import Corpus, Recipe

Same = Callable[[Input], bool]
"""Whether an input has the outcome that is wanted."""


class Budget:
    """How much may be tried.

    Args:
        tries: inputs.
        seconds: of time.
    """

    def __init__(self, tries: int = 400, seconds: float = 60.0) -> None:
        self._tries, self._end = tries, time.monotonic() + seconds

    def spend(self) -> bool:
        """Takes one try; returns whether there was one left."""
        self._tries -= 1
        return self._tries >= 0 and time.monotonic() < self._end


def minimize(corpus: Corpus, recipe: Recipe, same: Same, budget: Budget) -> Input:
    """Returns the smallest input that was found within the budget.

    Args:
        corpus: of the format.
        recipe: of the failing input.
        same: whether an input fails in the same way.
        budget: of tries.
    """
    recipe = drop_steps(corpus, recipe, same, budget)
    return shrink(corpus.make(recipe), same, budget)


def drop_steps(corpus: Corpus, recipe: Recipe, same: Same, budget: Budget) -> Recipe:
    """Leaves out each mutation that the outcome does not need."""
    for step in recipe.steps:
        fewer = replace(recipe, steps=tuple(it for it in recipe.steps if it != step))
        if budget.spend() and same(corpus.make(fewer)):
            recipe = fewer
    return recipe


def shrink(given: Input, same: Same, budget: Budget) -> Input:
    """Removes and clears ranges of bytes, large ones first, as long as the outcome stays."""
    for edit in (_without, _zeroed):
        size = len(given.data) // 2
        while size:
            given = _shrink_by(given, size, edit, same, budget)
            size //= 2
    return given


def _shrink_by(
    given: Input,
    size: int,
    edit: Callable[[bytes, int, int], bytes],
    same: Same,
    budget: Budget,
) -> Input:
    at = 0
    while at < len(given.data):
        data = edit(given.data, at, at + size)
        if data != given.data:
            if not budget.spend():
                return given
            if same(Input(given.name, data)):
                at += 0 if len(data) < len(given.data) else size
                given = Input(given.name, data)
                continue
        at += size
    return given


def _without(data: bytes, start: int, end: int) -> bytes:
    return data[:start] + data[end:]


def _zeroed(data: bytes, start: int, end: int) -> bytes:
    content = data[start:end]
    return data[:start] + bytes(len(content)) + data[end:]
