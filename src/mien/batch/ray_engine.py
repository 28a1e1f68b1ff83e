"""Pieces on Ray Data: on the cores of this machine, or on a cluster."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

from mien.batch.engine import Outcomes
from mien.batch.items import Options
from mien.batch.pieces import Piece
from mien.batch.ray_cluster import check
from mien.batch.ray_driver import driver
from mien.batch.ray_worker import Lost
from mien.batch.retries import Retries

_WINDOW = 16_384  # pieces that the cluster holds at a time, of up to 18 kB each


class RayEngine:
    """Runs pieces in a pool of Ray Data's actors, each with its own models on one thread.

    The pool grows and shrinks with the work, and the cluster holds no more outcomes than its
    object store has room for: Ray Data then starts no more pieces.

    Args:
        address: host and port of a cluster's head, or `auto` for the one that this machine is part
            of. None starts one on this machine, for this job alone.
        workers: how many actors at most; None for as many as the cluster has cores.
    """

    name = "ray"

    def __init__(self, address: str | None = None, workers: int | None = None) -> None:
        self._address, self._workers = address, workers

    def run(self, pieces: Iterable[Piece], options: Options) -> Outcomes:
        """See `Engine.run`. What is lost is tried again at the end of its window."""
        if self._address not in (None, "auto"):
            check(self._address)
        retries, due, again = Retries(options), iter(pieces), deque[Piece]()
        with driver(self._address, self._workers, options) as ray:
            while window := _next(again, due):
                for piece, answer in ray.run(window):
                    if isinstance(answer, Lost):
                        more, done = retries.lost(piece, answer.why)
                        again += more
                    else:
                        done = retries.done(piece, answer)
                    yield from done


def _next(again: deque[Piece], due: Iterator[Piece]) -> list[Piece]:
    """Takes as many pieces as the cluster may hold; first those that were lost."""
    lost = [again.popleft() for _ in range(min(len(again), _WINDOW))]
    return lost + list(islice(due, _WINDOW - len(lost)))
