"""What a worker does with a piece: the same, whichever engine calls it."""

import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import TYPE_CHECKING

import pyarrow as pa

from mien.batch.plan import Item, Options, Piece
from mien.batch.sources import local_copy
from mien.errors import MediaError
from mien.inference.analyzer import Analyzer, PendingResult
from mien.inference.media.images import Frame, read_frame
from mien.inference.records.parquet import SCHEMA
from mien.inference.records.schema import to_rows
from mien.results import FrameResult


@dataclass(frozen=True, slots=True)
class Failure:
    """An input without rows, and why."""

    item: Item
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a piece: each of its items has rows, or is one of `failures`.

    Attributes:
        rows: in the schema of `schema_of(options)`. Of a part of a video: whatever
            `mien.batch.stitching` needs to join it to the others.
        failures: the items that have no rows.
        notes: an item's path, and what was passed over in it, which its rows lack.
        counts: `photos` and `videos` that have rows; `images`: these photos, and the frames of
            these videos; `faces`, and faces of each label.
        seconds: that a worker took.
    """

    rows: pa.Table
    failures: tuple[Failure, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    counts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def schema_of(options: Options) -> pa.Schema:
    """Returns the columns of `mien predict`'s Parquet records, then the user's own."""
    return pa.schema([*SCHEMA, *options.columns])


def failed(item: Item, reason: str, options: Options) -> Outcome:
    """Returns the outcome of an item that cannot be analyzed, such as one that kills workers."""
    return Outcome(schema_of(options).empty_table(), (Failure(item, reason),))


def merge(outcomes: Sequence[Outcome]) -> Outcome:
    """Puts the outcomes of a split piece together."""
    return Outcome(
        pa.concat_tables([one.rows for one in outcomes]),
        tuple(failure for one in outcomes for failure in one.failures),
        tuple(note for one in outcomes for note in one.notes),
        sum((one.counts for one in outcomes), Counter()),
        sum(one.seconds for one in outcomes),
    )


if TYPE_CHECKING:
    from mien.batch.video_parts import PartReader

_TOGETHER = 64  # images whose faces are classified at once
_BYTES = 64 * 2**20  # of their pixels, at most
_RESULTS = 4096  # that become a table at once

Sized = tuple[PendingResult, int]
"""The faces of one image, and the bytes of its pixels, which they hold."""


class Models:
    """What a worker keeps from piece to piece: the networks, each on one thread.

    Args:
        options: of the job.

    Raises:
        ModelError: the model cannot be opened.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.analyzer = Analyzer(options.model, unsure_below=options.unsure_below)


def work(piece: Piece, models: Models) -> Outcome:
    """Analyzes a piece.

    What cannot be read is a failure of its item alone. A video that ends early has no rows.

    Args:
        piece: photos, a video, or a part of a video.
        models: of this process.
    """
    started = time.perf_counter()
    if piece.span is not None:
        outcome = work_on_part(piece, models)
    elif piece.items[0].kind == "film":
        outcome = _work_on_video(piece.items[0], models)
    else:
        outcome = _work_on_photos(piece.items, models)
    return replace(outcome, seconds=time.perf_counter() - started)


def name_together(analyzer: Analyzer, images: Iterable[Sized]) -> Iterator[FrameResult]:
    """Classifies faces of several images at once, as many as memory allows.

    Args:
        analyzer: that found them.
        images: those of one moving source in their order.

    Yields:
        A result an image, in their order.
    """
    waiting: list[PendingResult] = []
    held = 0
    for found, size in images:
        waiting.append(found)
        held += size
        if len(waiting) == _TOGETHER or held >= _BYTES:
            yield from analyzer.classify(waiting)[0]
            waiting, held = [], 0
    if waiting:
        yield from analyzer.classify(waiting)[0]


