"""What a reader must know beside the figures of a summary."""

from collections.abc import Iterator, Sequence

from mien.study.summary.contrasts import ByPerson, Contrast

FEW_PEOPLE = 10
"""With fewer, a percentile interval over people is too narrow."""

LEVEL = 0.05
"""Of significance, which few people cannot reach by sign flips."""


def describe_limits(
    figures: ByPerson, conditions: Sequence[str], contrasts: Sequence[Contrast]
) -> Iterator[str]:
    """Yields what limits the figures, a sentence each.

    Args:
        figures: of each person in each condition.
        conditions: their names.
        contrasts: that were made.
    """
    yield from _poor(figures)
    people = len({person for person, _ in figures})
    if people == 1:
        yield "one person: no contrast and no interval, and other people may differ"
    elif not conditions:
        yield "no condition is named: no contrast. Name one in a column or in the events"
    elif len(conditions) == 1:
        yield f"one condition ({conditions[0]}): no contrast"
    elif not contrasts:
        yield "under two people share two conditions: no contrast"
    yield from _few(contrasts)


def _poor(figures: ByPerson) -> Iterator[str]:
    poor = [" in ".join(filter(None, key)) for key, cell in figures.items() if cell.poor]
    if poor:
        shown = ", ".join(poor[:5]) + (f" and {len(poor) - 5} more" if len(poor) > 5 else "")
        yield (
            f"{len(poor)} of {len(figures)} results rest on under half of the records or of the "
            f"time: {shown}"
        )


def _few(contrasts: Sequence[Contrast]) -> Iterator[str]:
    if not contrasts:
        return
    yield f"{len(contrasts)} contrasts were made: read p_holm, which is adjusted for them"
    fewest = min(contrast.people for contrast in contrasts)
    if fewest < FEW_PEOPLE:
        yield f"{fewest} people are few: the intervals are likely too narrow"
    if len(contrasts) * (least := 2 / 2**fewest) > LEVEL:
        yield (
            f"with {fewest} people no p is under {least:.2g}, and of {len(contrasts)} contrasts no "
            f"p_holm is under {min(len(contrasts) * least, 1):.2g}: read the intervals"
        )
    for first, second, left_out in dict.fromkeys(
        (it.first, it.second, it.left_out) for it in contrasts if it.left_out
    ):
        who = "person lacks" if left_out == 1 else "people lack"
        yield f"{second} less {first}: left out, {left_out} {who} one of the two conditions"
