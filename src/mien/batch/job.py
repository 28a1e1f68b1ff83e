"""A job from its inputs to its last part: what `mien batch` does."""

import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mien.batch.analysis import Outcome
from mien.batch.inputs import Inputs, open_inputs
from mien.batch.job_folder import (
    JobFolder,
    Manifest,
    Totals,
    check_unchanged,
    describe,
    open_folder,
    save_inputs,
    saved_columns,
    saved_inputs,
    versions,
)
from mien.batch.plan import Item, Options, Piece, is_address, plan
from mien.batch.pool import Engine
from mien.batch.progress import Listener, measure
from mien.batch.stitching import Held
from mien.batch.video_parts import find_cuts
from mien.batch.writer import Store
from mien.errors import MediaError
from mien.inference.records.schema import told
from mien.processes.interrupts import uninterrupted

_SLIGHT = 10_000  # bytes a second; a video of fewer is hardly long, and is not opened to see


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asks for.

    Attributes:
        inputs: folders, patterns, lists, photos and videos.
        out: the job's folder.
        options: of the job, as yet without columns.
        as_begun: whether a job that was begun goes on with the inputs of then.
    """

    inputs: tuple[str, ...]
    out: Path
    options: Options
    as_begun: bool = False


def begin(
    request: Request,
    folder: JobFolder,
    manifest: Manifest,
    about: dict[str, Any],
    listener: Listener,
) -> Options:
    """Lists the inputs, or makes sure that they and the options are those of an earlier run.

    Args:
        request: what to do.
        folder: of the job; `inputs` and the manifest are written there.
        manifest: of the job.
        about: what the manifest is to say of the model and the options.
        listener: hears how it goes.

    Returns:
        The options, with the columns of the inputs' lists.

    Raises:
        BatchError: the job is another, or there is a fault in the inputs.
        OSError: the folder cannot be written to.
    """
    begun = manifest.content
    if not begun:
        return _list(request, folder, manifest, about, listener)
    manifest.check(about)
    if begun["versions"] != versions():
        listener.note(f"{request.out}: this job began with other versions; see its manifest.json")
    columns = saved_columns(folder.inputs)
    options = replace(request.options, folder=begun["folder"], columns=columns)
    if not request.as_begun:
        with open_inputs(request.inputs) as inputs:
            check_unchanged(folder.inputs, inputs)
    return options


def _list(
    request: Request,
    folder: JobFolder,
    manifest: Manifest,
    about: dict[str, Any],
    listener: Listener,
) -> Options:
    with open_inputs(request.inputs) as inputs:
        options = replace(request.options, columns=inputs.columns)
        save_inputs(folder.inputs, _listing(inputs, options, listener), inputs.columns)
        if inputs.repeated:
            listener.note(f"{inputs.repeated} inputs were given more than once; each is done once")
        found = {"passed_over": inputs.passed_over, "repeated": inputs.repeated}
    manifest.write(
        Totals(),
        0.0,
        **about,
        versions=versions(),
        folder=options.folder,
        inputs={"given": request.inputs, **found},
        columns={field.name: str(field.type) for field in options.columns},
    )
    return options


def _listing(inputs: Inputs, options: Options, listener: Listener) -> Iterator[Item]:
    for item in inputs:
        listener.listed(item.index + 1)
        yield replace(item, cuts=_cuts(item, options))


def _cuts(item: Item, options: Options) -> tuple[int, ...]:
    """Looks where to cut a video on this machine that may be long."""
    slight = item.size <= options.longest * _SLIGHT
    if item.kind == "photo" or slight or item.problem or is_address(item.path):
        return ()
    try:
        return find_cuts(options.locate(item), options.longest)
    except MediaError:  # which is told when the video is analyzed
        return ()


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
        """Joins videos whose last part came just before an earlier run ended."""
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
