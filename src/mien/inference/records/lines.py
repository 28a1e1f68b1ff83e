"""Records as lines of text, CSV and JSON: whole lines in the file after every frame."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from io import BufferedReader, FileIO, StringIO
from itertools import islice
from math import nan
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import MediaError
from mien.inference.records.schema import (
    COLUMNS,
    TEXTS,
    Numbers,
    Records,
    Row,
    check,
    join,
    refuse,
    to_rows,
    told,
)
from mien.results import FrameResult

_LONGEST_LINE = 2**17  # bytes; a record has some 400 and a path
_BATCH = 8192
_WHEN_FULL = "the records before are kept; make room and start again with a new file."


class LineWriter:
    """Appends each frame with one system call, so that a kill leaves whole lines."""

    def __init__(self, path: Path, file: FileIO, encode: Callable[[list[Row]], str]) -> None:
        self._path, self._file, self._encode = path, file, encode

    def write(self, result: FrameResult) -> None:
        """Writes one frame."""
        self.append(self._encode(to_rows(result)))

    def append(self, text: str) -> None:
        """Writes text, or nothing of it where the disk is full."""
        rest = memoryview(text.encode())
        whole = self._file.tell()
        with told(self._path, _WHEN_FULL):
            try:
                while rest:
                    rest = rest[self._file.write(rest) :]
            except OSError:
                self._file.truncate(whole)
                self._file.seek(whole)
                raise


def open_csv(path: Path) -> AbstractContextManager[LineWriter]:
    """Opens a CSV file, whose first line names the columns."""
    return _open(path, _to_csv([COLUMNS]), _to_csv)


def open_jsonl(path: Path) -> AbstractContextManager[LineWriter]:
    """Opens a file of one JSON object a line."""
    return _open(path, "", _to_jsonl)


@contextmanager
def _open(path: Path, header: str, encode: Callable[[list[Row]], str]) -> Iterator[LineWriter]:
    with told(path, _WHEN_FULL):
        file = path.open("xb", buffering=0)
    with file:
        writer = LineWriter(path, file, encode)
        try:
            writer.append(header)
        except MediaError:
            path.unlink()
            raise
        yield writer


def _to_csv(rows: Iterable[Row]) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _to_jsonl(rows: Iterable[Row]) -> str:
    objects = (dict(zip(COLUMNS, row, strict=True)) for row in rows)
    return "".join(
        json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n" for record in objects
    )


def read_csv(path: Path) -> Records:
    """Reads a CSV file; see `read_records`."""
    with _readable(path) as file:
        reader = csv.reader(_lines(path, file), strict=True)
        header = next(_guarded(path, reader), None)
        if header is None:  # killed before the first line was whole
            _demand_start(path, file, _to_csv([COLUMNS]))
            return join(path, [])
        places = [_place(path, header, name) for name in COLUMNS]
        picked = ([row[at] for at in places] for row in _full(path, reader, len(header)))
        return _parse(path, picked, _csv_number)


def read_jsonl(path: Path) -> Records:
    """Reads a file of JSON Lines; see `read_records`."""
    with _readable(path) as file:
        return _parse(path, _objects(path, _lines(path, file)), _json_number)


@contextmanager
def _readable(path: Path) -> Iterator[BufferedReader]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise MediaError(f"{path}: cannot be read ({error.strerror}); check the path.") from None


def _lines(path: Path, file: BufferedReader) -> Iterator[str]:
    """Yields the lines that are whole; the last one may have been cut off by a kill."""
    for line in iter(lambda: file.readline(_LONGEST_LINE), b""):
        if not line.endswith(b"\n") and len(line) < _LONGEST_LINE:
            return
        try:
            yield line.decode("utf-8-sig")  # spreadsheets put a mark at the front
        except UnicodeDecodeError:
            raise MediaError(f"{path}: not UTF-8 text; take the file as it was written.") from None


def _demand_start(path: Path, file: BufferedReader, header: str) -> None:
    file.seek(0)
    if not header.encode().startswith(file.read(_LONGEST_LINE)):
        raise MediaError(f"{path}: it holds no records; give a file that Mien wrote.")


def _place(path: Path, header: list[str], name: str) -> int:
    if name not in header:
        raise MediaError(f"{path}: it has no column '{name}'; give a file that Mien wrote.")
    return header.index(name)


def _guarded(path: Path, reader: Any) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise MediaError(
            f"{path}, line {reader.line_num}: not a line of CSV ({error}); "
            "take the file as it was written."
        ) from None


def _full(path: Path, reader: Any, fields: int) -> Iterator[list[str]]:
    for number, row in enumerate(_guarded(path, reader), 1):
        if len(row) != fields:
            raise MediaError(
                f"{path}, row {number}: it has {len(row)} fields, not {fields}; "
                "take the file as it was written."
            )
        yield row


def _objects(path: Path, lines: Iterator[str]) -> Iterator[list[Any]]:
    for number, line in enumerate(lines):
        try:
            record = json.loads(line)
            yield [record[name] for name in COLUMNS]
        except KeyError as error:
            raise refuse(path, number, error.args[0], "it is not there") from None
        except (ValueError, TypeError, RecursionError):
            raise MediaError(
                f"{path}, row {number + 1}: not a JSON object; take the file as it was written."
            ) from None


def _parse(path: Path, rows: Iterator[list[Any]], to_number: Callable[[Any], float]) -> Records:
    """Turns rows, in the order of `COLUMNS`, into columns, a batch at a time."""
    parts: list[Records] = []
    first = 0
    while batch := list(islice(rows, _BATCH)):
        columns = dict(zip(COLUMNS, zip(*batch, strict=True), strict=True))
        texts = {name: _texts(path, first, name, columns.pop(name)) for name in TEXTS}
        numbers = {
            name: _numbers(path, first, name, values, to_number) for name, values in columns.items()
        }
        parts.append(check(path, first, texts, numbers))
        first += len(batch)
    return join(path, parts)


def _texts(path: Path, first: int, name: str, values: tuple[Any, ...]) -> list[str | None]:
    for row, value in enumerate(values, first):
        if not (value is None or isinstance(value, str)):
            raise refuse(path, row, name, f"{value!r} is not text")
    return list(values)


def _numbers(
    path: Path, first: int, name: str, values: tuple[Any, ...], to_number: Callable[[Any], float]
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
