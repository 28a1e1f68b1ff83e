"""One run: what is read, counts by format and outcome, and the files of new failures."""

import json
import os
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from reliability.fuzz.case import Input, Kind, Outcome
from reliability.fuzz.corpus import Corpus
from reliability.fuzz.formats import Format
from reliability.fuzz.minimize import Budget, minimize
from reliability.fuzz.pool import DEADLINE, Worker, run_all
from reliability.fuzz.worker import Plan, Task, load_corpus, load_formats

REGISTRY = "reliability.fuzz.formats:FORMATS"
LARGEST_KEPT = 50_000
"""Bytes of a regression file; larger inputs are told and not kept."""

_MINIMIZED_WITHIN = 30.0  # seconds for one failure; one try of a hang may take as long
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Options:
    """What to run.

    Attributes:
        seed: of the random numbers.
        inputs: how many, over all formats; None for as many as the time allows.
        seconds: how long; None for as long as the inputs take.
        only: the names of formats; empty for all.
        workers: how many processes.
        keep: the folder of regression files; None keeps none.
        registry: the table of formats, as "module:name".
        deadline: seconds for one input.
    """

    seed: str = "0"
    inputs: int | None = None
    seconds: float | None = None
    only: Sequence[str] = ()
    workers: int = 2
    keep: Path | None = None
    registry: str = REGISTRY
    deadline: float = DEADLINE


@dataclass(slots=True)
class Finding:
    """One failure: its first input, and how often it came.

    Attributes:
        task: the first one.
        outcome: of that.
        count: of inputs.
        kept: the file of the minimized input, if it was kept.
        repeats: whether the input alone fails again.
    """

    task: Task
    outcome: Outcome
    count: int = 0
    kept: str = ""
    repeats: bool | None = None


@dataclass(slots=True)
class Result:
    """The counts of a run.

    Attributes:
        counts: of outcomes, by format.
        findings: by format, kind and signature.
        seconds: that it took.
        slowest: seconds of the slowest input, by format.
        peak: bytes of memory of the largest worker.
    """

    counts: dict[str, Counter[Kind]] = field(default_factory=dict)
    findings: dict[tuple[str, Kind, str], Finding] = field(default_factory=dict)
    seconds: float = 0.0
    slowest: dict[str, float] = field(default_factory=dict)
    peak: int = 0

    def add(self, task: Task, outcome: Outcome) -> None:
        """Counts one outcome."""
        self.counts.setdefault(task.form, Counter())[outcome.kind] += 1
        self.slowest[task.form] = max(self.slowest.get(task.form, 0.0), outcome.seconds)
        self.peak = max(self.peak, outcome.peak)
        if outcome.kind.failed:
            key = (task.form, outcome.kind, outcome.signature)
            self.findings.setdefault(key, Finding(task, outcome)).count += 1

    @property
    def inputs(self) -> int:
        """How many inputs were read."""
        return sum(sum(counts.values()) for counts in self.counts.values())

    @property
    def failed(self) -> bool:
        """Whether any input failed."""
        return bool(self.findings)

    def to_json(self) -> dict[str, Any]:
        """Returns all of it as JSON's values."""
        return {
            "inputs": self.inputs,
            "seconds": round(self.seconds, 1),
            "peak_bytes": self.peak,
            "formats": {name: dict(self.counts[name]) for name in sorted(self.counts)},
            "slowest_seconds": {name: round(it, 3) for name, it in sorted(self.slowest.items())},
            "findings": [_finding_to_json(key, it) for key, it in sorted(self.findings.items())],
        }

    def __str__(self) -> str:
        kinds = list(Kind)
        head = ["format", "inputs", *kinds, "slowest"]
        rows = [
            [name, sum(counts.values()), *(counts[kind] for kind in kinds), self.slowest[name]]
            for name, counts in sorted(self.counts.items())
        ]
        whole: Counter[Kind] = sum(self.counts.values(), Counter())
        slowest = max(self.slowest.values(), default=0.0)
        rows.append(["all", self.inputs, *(whole[kind] for kind in kinds), slowest])
        lines = [head, *([_cell(value) for value in row] for row in rows)]
        widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
        return "\n".join(
            "  ".join(cell.rjust(width) if at else cell.ljust(width) for at, (cell, width) in row)
            for row in (enumerate(zip(line, widths, strict=True)) for line in lines)
        )


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f} s"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _finding_to_json(key: tuple[str, Kind, str], finding: Finding) -> dict[str, Any]:
    form, kind, signature = key
    return {
        "format": form,
        "kind": kind,
        "signature": signature,
        "count": finding.count,
        "first": finding.task.source if isinstance(finding.task.source, int) else None,
        "kept": finding.kept,
        "repeats": finding.repeats,
        "detail": finding.outcome.detail,
    }


