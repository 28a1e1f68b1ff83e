"""What runs pieces: the one thing that differs between a machine and a cluster."""

from collections.abc import Generator, Iterable
from typing import Protocol

from mien.batch.items import Options
from mien.batch.outcome import Outcome
from mien.batch.pieces import Piece

Outcomes = Generator[tuple[Piece, Outcome], None, None]
"""Pieces with their outcomes; to be closed by whoever does not take them all."""


class Engine(Protocol):
    """Runs `mien.batch.work.work` on pieces, somewhere. It knows nothing of a job's files.

    Attributes:
        name: what the command calls it.
    """

    name: str

    def run(self, pieces: Iterable[Piece], options: Options) -> Outcomes:
        """Works on pieces; however the loop ends, what was started is stopped.

        A piece whose worker dies, or raises, is tried again; if that fails as well it is halved
        (`Piece.split`), until the one item that does it has the outcome `failed`.

        Args:
            pieces: taken as workers get free, so that memory is bounded.
            options: of the job.

        Yields:
            Each piece as it was given, once, with its outcome, in any order.

        Raises:
            BatchError: the workers cannot be started or reached.
            ModelError: they cannot open the model.
        """
