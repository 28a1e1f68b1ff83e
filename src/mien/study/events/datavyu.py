"""Codes of Datavyu: its CSV export, and its own `.opf` files.

A column of Datavyu holds cells with an onset, an offset, both in milliseconds, and arguments.
"""

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from math import isfinite
from pathlib import Path

from mien.errors import StudyError
from mien.study.events.cells import Row, header_of, read_sheet, write_sheet
from mien.study.events.event import Event, sort_events
from mien.study.events.fields import PACKED, from_fields, to_fields
from mien.study.events.log import Log
from mien.study.events.payload import (
    TEXTS,
    Fields,
    in_milliseconds,
    in_one_line,
    milliseconds,
    one_line,
    pack,
    refuse_negative,
)
from mien.study.events.text import parse_time, read_bytes

_COLUMN = "events"
_ARGUMENTS = (*TEXTS, "excluded", PACKED)
_VARIABLE = re.compile(r"(?P<name>.+?) ?\((?P<kind>\w+).*?\)(?:-(?P<arguments>.*))?")
_CELL = re.compile(r"(?P<onset>[\d:]+),(?P<offset>[\d:]+),(?P<value>.*)")
_LARGEST = 100 * 2**20  # bytes of a spreadsheet within an .opf


def is_datavyu(start: str) -> bool:
    """Returns whether a file that starts so is an export of Datavyu."""
    names = header_of(start)
    return any(
        f"{name.removesuffix('.onset')}.offset" in names
        for name in names
        if name.endswith(".onset")
    )


def read_datavyu(path: Path) -> Log:
    """Reads the columns of an export, side by side.

    Arguments named as fields of `Event` are taken as such. Of others, the first is the code, the
    rest is the note, and the name is the column's.
    """
    sheet = read_sheet(path)
    columns = [name.removesuffix(".onset") for name in sheet.names if name.endswith(".onset")]
    return Log(tuple(event for row in sheet.rows for event in _row(row, columns)))


def write_datavyu(events: Iterable[Event]) -> str:
    """Returns one column, `events`, whose arguments are the fields of `Event`."""
    names = [f"{_COLUMN}.{name}" for name in ("ordinal", "onset", "offset", *_ARGUMENTS)]
    rows = (
        [ordinal, *milliseconds(event), *_arguments(event)]
        for ordinal, event in enumerate(map(_checked, sort_events(events)), 1)
    )
    return write_sheet(names, rows)


def read_opf(path: Path) -> Log:
    """Reads the spreadsheet of an `.opf` file, which is a zip archive, as `read_datavyu` does."""
    events, column, names = list[Event](), "", list[str]()
    for number, line in enumerate(_spreadsheet(path).splitlines(), 1):
        place = f"{path}, line {number} of its spreadsheet"
        if match := _CELL.fullmatch(line):
            value = match["value"]
            values = value.removeprefix("(").removesuffix(")").split(",") if names else [value]
            cell = dict(zip(names or ["code"], values, strict=False))
            times = [_seconds(match[key], place) * 1000 for key in ("onset", "offset")]
            events.append(_event(column, times, cell, place))
        elif match := _VARIABLE.fullmatch(line):
            column = match["name"]
            names = [it.split("|")[0] for it in (match["arguments"] or "").split(",") if it]
    return Log(tuple(events))


def write_opf(events: Iterable[Event]) -> bytes:
    """Returns an archive with one column; commas, brackets and backslashes become spaces."""
    names = ",".join(f"{name}|NOMINAL" for name in _ARGUMENTS)
    lines = ["#4", f"{_COLUMN} (MATRIX,true,)-{names}"]
    for event in map(_checked, sort_events(events)):
        onset, offset = map(_clock, milliseconds(event))
        lines.append(f"{onset},{offset},({','.join(_opf_arguments(event))})")
    sink = BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("db", "\n".join(lines) + "\n")
        archive.writestr("project", "!project\ndbFile: db\nname: events\nversion: 5\n")
    return sink.getvalue()


