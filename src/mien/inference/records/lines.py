"""Records as lines of text, CSV and JSON: whole lines in the file after every frame."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from io import BufferedReader, FileIO, StringIO
from itertools import islice
from math import nan
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import MediaError
from mien.inference.records.layout import Layout, Row
from mien.inference.records.table import (
    Header,
    Numbers,
    Records,
    check,
    join,
    layout_of,
    read_header,
    refuse,
)
from mien.inference.records.writing import translate_errors
from mien.results import FrameResult

_LONGEST_LINE = 2**17  # bytes; a record has some 400 and a path
_BATCH = 8192
_WHEN_FULL = "the records before are kept; make room and start again with a new file"
_TAKE_AS_WRITTEN = "take the file as it was written"


class LineWriter:
    """Appends each frame with one system call, so that a kill leaves whole lines.

    The first frame decides the columns.
    """

    def __init__(
        self,
        path: Path,
        file: FileIO,
        header: Callable[[Layout], str],
        encode: Callable[[Layout, list[Row]], str],
    ) -> None:
        self._path, self._file, self._header, self._encode = path, file, header, encode
        self._layout: Layout | None = None

    def write(self, result: FrameResult) -> None:
        """Writes one frame."""
        layout, header = self._layout, ""
        if layout is None:
            layout = Layout.of(result)
            header = self._header(layout)
        self._append(header + self._encode(layout, layout.to_rows(result)))
        self._layout = layout

    def finish(self) -> None:
        """Writes the header of a file without frames."""
        if self._layout is None:
            self._append(self._header(Layout()))

    def _append(self, text: str) -> None:
        """Writes text, or nothing of it where the disk is full."""
        rest = memoryview(text.encode())
        whole = self._file.tell()
        with translate_errors(self._path, _WHEN_FULL):
            try:
                while rest:
                    rest = rest[self._file.write(rest) :]
            except OSError:
                self._file.truncate(whole)
                self._file.seek(whole)
                raise


def open_csv(path: Path) -> AbstractContextManager[LineWriter]:
    """Opens a CSV file, whose first line names the columns."""
    return _open(path, lambda layout: _to_csv([layout.names]), lambda _, rows: _to_csv(rows))


def open_jsonl(path: Path) -> AbstractContextManager[LineWriter]:
    """Opens a file of one JSON object a line."""
    return _open(path, lambda _: "", _to_jsonl)


@contextmanager
def _open(
    path: Path,
    header: Callable[[Layout], str],
    encode: Callable[[Layout, list[Row]], str],
) -> Iterator[LineWriter]:
    with translate_errors(path, _WHEN_FULL):
        file = path.open("xb", buffering=0)
    with file:
        writer = LineWriter(path, file, header, encode)
        try:
            yield writer
        finally:
            _finish(path, writer)


def _finish(path: Path, writer: LineWriter) -> None:
    try:
        writer.finish()
    except MediaError:  # not even the header fits
        path.unlink()
        raise


def _to_csv(rows: Iterable[Row]) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _to_jsonl(layout: Layout, rows: list[Row]) -> str:
    objects = (dict(zip(layout.names, row, strict=True)) for row in rows)
    return "".join(
        json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n" for record in objects
    )


def read_csv(path: Path) -> Records:
    """Reads a CSV file; see `read_records`."""
    with _readable(path) as file:
        reader = csv.reader(_lines(path, file), strict=True)
        names = next(_parse_csv(path, reader), None)
        if names is None:  # killed before the first line was whole
            _check_start(path, file)
            return join([])
        header = read_header(path, names)
        batches = _batches(_full_rows(path, reader, len(names)))
        columns = (dict(zip(names, zip(*rows, strict=True), strict=True)) for rows in batches)
        return _parse(path, ((header, batch) for batch in columns), _csv_number)


def read_jsonl(path: Path) -> Records:
    """Reads a file of JSON Lines; see `read_records`."""
    with _readable(path) as file:
        return _parse(path, _json_batches(path, _lines(path, file)), _json_number)


@contextmanager
def _readable(path: Path) -> Iterator[BufferedReader]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise MediaError(
            f"cannot be read ({error.strerror})", subject=path, remedy="check the path"
        ) from None


def _lines(path: Path, file: BufferedReader) -> Iterator[str]:
    """Yields the lines that are whole; the last one may have been cut off by a kill."""
    for line in iter(lambda: file.readline(_LONGEST_LINE), b""):
        if not line.endswith(b"\n") and len(line) < _LONGEST_LINE:
            return
        try:
            yield line.decode("utf-8-sig")  # spreadsheets put a mark at the front
        except UnicodeDecodeError:
            raise MediaError("not UTF-8 text", subject=path, remedy=_TAKE_AS_WRITTEN) from None


def _check_start(path: Path, file: BufferedReader) -> None:
    """Refuses a file of less than a line that does not begin as any header of records does."""
    file.seek(0)
    cut = file.read(_LONGEST_LINE)
    start = _to_csv([Layout((), ()).names]).rstrip().encode()  # no model has other first columns
    if not (start.startswith(cut) or cut.startswith(start)):
        raise MediaError(
            "it holds no records", subject=path, remedy="choose a file that Mien wrote"
        )


def _parse_csv(path: Path, reader: Any) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise MediaError(
            f"{path}, line {reader.line_num}: not a line of CSV ({error})",
            remedy=_TAKE_AS_WRITTEN,
        ) from None


def _full_rows(path: Path, reader: Any, fields: int) -> Iterator[list[str]]:
    for number, row in enumerate(_parse_csv(path, reader), 1):
        if len(row) != fields:
            raise MediaError(
                f"{path}, row {number}: it has {len(row)} fields, not {fields}",
                remedy=_TAKE_AS_WRITTEN,
            )
        yield row


def _batches(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    while batch := list(islice(rows, _BATCH)):
        yield batch


def _json_batches(
    path: Path, lines: Iterator[str]
) -> Iterator[tuple[Header, dict[str, Sequence[Any]]]]:
    """Yields the columns of some objects at a time; optional keys may be absent from some."""
    objects = (_to_object(path, number, line) for number, line in enumerate(lines))
    first = 0
    while batch := list(islice(objects, _BATCH)):
        names = tuple(dict.fromkeys(name for record in batch for name in record))
        _check_keys(path, first, layout_of(names), batch)
        header = read_header(path, names)
        yield header, {name: [record.get(name) for record in batch] for name in names}
        first += len(batch)


def _check_keys(path: Path, first: int, layout: Layout, batch: list[dict[str, Any]]) -> None:
    required = [column.name for column in layout.columns if column.required]
    for number, record in enumerate(batch, first):
        if absent := next((name for name in required if name not in record), None):
            raise refuse(path, number, absent, "it is not there")


def _to_object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        record = json.loads(line, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        record = None
    except KeyError as error:
        raise refuse(path, number, error.args[0], "it is there twice") from None
    if not isinstance(record, dict):
        raise MediaError(
            "not a JSON object", subject=f"{path}, row {number + 1}", remedy=_TAKE_AS_WRITTEN
        )
    return record


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name, value in pairs:
        if name in record:
            raise KeyError(name)
        record[name] = value
    return record


def _parse(
    path: Path,
    batches: Iterable[tuple[Header, Mapping[str, Sequence[Any]]]],
    to_number: Callable[[Any], float],
) -> Records:
    parts: list[Records] = []
    first = 0
    for header, columns in batches:
        texts = {name: _texts(path, first, name, columns[name]) for name in header.texts}
        numbers = {
            name: _numbers(path, first, name, columns[name], to_number) for name in header.numbers
        }
        extra = {name: [_or_none(value) for value in columns[name]] for name in header.extra}
        parts.append(check(path, first, header, texts, numbers, extra))
        first += len(parts[-1])
    return _join(path, parts)


def _join(path: Path, parts: Sequence[Records]) -> Records:
    for part in parts:
        if part.labels != parts[0].labels:
            raise MediaError(
                f"some rows have the labels {', '.join(parts[0].labels)}, "
                f"others {', '.join(part.labels)}",
                subject=path,
                remedy=_TAKE_AS_WRITTEN,
            )
    return join(parts)


def _or_none(value: Any) -> Any:
    return None if value == "" else value


def _texts(path: Path, first: int, name: str, values: Sequence[Any]) -> list[str | None]:
    for row, value in enumerate(values, first):
        if not (value is None or isinstance(value, str)):
            raise refuse(path, row, name, f"{value!r} is not text")
    return list(values)


def _numbers(
    path: Path, first: int, name: str, values: Sequence[Any], to_number: Callable[[Any], float]
) -> Numbers:
    try:
        return np.array([to_number(value) for value in values])
    except (ValueError, OverflowError):
        row = next(row for row, value in enumerate(values) if not _is_number(value, to_number))
        problem = f"{values[row]!r:.40} is not a number"
        raise refuse(path, first + row, name, problem) from None


def _is_number(value: Any, to_number: Callable[[Any], float]) -> bool:
    try:
        to_number(value)
    except (ValueError, OverflowError):
        return False
    return True


def _csv_number(text: str) -> float:
    return float(text) if text else nan


def _json_number(value: object) -> float:
    if value is None:
        return nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError  # float() would take "1" and true
    return float(value)
