"""A job from its inputs to its last part: what `mien batch` does."""

import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from mien.batch.begin import Request, begin
from mien.batch.engine import Engine
from mien.batch.folder import JobFolder, open_folder
from mien.batch.held import Held
from mien.batch.items import Options
from mien.batch.journal import Totals
from mien.batch.manifest import Manifest, describe
from mien.batch.outcome import Outcome
from mien.batch.pieces import Piece, plan
from mien.batch.progress import Listener, measure
from mien.batch.saved import saved_inputs
from mien.batch.store import Store
from mien.inference.records.schema import told
from mien.processes.interrupts import uninterrupted

_FULL = "what is written stays valid; make room, and give the same command again."


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a job.

    Attributes:
        totals: of all runs of it.
        seconds: that all runs of it took, without the listing of its inputs.
    """

    totals: Totals
    seconds: float


def run(request: Request, engine: Engine, listener: Listener) -> Report:
    """Works through all inputs, or goes on where an earlier run of the same job ended.

    However this ends, each input that is written has its rows once, or is once among the errors.

    Args:
        request: what to do.
        engine: where to do it.
        listener: hears how it goes.

    Raises:
        BatchError: an input or the folder is not fit for it, or the engine cannot start.
        MediaError: the folder cannot be written to any more.
        ModelError: the model is missing, or is not one of Mien's.
    """
    about = describe(request.options)
    with open_folder(request.out) as folder:
        with told(request.out, _FULL):
            manifest = Manifest(folder)
            options = begin(request, folder, manifest, about, listener)
            job = _Job(folder, options, manifest, engine.name)
        return job.run(engine, listener)


class _Job:
    """Writes what an engine answers."""

    def __init__(
        self, folder: JobFolder, options: Options, manifest: Manifest, engine: str
    ) -> None:
        self._options, self._manifest, self._inputs = options, manifest, folder.inputs
        self._store, self._held = Store(folder, options), Held(folder, options)
        self._held.forget(self._store.done)
        self._since = time.monotonic() - float(manifest.content["seconds"])
        self._out = folder.path
        self._engine = engine

    def run(self, engine: Engine, listener: Listener) -> Report:
        listener.starts(measure(self._pieces(), self._known()), self._store.totals)
        state = "stopped"
        try:
            self._save("running")
            self._join_what_is_held()
            with closing(engine.run(self._due(), self._options)) as outcomes:
                for piece, outcome in outcomes:
                    self._keep(piece, outcome)
                    listener.done(piece, self._store.totals)
            state = "done"
        finally:
            self._save(state)
        return Report(self._store.totals, self._seconds())

    def _pieces(self) -> Iterator[Piece]:
        return plan(saved_inputs(self._inputs))

    def _known(self) -> set[int]:
        return self._store.done | self._held.numbers

    def _due(self) -> Iterable[Piece]:
        known = self._known()
        return (piece for piece in self._pieces() if piece.number not in known)

    def _join_what_is_held(self) -> None:
        """Joins films whose last part came just before an earlier run ended."""
        for piece in self._pieces() if self._held.numbers else ():
            if piece.span and piece.number == piece.siblings[-1] and self._held.is_whole(piece):
                self._write(piece, self._held.joined(piece))

    def _keep(self, piece: Piece, outcome: Outcome) -> None:
        if piece.span is None:
            self._write(piece, outcome)
            return
        with self._writing():
            self._held.add(piece, outcome)
        if self._held.is_whole(piece):
            self._write(piece, self._held.joined(piece))

    def _write(self, piece: Piece, outcome: Outcome) -> None:
        with self._writing():
            written = self._store.add(piece.siblings, outcome)
        if written:
            self._save("running")

    def _save(self, state: str) -> None:
        with self._writing():
            self._store.flush()
            self._held.forget(self._store.done)
            self._manifest.write(
                self._store.totals, self._seconds(), state=state, engine=self._engine
            )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with uninterrupted(), told(self._out, _FULL):
            yield

    def _seconds(self) -> float:
        """Returns how long this run took so far, and those before it."""
        return time.monotonic() - self._since
