"""What runs in Ray's actors."""

import pickle
from dataclasses import dataclass
from typing import Any

import ray

from mien.batch.items import Options
from mien.batch.outcome import Outcome
from mien.batch.pieces import Piece
from mien.batch.work import Models, work
from mien.errors import MienError


@dataclass(frozen=True, slots=True)
class Lost:
    """A piece has no outcome, and why: what became of the process that worked on it."""

    why: str


Answer = Outcome | Lost | MienError


class UnderWay:
    """Knows which pieces were begun and have not ended. One actor holds it.

    Ray runs all that was lost with an actor again, without end, and does not say which of the
    pieces that waited there was at work. It is the one that begins a second time.
    """

    def __init__(self) -> None:
        self._places: set[int] = set()

    def begin(self, place: int) -> bool:
        """Takes down that a piece begins, given its place among all; False where it did before."""
        first = place not in self._places
        self._places.add(place)
        return first

    def end(self, place: int) -> None:
        """Takes down that a piece has ended."""
        self._places.discard(place)


def open_under_way() -> Any:
    """Starts the actor."""
    return ray.remote(num_cpus=0)(UnderWay).remote()


class RayWorker:
    """Works on a piece a call; its models are opened once.

    Args:
        options: of the job.
        under_way: an actor, `UnderWay`.
    """

    def __init__(self, options: Options, under_way: Any) -> None:
        self._under_way = under_way
        self._models: Models | MienError
        try:
            self._models = Models(options)
        except MienError as error:  # raised here, it would be tried again and again
            self._models = error

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Answers a row's `piece` by its place and an `Answer`; all are pickled."""
        if isinstance(self._models, MienError):
            answer: Answer = self._models
        elif ray.get(self._under_way.begin.remote(row["place"])):
            answer = _answer(row["piece"], self._models)
        else:
            answer = Lost("died")
        self._under_way.end.remote(row["place"])
        return {"answer": pickle.dumps((row["place"], answer))}


def _answer(pickled: bytes, models: Models) -> Outcome | Lost:
    try:
        piece: Piece = pickle.loads(pickled)  # noqa: S301 - the engine wrote it
        return work(piece, models)
    except Exception as error:  # whatever it is, it must not end the job
        return Lost(f"failed ({type(error).__name__}: {error})")
