"""A job from its inputs to its last part file: what `mien batch` does."""

import hashlib
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mien.batch.analysis import TaskResult
from mien.batch.errors import BatchError
from mien.batch.inputs import Inputs, open_inputs
from mien.batch.job_folder import (
    JobFolder,
    Manifest,
    check_unchanged,
    current_versions,
    load_columns,
    load_inputs,
    open_folder,
    save_inputs,
)
from mien.batch.plan import Item, Options, Task, is_address, plan_tasks
from mien.batch.pool import Engine
from mien.batch.progress import Listener, Totals, measure
from mien.batch.stitching import PendingParts
from mien.batch.video_parts import find_split_points
from mien.batch.writer import ResultWriter
from mien.errors import MediaError
from mien.inference.analyzer import Analyzer
from mien.inference.classifier import shipped_models
from mien.inference.detection.detectors import open_detector
from mien.inference.model_card import ModelCard
from mien.inference.priors import resolve_prior
from mien.inference.records.writing import translate_errors
from mien.processes.interrupts import uninterrupted
from mien.processes.workers import WorkerLostError, Workers

_MIN_BYTE_RATE = 10_000  # bytes a second; a video of fewer is hardly long, and is not opened
# Of the process that looks for key frames, so that a damaged video cannot end the job.
_SPLITTER_BYTES, _SPLITTER_SECONDS = 896 * 2**20, 60.0
_COUNTS = ("photos", "films", "pictures", "faces", "failures", "notes")
_WHEN_FULL = "what is written stays valid; make room, and give the same command again"


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asks for.

    Attributes:
        inputs: folders, patterns, lists, photos and videos.
        out: the job's folder.
        options: of the job, without columns, labels and attributes.
        as_started: whether a job resumes with the inputs that its first run listed.
    """

    inputs: tuple[str, ...]
    out: Path
    options: Options
    as_started: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What a job has done.

    Attributes:
        totals: of all its runs.
        seconds: that all its runs took, without the listing of its inputs.
        labels: that a face may have: the model's, and `unsure`.
    """

    totals: Totals
    seconds: float
    labels: tuple[str, ...]


def run(request: Request, engine: Engine, listener: Listener) -> Report:
    """Analyzes all inputs, or resumes where an earlier run of the same job ended.

    However this ends, each input that is written has its rows once, or is once among the errors.

    Args:
        request: what to do.
        engine: where to do it.
        listener: is notified of the progress.

    Raises:
        BatchError: an input or the folder cannot be used, or the engine cannot start.
        MediaError: the folder cannot be written to any more.
        ModelError: the model is missing, or is not one of Mien's.
    """
    about = _describe(request.options)
    with open_folder(request.out) as folder:
        with translate_errors(request.out, _WHEN_FULL):
            manifest = Manifest(folder)
            if manifest.content and request.options.detector is None:
                options = replace(request.options, detector=manifest.detector)
                request = replace(request, options=options)
                about["options"]["detector"] = manifest.detector
            prepare = _resume if manifest.content else _start
            options = prepare(request, folder, manifest, about, listener)
            job = _Job(folder, options, manifest, engine.name)
        return job.run(engine, listener)


def resolve_model(model: str) -> str:
    """Returns a shipped model's name as it is, and the absolute path of a model file."""
    return model if model in shipped_models() else str(Path(model).absolute())


def _describe(options: Options) -> dict[str, Any]:
    """Returns what a new manifest says of the model, the options and the records.

    Raises:
        BatchError: a label of the model is also the name of a count.
        ModelError: the model is missing, or is not one of Mien's, or the detector is not installed.
    """
    open_detector(options.detector_name)  # fails now, lest every input fails
    analyzer = Analyzer(options.model, options.detector_name, prior=options.prior)
    classifier, layout = analyzer.classifier, analyzer.layout
    if name := next((label for label in layout.labels if label in _COUNTS), None):
        raise BatchError(
            f"its label '{name}' is also what a job counts",
            subject=classifier.path,
            remedy="give the label another name",
        )
    return {
        "model": {
            "name": classifier.card.name,
            "version": classifier.card.version,
            "sha256": hashlib.sha256(classifier.path.read_bytes()).hexdigest(),
        },
        "options": {
            "unsure_below": options.unsure_below,
            "crops": options.crops,
            "longest_film": options.longest_video,
            "prior": _named_shares(options, classifier.card),
            "detector": options.detector_name,
        },
        "labels": layout.labels,
        "attributes": layout.attributes,
        "clock": layout.clock,
    }


def _named_shares(options: Options, card: ModelCard) -> dict[str, Any] | None:
    if options.prior is None:
        return None
    name, shares = resolve_prior(options.prior, card)
    return {"name": name, "shares": dict(zip(card.labels, shares, strict=True))}


