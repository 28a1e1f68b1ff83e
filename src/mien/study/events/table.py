"""Mien's own table of events: CSV with a column for each field of `Event`."""

from collections.abc import Iterable
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path

from mien.errors import StudyError
from mien.study.events.cells import Row, header_of, read_sheet, write_sheet
from mien.study.events.event import Event
from mien.study.events.log import Log
from mien.study.events.payload import TEXTS, Fields

COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(Event))
"""Of the table; only `onset` is required."""

_TIMES = ("onset", "duration", "end")
_KNOWN = {*COLUMNS, "end", *(f"{name}_ms" for name in _TIMES)}
_SYNONYMS = {"offset": "end", "stop": "end", "offset_ms": "end_ms", "start": "onset"}
_YES, _NO = ("1", "true", "yes"), ("", "0", "false", "no")


def is_table(start: str) -> bool:
    """Returns whether a file that starts so has a column of onsets, and is no table of BORIS."""
    return bool({"onset", "onset_ms"} & {name.lower() for name in header_of(start)})


def read_table(path: Path) -> Log:
    """Reads a table; columns may stand in any order, and all but `onset` be absent.

    Times are in seconds or hh:mm:ss.mmm, and in milliseconds in the columns `onset_ms`,
    `duration_ms` and `end_ms`. An `end` (or `offset`) may stand for the duration. Columns that
    Mien does not know are left out, with a note; one that looks like a typing error is refused.
    """
    sheet = read_sheet(path)
    places = {_rename(name): name for name in sheet.names}
    if "onset" not in places and "onset_ms" not in places:
        raise StudyError(
            f"has no column 'onset'; it has {', '.join(sheet.names)[:100]}",
            subject=path,
            remedy="give onset in seconds, or onset_ms in milliseconds; "
            "for another program's file name its --format",
        )
    unknown = [place for name, place in places.items() if name and name not in _KNOWN]
    _refuse_typing_errors(path, unknown)
    notes = (f"columns left out: {', '.join(unknown)}",) if unknown else ()
    return Log(tuple(_event(row, places) for row in sheet.rows), notes)


def write_table(events: Iterable[Event]) -> str:
    """Returns a table with all columns."""
    rows = (
        [int(value) if isinstance(value, bool) else value for value in _values(event)]
        for event in events
    )
    return write_sheet(COLUMNS, rows)


def _values(event: Event) -> list[object]:
    return [getattr(event, name) for name in COLUMNS]


def _rename(name: str) -> str:
    lower = name.lower().replace(" ", "_")
    return _SYNONYMS.get(lower, lower)


def _refuse_typing_errors(path: Path, unknown: Iterable[str]) -> None:
    for name in unknown:
        if meant := get_close_matches(name.lower(), _KNOWN, 1, 0.8):
            raise StudyError(
                f"unknown column '{name}'", subject=path, remedy=f"is it '{meant[0]}'? rename it"
            )


def _event(row: Row, places: dict[str, str]) -> Event:
    onset = _time(row, places, "onset")
    if onset is None:
        raise row.error("the onset is missing", "give onset in seconds", places.get("onset", ""))
    duration, end = _time(row, places, "duration"), _time(row, places, "end")
    if duration is None:
        duration = 0.0 if end is None else end - onset
    texts: Fields = {name: row.text(places[name]) for name in TEXTS if name in places}
    excluded = _flag(row, places)
    with row.located():
        return Event(onset, duration, excluded=excluded, **texts)


def _time(row: Row, places: dict[str, str], name: str) -> float | None:
    """Returns a time in seconds, from the column in seconds or the one in milliseconds."""
    if name in places and (seconds := row.number(places[name])) is not None:
        return seconds
    value = row.number(places[f"{name}_ms"]) if f"{name}_ms" in places else None
    return None if value is None else value / 1000


def _flag(row: Row, places: dict[str, str]) -> bool:
    if "excluded" not in places:
        return False
    text = row.text(places["excluded"]).strip().lower()
    if text not in _YES + _NO:
        raise row.error(f"'{text}' is neither", "use 1 or 0", places["excluded"])
    return text in _YES
