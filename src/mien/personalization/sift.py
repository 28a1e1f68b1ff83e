"""One face has one label: which corrections are new, known already, or contradict another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.personalization.corrections import Correction, Kept

# Of an embedding's length. Half floats, as which recorded faces keep theirs, are within half of it;
# two frames of a still face before one camera are apart by a hundred times as much.
_SAME = 1e-3


@dataclass(frozen=True, slots=True)
class Sifted:
    """What is to become of the corrections that were given.

    Attributes:
        fresh: which ones are to be kept.
        twins: for each one, the place of the first with the same face, those kept before first.
        refused: why a correction is refused, by its place.
    """

    fresh: tuple[int, ...]
    twins: tuple[int, ...]
    refused: dict[int, str]


def sift(kept: Sequence[Kept], given: Sequence[Correction]) -> Sifted:
    """Compares the faces of corrections with those kept, and with each other.

    A face that is labelled otherwise already is refused; where two of the given contradict each
    other, both are. A face that has the same label already is not kept a second time.

    Args:
        kept: what the profile holds.
        given: what it is to be taught.
    """
    twins = _twins([one.correction.embedding for one in kept], [one.embedding for one in given])
    refused: dict[int, str] = {}
    for twin in set(twins):
        group = [at for at, other in enumerate(twins) if other == twin]
        if twin < len(kept):
            label = kept[twin].correction.label
            wrong = [at for at in group if given[at].label != label]
            refused |= {at: _known(given[at], kept[twin]) for at in wrong}
        elif len(labels := {given[at].label for at in group}) > 1:
            refused |= {at: _contradicting(given[at], labels) for at in group}
    fresh = tuple(
        at for at, twin in enumerate(twins) if twin == at + len(kept) and at not in refused
    )
    return Sifted(fresh, twins, refused)


def _contradicting(given: Correction, labels: set[str]) -> str:
    told = " and ".join(sorted(labels))
    return f"{given.source} is labelled {told}; give one face one label."


def _known(given: Correction, known: Kept) -> str:
    return (
        f"{given.source} is labelled {known.correction.label} already, by correction "
        f"{known.number}; undo that one first."
    )


def _twins(
    kept: Sequence[NDArray[np.float32]], given: Sequence[NDArray[np.float32]]
) -> tuple[int, ...]:
    """Returns for each given embedding the first, of all, that is of the same face."""
    if not given:
        return ()
    every = np.stack([*kept, *given]).astype(np.float64)
    squares = (every * every).sum(axis=1)
    # One row at a time: all at once would take the square of their number in memory.
    return tuple(_first(every, squares, len(kept) + at) for at in range(len(given)))


def _first(every: NDArray[np.float64], squares: NDArray[np.float64], row: int) -> int:
    apart = squares[: row + 1] + squares[row] - 2 * every[: row + 1] @ every[row]
    return int(np.argmax(apart <= _SAME**2 * squares[row]))