def _checked(event: Event) -> Event:
    refuse_negative(event, "Datavyu")
    return event


def _view(event: Event) -> Event:
    times = in_milliseconds(*milliseconds(event))
    return replace(event, **times, **in_one_line(event))


def _arguments(event: Event) -> list[str]:
    return [*to_fields(event).values(), pack(event, _view)]


def _plain(text: str) -> str:
    return one_line(re.sub(r"[,()\\|]", " ", text))


def _opf_view(event: Event) -> Event:
    texts: Fields = {name: _plain(getattr(event, name)) for name in TEXTS}
    return replace(event, **in_milliseconds(*milliseconds(event)), **texts)


def _opf_arguments(event: Event) -> list[str]:
    # Datavyu takes backslashes out and parts arguments at commas, so what is packed is in hex.
    packed = pack(event, _opf_view).encode().hex()
    return [*map(_plain, to_fields(event).values()), packed]


def _row(row: Row, columns: Sequence[str]) -> Iterator[Event]:
    for column in columns:
        onset, offset = row.number(f"{column}.onset"), row.number(f"{column}.offset")
        if onset is None:
            continue
        start = f"{column}."
        cell = {
            name.removeprefix(start): row.text(name)
            for name in row.cells
            if name.startswith(start) and name.count(".") == start.count(".")
        }
        place = f"{row.path}, line {row.line}, column {column}"
        yield _event(column, [onset, onset if offset is None else offset], cell, place)


def _event(column: str, times: Sequence[float], cell: Mapping[str, str], place: str) -> Event:
    if not all(map(isfinite, times)):
        raise StudyError(
            "one of its times is no finite number", subject=place, remedy="use milliseconds"
        )
    onset, offset = map(round, times)
    values = {
        name: text for name, text in cell.items() if name not in ("ordinal", "onset", "offset")
    }
    if PACKED in values and not values[PACKED].startswith("mien"):
        values[PACKED] = _from_hex(values[PACKED], place)
        return from_fields(in_milliseconds(onset, offset), values, _opf_view, place)
    if PACKED not in values:
        values = _own_arguments(column, values)
    return from_fields(in_milliseconds(onset, offset), values, _view, place)


def _from_hex(text: str, place: str) -> str:
    try:
        return bytes.fromhex(text).decode()
    except ValueError:
        raise StudyError(
            "its argument mien is damaged", subject=place, remedy="empty the argument"
        ) from None


def _own_arguments(column: str, values: Mapping[str, str]) -> dict[str, str]:
    """Maps the arguments of a laboratory's own column."""
    known = {name: text for name, text in values.items() if name in _ARGUMENTS}
    others = {name: text for name, text in values.items() if name not in _ARGUMENTS and text}
    first = next(iter(others), "")
    notes = [
        known.get("note", ""),
        *(f"{name}={text}" for name, text in others.items() if name != first),
    ]
    if "code" in known:
        return {"name": column} | known
    if first:
        known |= {"code": others[first], "note": "; ".join(filter(None, notes))}
        return {"name": column} | known
    return {"code": column} | known


# What `zipfile` raises for damaged archives, those of later versions, and those with a password.
_NO_ARCHIVE = (
    *(zipfile.BadZipFile, zlib.error, KeyError, ValueError, OSError, EOFError),
    *(NotImplementedError, RuntimeError),
)


def _spreadsheet(path: Path) -> str:
    try:
        with zipfile.ZipFile(BytesIO(read_bytes(path))) as archive:
            if archive.getinfo("db").file_size > _LARGEST:
                raise ValueError("its spreadsheet is larger than 100 MB")
            return archive.read("db").decode("utf-8")
    except _NO_ARCHIVE as error:
        raise StudyError(
            f"is no .opf file of Datavyu ({error})", subject=path, remedy="export it as CSV"
        ) from None


def _seconds(text: str, place: str) -> float:
    seconds = parse_time(text)
    if seconds is None:
        raise StudyError(f"'{text}' is no time", subject=place, remedy="write 00:00:01:500")
    return seconds


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{rest:03}"