def _start(
    request: Request,
    folder: JobFolder,
    manifest: Manifest,
    about: dict[str, Any],
    listener: Listener,
) -> Options:
    """Lists the inputs of a new job, and writes the list and the manifest.

    Args:
        request: what to do.
        folder: of the job.
        manifest: of the job, without content.
        about: what the manifest is to say, from `_describe`.
        listener: is notified of the progress.

    Returns:
        The options, with the columns of the inputs' lists and the layout of the records.

    Raises:
        BatchError: there is a fault in the inputs.
        OSError: the folder cannot be written to.
    """
    with open_inputs(request.inputs) as inputs:
        options = replace(request.options, columns=inputs.columns)
        _check_columns(options)
        save_inputs(folder.inputs, _with_split_points(inputs, options, listener), inputs.columns)
        if inputs.repeated:
            listener.note(
                f"{inputs.repeated} inputs were named more than once; each is analyzed once"
            )
        counts = {"passed_over": inputs.skipped, "repeated": inputs.repeated}
    manifest.write(
        Totals(),
        0.0,
        **about,
        versions=current_versions(),
        folder=options.folder,
        inputs={"given": request.inputs, **counts},
        columns={field.name: str(field.type) for field in options.columns},
    )
    return options.with_layout(manifest.layout)


def _check_columns(options: Options) -> None:
    """Refuses a column of the inputs that has the name of one of the records.

    Raises:
        BatchError: it names the column.
    """
    for column in options.columns.names:
        if column.casefold() in options.layout.names:
            raise BatchError(
                f"the inputs' column '{column}' is named as a column of the records",
                remedy="rename it",
            )


def _resume(
    request: Request,
    folder: JobFolder,
    manifest: Manifest,
    about: dict[str, Any],
    listener: Listener,
) -> Options:
    """Makes sure that model, options and inputs are those of the first run.

    The arguments are those of `_start`.

    Returns:
        The options, with the columns and the layout of the first run.

    Raises:
        BatchError: the job is another, or there is a fault in the inputs.
    """
    manifest.check(about)
    if manifest.content["versions"] != current_versions():
        listener.note(f"{request.out}: this job started with other versions; see its manifest.json")
    columns = load_columns(folder.inputs)
    options = replace(request.options, folder=manifest.content["folder"], columns=columns)
    if not request.as_started:
        with open_inputs(request.inputs) as inputs:
            check_unchanged(folder.inputs, inputs)
    return options.with_layout(manifest.layout)


def _with_split_points(inputs: Inputs, options: Options, listener: Listener) -> Iterator[Item]:
    with closing(Workers(1, _SPLITTER_BYTES, _SPLITTER_SECONDS)) as workers:
        for item in inputs:
            listener.inputs_listed(item.index + 1)
            yield replace(item, split_points=_split_points(item, options, workers))


def _split_points(item: Item, options: Options, workers: Workers) -> tuple[int, ...]:
    """Finds where to split a video on this machine that may be long."""
    small = item.size <= options.longest_video * _MIN_BYTE_RATE
    if not item.is_video or small or item.problem or is_address(item.path):
        return ()
    path = options.locate(item)
    try:
        found: tuple[int, ...] = workers.call(find_split_points, path, options.longest_video)
    except (MediaError, WorkerLostError, MemoryError):  # the video fails when it is analyzed
        return ()
    return found


class _Job:
    """Writes the results of an engine."""

    def __init__(
        self, folder: JobFolder, options: Options, manifest: Manifest, engine: str
    ) -> None:
        self._options, self._manifest, self._inputs = options, manifest, folder.inputs
        self._writer, self._pending = ResultWriter(folder, options), PendingParts(folder, options)
        self._pending.discard(self._writer.done)
        self._since = time.monotonic() - float(manifest.content["seconds"])
        self._out = folder.path
        self._engine = engine

    def run(self, engine: Engine, listener: Listener) -> Report:
        workload = measure(self._tasks(), self._writer.done | self._pending.tasks)
        listener.started(workload, self._writer.totals)
        state = "stopped"
        try:
            self._save("running")
            self._stitch_pending()
            with closing(engine.run(self._tasks_left(), self._options)) as results:
                for task, result in results:
                    self._take(task, result)
                    listener.task_done(task, self._writer.totals)
            state = "done"
        finally:
            self._save(state)
        return Report(self._writer.totals, self._seconds(), self._options.layout.codes)

    def _tasks(self) -> Iterator[Task]:
        return plan_tasks(load_inputs(self._inputs))

    def _tasks_left(self) -> Iterable[Task]:
        known = self._writer.done | self._pending.tasks
        return (task for task in self._tasks() if task.number not in known)

    def _stitch_pending(self) -> None:
        """Stitches videos whose last part was done just before an earlier run ended."""
        for task in self._tasks() if self._pending.tasks else ():
            if task.part and task.number == task.siblings[-1] and self._pending.has_all(task):
                self._write(task, self._pending.stitch(task))

    def _take(self, task: Task, result: TaskResult) -> None:
        if task.part is None:
            self._write(task, result)
            return
        with self._writing():
            self._pending.add(task, result)
        if self._pending.has_all(task):
            self._write(task, self._pending.stitch(task))

    def _write(self, task: Task, result: TaskResult) -> None:
        with self._writing():
            on_disk = self._writer.add(task.siblings, result)
        if on_disk:
            self._save("running")

    def _save(self, state: str) -> None:
        with self._writing():
            self._writer.flush()
            self._pending.discard(self._writer.done)
            self._manifest.write(
                self._writer.totals, self._seconds(), state=state, engine=self._engine
            )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with uninterrupted(), translate_errors(self._out, _WHEN_FULL):
            yield

    def _seconds(self) -> float:
        """Returns how long this run and those before it took so far."""
        return time.monotonic() - self._since
