"""Pieces on Ray Data: on the cores of this machine, or on a cluster."""

import pickle
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

import ray
from ray.data import ActorPoolStrategy, Dataset, from_items

from mien.batch.engine import Outcomes
from mien.batch.errors import BatchError
from mien.batch.items import Options
from mien.batch.outcome import Outcome
from mien.batch.pieces import Piece
from mien.batch.ray_cluster import connected, first_line
from mien.batch.ray_worker import Answer, Lost, RayWorker, open_under_way
from mien.batch.retries import Retries
from mien.errors import MienError

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
        retries, due, again = Retries(options), iter(pieces), deque[Piece]()
        with connected(self._address, self._workers) as workers:
            while window := _next(again, due):
                for piece, answer in _stream(window, options, workers):
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


def _stream(
    window: list[Piece], options: Options, workers: int
) -> Iterator[tuple[Piece, Outcome | Lost]]:
    """Yields what comes of each piece, as it comes.

    Raises:
        BatchError: Ray gives up.
        MienError: a worker cannot start.
    """
    results = _rows(window).map(
        RayWorker,  # type: ignore[arg-type]  # Ray takes classes, though its hints do not
        fn_constructor_args=(options, open_under_way()),
        compute=ActorPoolStrategy(min_size=1, max_size=workers, initial_size=workers),
        num_cpus=1,
    )
    try:
        for row in results.iter_rows():
            answer: Answer = pickle.loads(row["answer"])  # noqa: S301 - a worker of this job's
            if isinstance(answer, MienError):
                raise answer
            yield window[row["place"]], answer
    except ray.exceptions.RayError as error:
        raise BatchError(
            f"Ray gave up ({first_line(error)}); what is written stays valid: "
            "give the same command again."
        ) from None


def _rows(window: list[Piece]) -> Dataset:
    """Makes a data set of pieces, a block each, so that each is handed out by itself."""
    rows = [{"place": place, "piece": pickle.dumps(piece)} for place, piece in enumerate(window)]
    return from_items(rows, override_num_blocks=len(rows))
