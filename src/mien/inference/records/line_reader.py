"""Reads records from lines of text, CSV or JSON."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BufferedReader
from itertools import islice
from math import nan
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import MediaError
from mien.inference.records.checks import TAKE_AS_WRITTEN, Block, Numbers, refuse
from mien.inference.records.header import Header, layout_of, read_header
from mien.inference.records.layout import Layout
from mien.inference.records.table import Records, join
from mien.sheets import unguard, write_cells

_LONGEST_LINE = 2**17  # bytes; a record has some 400 and a path
_BATCH = 8192

Columns = Mapping[str, Sequence[Any]]


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
        columns = ((header, _to_columns(names, rows, header.numbers)) for rows in batches)
        return _parse(path, columns, _csv_number)


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
            raise MediaError("not UTF-8 text", subject=path, remedy=TAKE_AS_WRITTEN) from None


def _check_start(path: Path, file: BufferedReader) -> None:
    """Refuses a file of less than a line that does not begin as any header of records does."""
    file.seek(0)
    cut = file.read(_LONGEST_LINE)
    names = Layout((), (), clock=False).names  # no model has other first columns
    start = write_cells([names]).rstrip().encode()
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
            remedy=TAKE_AS_WRITTEN,
        ) from None


def _full_rows(path: Path, reader: Any, fields: int) -> Iterator[list[str]]:
    for number, row in enumerate(_parse_csv(path, reader), 1):
        if len(row) != fields:
            raise MediaError(
                f"{path}, row {number}: it has {len(row)} fields, not {fields}",
                remedy=TAKE_AS_WRITTEN,
            )
        yield row


def _batches(rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    """Yields some rows at a time; at first none, so that a file without rows keeps its columns."""
    yield []
    while batch := list(islice(rows, _BATCH)):
        yield batch


def _to_columns(
    names: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[str]
) -> Columns:
    """Returns columns by name; only text may be guarded, and most cells are numbers."""
    columns: Iterable[Sequence[str]] = zip(*rows, strict=True) if rows else ([] for _ in names)
    return {
        name: values if name in numbers else [unguard(text) for text in values]
        for name, values in zip(names, columns, strict=True)
    }


def _json_batches(path: Path, lines: Iterator[str]) -> Iterator[tuple[Header, Columns]]:
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
            "not a JSON object", subject=f"{path}, row {number + 1}", remedy=TAKE_AS_WRITTEN
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
    batches: Iterable[tuple[Header, Columns]],
    to_number: Callable[[Any], float],
) -> Records:
    parts: list[Records] = []
    first = 0
    for header, columns in batches:
        parts.append(_to_block(path, first, header, columns, to_number).to_records())
        first += len(parts[-1])
    return _join(path, parts)


def _to_block(
    path: Path, first: int, header: Header, columns: Columns, to_number: Callable[[Any], float]
) -> Block:
    texts = {name: _texts(path, first, name, columns[name]) for name in header.texts}
    numbers = {
        name: _numbers(path, first, name, columns[name], to_number) for name in header.numbers
    }
    extra = {name: [_or_none(value) for value in columns[name]] for name in header.extra}
    return Block(path, first, header, texts, numbers, extra)


def _join(path: Path, parts: Sequence[Records]) -> Records:
    for part in parts:
        if part.labels != parts[0].labels:
            raise MediaError(
                f"some rows have the labels {', '.join(parts[0].labels)}, "
                f"others {', '.join(part.labels)}",
                subject=path,
                remedy=TAKE_AS_WRITTEN,
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
        return np.array([to_number(value) for value in values], np.float64)
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
