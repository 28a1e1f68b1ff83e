"""Engines made for tests."""

from collections.abc import Callable, Iterable

from mien.batch.analysis import Models, Outcome, work
from mien.batch.plan import Options, Piece
from mien.batch.pool import Outcomes


class InProcess:
    """Works on the pieces one by one, here.

    Args:
        after: called after each piece; what it raises ends the run.
    """

    name = "test"

    def __init__(self, after: Callable[[Piece], None] = lambda _: None) -> None:
        self._after = after

    def run(self, pieces: Iterable[Piece], options: Options) -> Outcomes:
        models = Models(options)
        for piece in pieces:
            yield piece, work(piece, models)
            self._after(piece)


class Answering:
    """Answers what it is told to, for any piece."""

    name = "test"

    def __init__(self, answer: Callable[[Piece], Outcome]) -> None:
        self._answer = answer

    def run(self, pieces: Iterable[Piece], options: Options) -> Outcomes:
        for piece in pieces:
            yield piece, self._answer(piece)