def to_table(results: Iterable[tuple[Item, FrameResult]], options: Options) -> pa.Table:
    """Makes records of results, each with its item's own columns."""
    schema, results = schema_of(options), iter(results)
    parts = [schema.empty_table()]
    while some := list(islice(results, _RESULTS)):
        rows = [(*row, *item.values) for item, result in some for row in to_rows(result)]
        columns = zip(zip(*rows, strict=True), schema, strict=True)
        arrays = [pa.array(values, field.type) for values, field in columns]
        parts.append(pa.Table.from_arrays(arrays, schema=schema))
    return pa.concat_tables(parts)


def counted(results: Iterable[FrameResult], counts: Counter[str]) -> Iterator[FrameResult]:
    """Passes results on, and counts them, their faces and the faces of each label."""
    for result in results:
        counts["pictures"] += 1
        counts["faces"] += len(result.faces)
        counts.update(face.emotion for face in result.faces)
        yield result


def _work_on_photos(items: tuple[Item, ...], models: Models) -> Outcome:
    look = models.analyzer.detect_crop if models.options.crops else models.analyzer.detect
    failures: list[Failure] = []
    found: deque[Item] = deque()

    def images() -> Iterator[Sized]:
        for item in items:
            try:
                frame = _read(item, models.options)
            except MediaError as error:
                failures.append(Failure(item, str(error)))
                continue
            found.append(item)
            yield look(frame), frame.pixels.nbytes

    counts: Counter[str] = Counter()
    results = counted(name_together(models.analyzer, images()), counts)
    rows = to_table(((found.popleft(), result) for result in results), models.options)
    counts["photos"] = len(items) - len(failures)
    return Outcome(rows, tuple(failures), (), counts)


def _read(item: Item, options: Options) -> Frame:
    with local_copy(item, options) as path:
        return Frame(item.path, read_frame(path).pixels)


def _work_on_video(item: Item, models: Models) -> Outcome:
    from mien.inference.media.video import VideoReader, open_video  # noqa: PLC0415 - as above

    counts: Counter[str] = Counter(films=1)
    look = models.analyzer.track()
    try:
        with local_copy(item, models.options) as path:
            reader = VideoReader(item.path, open_video(path))
            with closing(reader):
                images = ((look(frame), frame.pixels.nbytes) for frame in reader)
                results = counted(name_together(models.analyzer, images), counts)
                rows = to_table(((item, result) for result in results), models.options)
    except MediaError as error:
        return failed(item, str(error), models.options)
    notes = tuple(
        (item.path, problem.removeprefix(f"{item.path}: ")) for problem in reader.problems
    )
    return Outcome(rows, (), notes, counts)


def work_on_part(piece: Piece, models: Models) -> Outcome:
    """Analyzes a part of a video, and its lead.

    Args:
        piece: with a span.
        models: of this process.

    Returns:
        Rows for `mien.batch.stitching`: people are numbered for this part alone, and frames count
        from the part's first, so that those of the lead are below 0. The lead is not counted in
        `counts`.
    """
    from mien.batch.video_parts import PartReader  # noqa: PLC0415 - photos alone need no PyAV
    from mien.inference.media.video import open_video  # noqa: PLC0415 - as above

    item, span = piece.items[0], piece.span
    assert span  # noqa: S101
    try:
        with local_copy(item, models.options) as path:
            reader = PartReader(item.path, open_video(path), span)
            lead, own = _watch(reader, models.analyzer)
    except MediaError as error:
        return failed(item, str(error), models.options)
    counts = Counter(films=int(span.number == 0))
    results = ((item, result) for result in chain(lead, counted(own, counts)))
    rows = to_table(results, models.options)
    notes = tuple(
        (item.path, problem.removeprefix(f"{item.path}: ")) for problem in reader.problems
    )
    return Outcome(rows, (), notes, counts)


def _watch(reader: "PartReader", analyzer: Analyzer) -> tuple[list[FrameResult], list[FrameResult]]:
    """Returns what a part's lead shows, and what the part shows, with their own numbers."""
    look = analyzer.track()
    with closing(reader):
        images = ((look(frame), frame.pixels.nbytes) for frame in reader)
        results = list(name_together(analyzer, images))
    first = reader.first or 0
    numbered = [replace(result, frame=result.frame - first) for result in results]
    return numbered[:first], numbered[first:]
