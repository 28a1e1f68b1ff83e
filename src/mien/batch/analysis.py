"""What a worker does with a task; the same in every pool."""

import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from mien.batch.errors import BatchError
from mien.batch.heartbeat import Pulse
from mien.batch.plan import Item, Options, Task
from mien.batch.sources import open_local
from mien.errors import AttributeFailedError, MediaError, MienError
from mien.inference.analyzer import Analyzer
from mien.inference.attributes import shipped_attributes
from mien.inference.cropping import ENOUGH_PIXELS
from mien.inference.media.images import read_frame
from mien.inference.pending import PendingResult
from mien.inference.records.layout import Layout
from mien.inference.records.parquet import arrow_schema
from mien.results import FrameResult

if TYPE_CHECKING:  # PyAV takes a while to import, and photos do without
    from mien.batch.video_parts import PartReader
    from mien.inference.media.video import VideoReader

_MAX_IMAGES = 64  # whose faces are classified at once
_MAX_BYTES = 64 * 2**20  # of their pixels
_TABLE_RESULTS = 4096  # that become a table at once

SizedImage = tuple[PendingResult, int]
"""The faces of one image, and the bytes of its pixels, which they keep in memory."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An item without records, and why.

    Attributes:
        item: that failed.
        reason: what is wrong with it.
        remedy: what to do, a clause without a full stop; None where there is none.
    """

    item: Item
    reason: str
    remedy: str | None = None

    @classmethod
    def of(cls, item: Item, error: MienError) -> "Failure":
        """Returns the failure of an item, whose name the reason does not repeat."""
        if isinstance(error, MediaError) or error.subject is None:
            return cls(item, error.reason, error.remedy)
        return cls(item, f"{error.subject}: {error.reason}", error.remedy)

    @property
    def text(self) -> str:
        """The reason and the remedy, as the table of errors has them."""
        return MienError(self.reason, remedy=self.remedy).advice


class Note(NamedTuple):
    """What was skipped in an item that has records.

    Attributes:
        path: of the item.
        text: a sentence.
    """

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class TaskResult:
    """The result of a task: each of its items has records, or is one of `failures`.

    Attributes:
        rows: the records, in the schema of `schema_of(options)`. Of a part of a video: with all
            that `mien.batch.stitching` needs to join it to the others.
        failures: the items that have no records.
        notes: what was skipped in items that have records.
        counts: `photos` and `films` that have records; `pictures`: these photos, and the frames of
            these videos; `faces`, and the faces of each label.
        seconds: that a worker took.
    """

    rows: pa.Table
    failures: tuple[Failure, ...] = ()
    notes: tuple[Note, ...] = ()
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def schema_of(options: Options) -> pa.Schema:
    """Returns the columns of `mien predict`'s Parquet records, then the user's own."""
    schema = arrow_schema(options.layout)
    return pa.schema([*schema, *options.columns], schema.metadata)


def failed_result(failure: Failure, options: Options) -> TaskResult:
    """Returns the result of an item that cannot be analyzed, such as one that kills workers."""
    return TaskResult(schema_of(options).empty_table(), (failure,))


def merge_results(results: Sequence[TaskResult]) -> TaskResult:
    """Combines the results of a split task, or of all parts of a video."""
    return TaskResult(
        pa.concat_tables([result.rows for result in results]),
        tuple(failure for result in results for failure in result.failures),
        tuple(note for result in results for note in result.notes),
        sum((result.counts for result in results), Counter()),
        sum(result.seconds for result in results),
    )


