"""Pieces that were lost with their workers: tried again, halved, and at last told of."""

from collections import Counter
from dataclasses import dataclass, field

from mien.batch.analysis import Outcome, failed, merge
from mien.batch.plan import Options, Piece

_TRIES = 2  # before a piece is halved: what kills a worker is more often chance than an input

Done = list[tuple[Piece, Outcome]]


@dataclass(slots=True)
class _Case:
    """A piece that was lost at least once.

    Attributes:
        piece: as it was given.
        open: how many parts of it are still due.
        outcomes: of the parts that are done.
        tries: how often each part was lost, by its first item and its length.
    """

    piece: Piece
    open: int = 1
    outcomes: list[Outcome] = field(default_factory=list)
    tries: Counter[tuple[int, int]] = field(default_factory=Counter)


class Retries:
    """Remembers what was lost; whichever engine lost it.

    Args:
        options: of the job.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._cases: dict[int, _Case] = {}

    def done(self, piece: Piece, outcome: Outcome) -> Done:
        """Takes the outcome of a piece, or of a part of it.

        Returns:
            The piece as it was given, with its whole outcome; nothing, while parts are due.
        """
        case = self._cases.get(piece.number)
        if case is None:
            return [(piece, outcome)]
        case.outcomes.append(outcome)
        case.open -= 1
        if case.open:
            return []
        del self._cases[piece.number]
        return [(case.piece, merge(case.outcomes))]

    def lost(self, piece: Piece, why: str) -> tuple[list[Piece], Done]:
        """Tells what to do about a piece whose worker died or failed.

        Args:
            piece: as it was given, or a part of it.
            why: what became of the process, such as "was killed (SIGKILL)".

        Returns:
            The pieces to work on instead, and what is done.
        """
        case = self._cases.setdefault(piece.number, _Case(piece))
        key = piece.items[0].index, len(piece.items)
        case.tries[key] += 1
        if case.tries[key] < _TRIES:
            return [piece], []
        if len(piece.items) > 1:
            case.open += 1
            return list(piece.split()), []
        reason = f"the process that worked on it {why}, twice; try it alone with 'mien predict'."
        return [], self.done(piece, failed(piece.items[0], reason, self._options))
