"""Rows of a CSV file, one at a time, each with the words that tell a user where it is."""

import csv
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import IO

from mien.errors import DataError
from mien.sheets import unguard

_LONGEST_LINE = 2**17  # a row of FER2013 has under 10,000 characters
Row = tuple[str, list[str]]


def read_rows(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> Iterator[Row]:
    """Yields each row's place, such as "fer.csv, row 2 (line 3)", and its fields.

    Memory is bounded by one row. Blank lines are skipped; no field may contain a line break.

    Args:
        path: a UTF-8 file whose first line names its columns, in any order; blanks around a
            name and its case do not matter.
        columns: the names of the fields to yield.
        optional: names of more fields to yield after those; "" where the file has no such column.

    Raises:
        DataError: the file cannot be read, is no CSV or not UTF-8, lacks a column, or has a row
            with another number of fields. Rows are counted from 1, after the header.
    """
    number = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            records = _records(file)
            _, names = next(records, (0, []))
            header = [name.strip().casefold() for name in names]
            picked = _positions(path, header, columns, optional)
            for number, (line, fields) in enumerate(records, 1):
                where = f"{path}, row {number} (line {line})"
                if len(fields) != len(header):
                    raise DataError(
                        f"it has {len(fields)} fields, not {len(header)}; the file may be cut "
                        "off, take a whole copy",
                        subject=where,
                    )
                yield where, ["" if at is None else fields[at].strip() for at in picked]
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", subject=path) from None
    except UnicodeDecodeError:
        raise DataError(f"{path}, after row {number}: not UTF-8 text; save it as UTF-8") from None
    except csv.Error as error:
        raise DataError(f"{path}, after row {number}: not a row of CSV: {error}") from None


def read_header(path: Path) -> list[str]:
    """Returns the names of a file's columns, in lower case.

    Raises:
        DataError: as `read_rows`.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            _, names = next(_records(file), (0, []))
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", subject=path) from None
    except UnicodeDecodeError:
        raise DataError("not UTF-8 text", subject=path, remedy="save it as UTF-8") from None
    except csv.Error as error:
        raise DataError(f"its header is no row of CSV: {error}", subject=path) from None
    return [name.strip().casefold() for name in names]


def _positions(
    path: Path, header: list[str], columns: Sequence[str], optional: Sequence[str]
) -> list[int | None]:
    if not header:
        raise DataError("the file is empty", subject=path)
    for name in columns:
        if name.casefold() not in header:
            raise DataError(
                f"it has no column '{name}'; it has {', '.join(header)[:200]}", subject=path
            )
    names = [name.casefold() for name in (*columns, *optional)]
    return [header.index(name) if name in header else None for name in names]


def _records(file: IO[str]) -> Iterator[tuple[int, list[str]]]:
    """Yields the number and the fields of each line; one without an end is not read for long."""
    for number in count(1):
        line = file.readline(_LONGEST_LINE)
        if not line:
            return
        if len(line) == _LONGEST_LINE:
            raise csv.Error(f"the line is longer than {_LONGEST_LINE:,} characters")
        if not line.isspace():
            yield number, _fields(line)


def _fields(line: str) -> list[str]:
    """Splits a line; the csv module, which goes letter by letter, is called for quotes alone."""
    fields = next(csv.reader([line], strict=True)) if '"' in line else line.split(",")
    return [unguard(field) for field in fields] if "'" in line else fields