@contextmanager
def prepared(options: Options) -> Iterator[Plan]:
    """Writes the seeds of the chosen formats into a scratch folder, in memory where there is one.

    What targets write goes there, too, their caches included.
    """
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(
        prefix="mien-fuzz-",
        dir=memory if os.access(memory, os.W_OK) else None,
        ignore_cleanup_errors=True,
    ) as scratch:
        folder = Path(scratch)
        for name, form in chosen(options).items():
            Corpus.write(folder / "corpus" / name, form)
        yield Plan(options.registry, folder, options.seed, folder / "log")


def chosen(options: Options) -> Mapping[str, Format]:
    """Returns the formats to run.

    Raises:
        KeyError: there is no format of a name.
    """
    formats = load_formats(options.registry)
    return {name: formats[name] for name in options.only} if options.only else formats


def run(options: Options, progress: "Progress | None" = None) -> Result:
    """Reads inputs, counts outcomes, and keeps one minimized input of each failure."""
    result, started = Result(), time.monotonic()
    with prepared(options) as plan:

        def make(number: int) -> Worker:
            log = plan.log.with_name(f"log-{number}")
            return Worker(replace(plan, log=log), options.deadline)

        for task, outcome in run_all(make, options.workers, _tasks(options, started)):
            result.add(task, outcome)
            if progress:
                progress.show(result)
        result.seconds = time.monotonic() - started
        if progress:
            progress.end(result)
        if options.keep:
            _keep_all(options.keep, plan, [make(it) for it in range(options.workers)], result)
    return result


def _tasks(options: Options, started: float) -> Iterator[Task]:
    """Yields numbers of inputs, the formats mixed by their shares."""
    formats = chosen(options)
    for number in count():
        turn = [(name, at) for name, form in formats.items() for at in range(form.share)]
        Random(f"{options.seed}/{number}").shuffle(turn)
        for at, (name, part) in enumerate(turn):
            if options.inputs is not None and number * len(turn) + at >= options.inputs:
                return
            if options.seconds is not None and time.monotonic() - started >= options.seconds:
                return
            yield Task(name, number * formats[name].share + part)


def _keep_all(folder: Path, plan: Plan, workers: Sequence[Worker], result: Result) -> None:
    """Minimizes and keeps an input of each failure, in all workers at once."""
    pending = iter(list(result.findings.items()))

    def keep(worker: Worker) -> None:
        with worker:
            while item := next(pending, None):
                _keep(folder, plan, worker, *item)

    with ThreadPoolExecutor(len(workers)) as pool:
        list(pool.map(keep, workers))


def _keep(
    folder: Path, plan: Plan, worker: Worker, key: tuple[str, Kind, str], finding: Finding
) -> None:
    form, kind, signature = key
    source = finding.task.source
    if not isinstance(source, int):
        return
    corpus = load_corpus(plan, form)
    recipe = corpus.recipe(f"{plan.seed}/{form}", source)

    def same(given: Input) -> bool:
        return worker.run(Task(form, given)).repeats(finding.outcome)

    finding.repeats = same(corpus.make(recipe))
    if not finding.repeats:
        return
    smallest = minimize(corpus, recipe, same, Budget(seconds=_MINIMIZED_WITHIN))
    if len(smallest.data) > LARGEST_KEPT:
        return
    path = folder / form / f"{_slug(kind, signature)}-{smallest.name}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(smallest.data)
    finding.kept = str(path)


def _slug(kind: Kind, signature: str) -> str:
    """Returns the start of a regression file's name: the failure, and what tells it from others."""
    what, _, place = signature.partition(" in ")
    words = f"{what} {place.rpartition(':')[2].replace('<locals>', '')}"
    slug = _NOT_IN_NAMES.sub("-", words.lower()).strip("-")[:50].strip("-")
    return f"{kind}-{slug}-{sha256(signature.encode()).hexdigest()[:4]}"


class Progress:
    """Prints counts on a terminal now and then.

    Args:
        every: seconds between two lines.
    """

    def __init__(self, every: float = 10.0) -> None:
        self._every, self._next = every, time.monotonic() + every

    def show(self, result: Result) -> None:
        """Prints a line if it is time."""
        if time.monotonic() >= self._next:
            self._next += self._every
            failed = sum(finding.count for finding in result.findings.values())
            print(f"{result.inputs:,} inputs, {failed:,} failures", flush=True)

    def end(self, result: Result) -> None:
        """Prints the counts, before failures are minimized, which takes its time."""
        print(
            f"{result}\n\n{result.inputs:,} inputs in {result.seconds:.0f} s "
            f"({result.inputs / max(result.seconds, 1e-9):.0f} a second); "
            f"largest worker {result.peak / 2**20:.0f} MiB",
            flush=True,
        )


def write_json(result: Result, path: Path) -> None:
    """Writes the counts and findings of a run."""
    path.write_text(json.dumps(result.to_json(), indent=2) + "\n", encoding="utf-8")
