"""What a worker does with a piece: the same, whichever engine calls it."""

import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice

import pyarrow as pa

from mien.batch.items import Item, Options
from mien.batch.outcome import Failure, Outcome, failed, schema_of
from mien.batch.pieces import Piece
from mien.batch.storage import local_copy
from mien.errors import MediaError
from mien.inference.analyzer import Analyzer, Found
from mien.inference.media.pictures import Frame, read_frame
from mien.inference.records.schema import to_rows
from mien.results import FrameResult

_TOGETHER = 64  # pictures whose faces are classified at once
_BYTES = 64 * 2**20  # of their pixels, at most
_RESULTS = 4096  # that become a table at once

Sized = tuple[Found, int]
"""The faces of one picture, and the bytes of its pixels, which they hold."""


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

    What cannot be read is a failure of its item alone. A film that ends early has no rows.

    Args:
        piece: photos, a film, or a part of a film.
        models: of this process.
    """
    started = time.perf_counter()
    if piece.span is not None:
        from mien.batch.cut import work_on_part  # noqa: PLC0415 - photos alone need no PyAV

        outcome = work_on_part(piece, models)
    elif piece.items[0].kind == "film":
        outcome = _work_on_film(piece.items[0], models)
    else:
        outcome = _work_on_photos(piece.items, models)
    return replace(outcome, seconds=time.perf_counter() - started)


def name_together(analyzer: Analyzer, pictures: Iterable[Sized]) -> Iterator[FrameResult]:
    """Classifies faces of several pictures at once, as many as memory allows.

    Args:
        analyzer: that found them.
        pictures: those of one moving source in their order.

    Yields:
        A result a picture, in their order.
    """
    waiting: list[Found] = []
    held = 0
    for found, size in pictures:
        waiting.append(found)
        held += size
        if len(waiting) == _TOGETHER or held >= _BYTES:
            yield from analyzer.name(waiting)[0]
            waiting, held = [], 0
    if waiting:
        yield from analyzer.name(waiting)[0]


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
    look = models.analyzer.find_crop if models.options.crops else models.analyzer.find
    failures: list[Failure] = []
    found: deque[Item] = deque()

    def pictures() -> Iterator[Sized]:
        for item in items:
            try:
                frame = _read(item, models.options)
            except MediaError as error:
                failures.append(Failure(item, str(error)))
                continue
            found.append(item)
            yield look(frame), frame.pixels.nbytes

    counts: Counter[str] = Counter()
    results = counted(name_together(models.analyzer, pictures()), counts)
    rows = to_table(((found.popleft(), result) for result in results), models.options)
    counts["photos"] = len(items) - len(failures)
    return Outcome(rows, tuple(failures), (), counts)


def _read(item: Item, options: Options) -> Frame:
    with local_copy(item, options) as path:
        return Frame(item.path, read_frame(path).pixels)


def _work_on_film(item: Item, models: Models) -> Outcome:
    from mien.inference.media.video import VideoReader, open_film  # noqa: PLC0415 - as above

    counts: Counter[str] = Counter(films=1)
    look = models.analyzer.watch()
    try:
        with local_copy(item, models.options) as path:
            reader = VideoReader(item.path, open_film(path))
            with closing(reader):
                pictures = ((look(frame), frame.pixels.nbytes) for frame in reader)
                results = counted(name_together(models.analyzer, pictures), counts)
                rows = to_table(((item, result) for result in results), models.options)
    except MediaError as error:
        return failed(item, str(error), models.options)
    notes = tuple(
        (item.path, problem.removeprefix(f"{item.path}: ")) for problem in reader.problems
    )
    return Outcome(rows, (), notes, counts)