class Models:
    """What a worker keeps from task to task: the networks, each on one thread.

    Args:
        options: of the job. Of the shipped attributes those are measured that it names.

    Raises:
        BatchError: this version of Mien gives other labels or attributes than the job has.
        ModelError: the model cannot be opened.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        attributes = [
            attribute
            for attribute in shipped_attributes()
            if all(quantity.name in options.attributes for quantity in attribute.quantities)
        ]
        self.analyzer = Analyzer(
            options.model,
            unsure_below=options.unsure_below,
            attributes=attributes,
            prior=options.prior,
            detector=options.detector_name,
        )
        wanted = options.layout
        layout = replace(self.analyzer.layout, detector=wanted.detector, clock=wanted.clock)
        if layout != options.layout:
            raise BatchError(
                f"the job has {_describe(options.layout)}; this Mien gives {_describe(layout)}",
                remedy="resume with the version that manifest.json names, or give --out another "
                "folder",
            )


def _describe(layout: Layout) -> str:
    attributes = ", ".join(layout.attributes) or "none"
    return f"the labels {', '.join(layout.labels)} and the attributes {attributes}"


def analyze_task(task: Task, models: Models, pulse: Pulse | None = None) -> TaskResult:
    """Analyzes the items of a task.

    An item that cannot be read is a failure of its own. A video that ends early has no records.

    Args:
        task: photos, a video, or a part of a video.
        models: of this process.
        pulse: gives signs of life; None where nobody waits for them.
    """
    pulse = pulse or Pulse()
    started = time.perf_counter()
    if task.part is not None:
        result = analyze_video_part(task, models, pulse)
    elif task.items[0].is_video:
        result = _analyze_video(task.items[0], models, pulse)
    else:
        result = _analyze_photos(task.items, models, pulse)
    return replace(result, seconds=time.perf_counter() - started)


def analyze_video_part(task: Task, models: Models, pulse: Pulse) -> TaskResult:
    """Analyzes a part of a video, and its lead: the seconds before it.

    Args:
        task: with a part.
        models: of this process.
        pulse: gives signs of life.

    Returns:
        Rows for `mien.batch.stitching`: person ids hold for this part alone, and frames count from
        the part's first, so that those of the lead are below 0. `counts` leaves out the lead.
    """
    from mien.batch.video_parts import PartReader  # noqa: PLC0415 - photos do without PyAV
    from mien.inference.media.video import open_video  # noqa: PLC0415 - as above

    item, part = task.items[0], task.part
    assert part  # noqa: S101
    try:
        pulse.fetching(item)
        with open_local(item, models.options) as path:
            reader = PartReader(item.path, open_video(path), part)
            lead, own = _track_part(item, reader, models.analyzer, pulse)
    except (MediaError, AttributeFailedError) as error:
        return failed_result(Failure.of(item, error), models.options)
    counts = Counter(films=int(part.number == 0))
    results = ((item, result) for result in chain(lead, _count(own, counts)))
    rows = to_table(results, models.options)
    return TaskResult(rows, (), _notes(item, reader), counts)


def classify_in_batches(analyzer: Analyzer, images: Iterable[SizedImage]) -> Iterator[FrameResult]:
    """Classifies the faces of several images at once, as many as memory allows.

    Args:
        analyzer: that detected the faces.
        images: those of one moving source in their order.

    Yields:
        A result per image, in their order.
    """
    pending: list[PendingResult] = []
    pending_bytes = 0
    for image, size in images:
        pending.append(image)
        pending_bytes += size
        if len(pending) == _MAX_IMAGES or pending_bytes >= _MAX_BYTES:
            yield from analyzer.classify(pending)[0]
            pending, pending_bytes = [], 0
    if pending:
        yield from analyzer.classify(pending)[0]


def to_table(results: Iterable[tuple[Item, FrameResult]], options: Options) -> pa.Table:
    """Makes records of results, each with its item's own columns."""
    schema, layout, results = schema_of(options), options.layout, iter(results)
    tables = [schema.empty_table()]
    while chunk := list(islice(results, _TABLE_RESULTS)):
        rows = [(*row, *item.values) for item, result in chunk for row in layout.to_rows(result)]
        columns = zip(zip(*rows, strict=True), schema, strict=True)
        arrays = [pa.array(values, field.type) for values, field in columns]
        tables.append(pa.Table.from_arrays(arrays, schema=schema))
    return pa.concat_tables(tables)


def _analyze_photos(items: tuple[Item, ...], models: Models, pulse: Pulse) -> TaskResult:
    analyzer, options = models.analyzer, models.options
    detect = analyzer.detect_crop if options.crops else analyzer.detect
    enough = None if options.crops else ENOUGH_PIXELS
    failures: list[Failure] = []
    detected: deque[Item] = deque()

    def images() -> Iterator[SizedImage]:
        for item in items:
            try:
                pulse.fetching(item)
                with open_local(item, options) as path:
                    pulse.decoding(item)
                    frame = replace(read_frame(path, enough), source=item.path)
                    pending = detect(frame)
            except (MediaError, AttributeFailedError) as error:
                failures.append(Failure.of(item, error))
                continue
            detected.append(item)
            pulse.classifying()
            yield pending, frame.pixels.nbytes

    counts: Counter[str] = Counter()
    results = _count(classify_in_batches(analyzer, images()), counts)
    rows = to_table(((detected.popleft(), result) for result in results), options)
    counts["photos"] = len(items) - len(failures)
    return TaskResult(rows, tuple(failures), (), counts)


def _analyze_video(item: Item, models: Models, pulse: Pulse) -> TaskResult:
    from mien.inference.media.video import VideoReader, open_video  # noqa: PLC0415 - as above

    counts: Counter[str] = Counter(films=1)
    try:
        pulse.fetching(item)
        with open_local(item, models.options) as path:
            reader = VideoReader(item.path, open_video(path))
            with closing(reader):
                results = _count(_track(item, reader, models.analyzer, pulse), counts)
                rows = to_table(((item, result) for result in results), models.options)
    except (MediaError, AttributeFailedError) as error:
        return failed_result(Failure.of(item, error), models.options)
    return TaskResult(rows, (), _notes(item, reader), counts)


def _track(
    item: Item, reader: "VideoReader", analyzer: Analyzer, pulse: Pulse
) -> Iterator[FrameResult]:
    """Returns the results of a video's frames, as they come."""
    track = analyzer.track()

    def images() -> Iterator[SizedImage]:
        pulse.decoding(item)
        for frame in reader:
            yield track(frame), frame.pixels.nbytes
            pulse.decoding(item)

    return classify_in_batches(analyzer, images())


def _track_part(
    item: Item, reader: "PartReader", analyzer: Analyzer, pulse: Pulse
) -> tuple[list[FrameResult], list[FrameResult]]:
    """Returns the results of a part's lead, and of the part; frames count from the part's first."""
    with closing(reader):
        results = list(_track(item, reader, analyzer, pulse))
    first = reader.first or 0
    numbered = [replace(result, frame=result.frame - first) for result in results]
    return numbered[:first], numbered[first:]


def _notes(item: Item, reader: "VideoReader") -> tuple[Note, ...]:
    if not reader.damaged:
        return ()
    return (Note(item.path, f"skipped {reader.damaged} damaged pieces."),)


def _count(results: Iterable[FrameResult], counts: Counter[str]) -> Iterator[FrameResult]:
    """Passes results on, and counts them, their faces and the faces of each label."""
    for result in results:
        counts["pictures"] += 1
        counts["faces"] += len(result.faces)
        counts.update(face.emotion for face in result.faces)
        yield result
