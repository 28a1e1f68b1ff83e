"""The process that reads inputs, one after the other, within limits of memory."""

import faulthandler
import os
import resource
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from errno import ENOMEM
from functools import cache
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from av import FFmpegError

from mien.errors import MienError
from reliability.fuzz.case import FailureError, Input, Kind, Outcome
from reliability.fuzz.corpus import Corpus
from reliability.fuzz.formats import Format
from reliability.fuzz.memory import SWELL, peak, reset_peak

ADDRESS_SPACE = 3 * 2**30
"""Bytes that a worker may map: it has 0.6 GB mapped before its first input."""

_LIBRARIES = ("mien/", "reliability/")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a worker needs to know.

    Attributes:
        registry: the table of formats, as "module:name".
        scratch: the folder of all that workers write, with the seed files in `corpus`.
        seed: of the random numbers.
        log: the file that its standard error and its stacks go to.
    """

    registry: str
    scratch: Path
    seed: str
    log: Path


@dataclass(frozen=True, slots=True)
class Task:
    """One input to read: as it is, or the number of one to make.

    Attributes:
        form: the name of its format.
        source: the input, or its number.
    """

    form: str
    source: Input | int


def load_formats(registry: str) -> Mapping[str, Format]:
    """Returns the table of formats that "module:name" names."""
    module, _, name = registry.partition(":")
    formats: Mapping[str, Format] = getattr(import_module(module), name)
    return formats


def load_corpus(plan: Plan, form: str) -> Corpus:
    """Returns the corpus of a format."""
    return Corpus.read(plan.scratch / "corpus" / form, load_formats(plan.registry)[form])


def serve(connection: "Connection[Any, Any]", plan: Plan) -> None:
    """Reads tasks and answers outcomes until the connection closes."""
    _write_into(plan.scratch)
    log = os.open(plan.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (sys.stdout, sys.stderr):  # onnxruntime and FFmpeg print
        os.dup2(log, stream.fileno())
    faulthandler.enable(all_threads=False)
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    formats, corpora = load_formats(plan.registry), cache(lambda form: load_corpus(plan, form))
    connection.send(None)
    while True:
        try:
            task: Task = connection.recv()
        except EOFError:
            return
        if prepare := formats[task.form].prepare:
            prepare()
            connection.send(None)  # what takes its time is not the input
        source = task.source
        if isinstance(source, int):
            corpus = corpora(task.form)
            source = corpus.make(corpus.recipe(f"{plan.seed}/{task.form}", source))
        connection.send(read(formats[task.form], source))


def _write_into(scratch: Path) -> None:
    """Has this process and those that it starts write into a folder, their caches included."""
    (scratch / "tmp").mkdir(exist_ok=True)
    os.environ |= {
        "TMPDIR": str(scratch / "tmp"),
        "XDG_CACHE_HOME": str(scratch / "cache"),
        "XDG_DATA_HOME": str(scratch / "data"),
    }
    tempfile.tempdir = None  # read again from the variable


def read(form: Format, given: Input) -> Outcome:
    """Reads one input in this process, and returns how that ended."""
    reset_peak()
    started = time.monotonic()
    with _Threads() as threads, TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder, given.name)
        path.write_bytes(given.data)
        try:
            form.target(path)
            outcome = Outcome(Kind.ANSWER)
        except BaseException as error:  # whatever it is, it is this input's outcome
            outcome = classify(error)
    if threads.error and not outcome.kind.failed:
        outcome = classify(threads.error)
    most = peak()
    if most > SWELL and not outcome.kind.failed:
        outcome = Outcome(Kind.SWELL, f"{given.name.rpartition('.')[2]}: {outcome.kind}")
    return replace(outcome, seconds=time.monotonic() - started, peak=most)


def classify(error: BaseException) -> Outcome:
    """Returns the outcome of an input whose reading raised an error."""
    if isinstance(error, FailureError):
        return Outcome(error.kind, error.signature, error.detail)
    detail = "".join(traceback.format_exception(error))[-3000:]
    if any(_lacks_memory(it) for it in _chain(error)):
        return Outcome(Kind.SWELL, f"memory in {_place(error)}", detail)
    if isinstance(error, MienError):
        return Outcome(Kind.ERROR, detail=str(error))
    return Outcome(Kind.TRACEBACK, f"{type(error).__name__} in {_place(error)}", detail)


def _chain(error: BaseException) -> list[BaseException]:
    """Returns an error and those that it came from, hidden ones included."""
    chain: list[BaseException] = []
    found: BaseException | None = error
    while found is not None and found not in chain:
        chain.append(found)
        found = found.__cause__ or found.__context__
    return chain


def _lacks_memory(error: BaseException) -> bool:
    """Tells whether the system refused memory; FFmpeg also refuses by itself what is over 2 GiB."""
    refused = isinstance(error, MemoryError) or getattr(error, "errno", None) == ENOMEM
    return refused and not isinstance(error, FFmpegError)


def _place(error: BaseException) -> str:
    """Returns the innermost function of Mien that an error passed."""
    deepest = ""
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        for part in _LIBRARIES:
            if f"/{part}" in code.co_filename:
                deepest = f"{part}{code.co_filename.rpartition(f'/{part}')[2]}:{code.co_qualname}"
        trace = trace.tb_next
    return deepest


class _Threads:
    """Notices an exception that ends a thread while an input is read."""

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def __enter__(self) -> "_Threads":
        threading.excepthook = self._note
        return self

    def __exit__(self, *_: object) -> None:
        threading.excepthook = threading.__excepthook__

    def _note(self, raised: threading.ExceptHookArgs) -> None:
        self.error = self.error or raised.exc_value
