"""Tables that BORIS exports: tabular events (a row an entry), and aggregated ones (a row a state).

Mien writes aggregated events.
"""

from collections.abc import Iterable
from pathlib import Path

from mien.errors import StudyError
from mien.study.events.boris_states import (
    NOBODY,
    Entry,
    heading_of,
    modifiers_of,
    pair,
    to_event,
    view,
)
from mien.study.events.cells import Row, Sheet, read_sheet, write_sheet
from mien.study.events.event import Event
from mien.study.events.log import Log
from mien.study.events.payload import embed, milliseconds, pack

_NAMES = (
    "Observation id",
    "Media file name",
    "Subject",
    "Behavior",
    "Behavioral category",
    "Modifier #1",
    "Behavior type",
    "Start (s)",
    "Stop (s)",
    "Duration (s)",
    "Comment start",
    "Comment stop",
)


def is_boris_table(start: str) -> bool:
    """Returns whether a file that starts so is a table of BORIS."""
    return any("Subject" in line and "Behavior" in line for line in start.splitlines())


def read_boris_table(path: Path) -> Log:
    """Reads tabular or aggregated events, with or without the lines of older versions before."""
    sheet = read_sheet(path, ("Subject", "Behavior"))
    if "Start (s)" in sheet.names:
        return Log(tuple(map(_interval, sheet.rows)))
    if "Time" not in sheet.names:
        raise StudyError(
            "has no column 'Time' or 'Start (s)'",
            subject=path,
            remedy="export tabular or aggregated events from BORIS",
        )
    return _pair_by_observation(sheet)


def write_boris_table(events: Iterable[Event]) -> str:
    """Returns aggregated events."""
    return write_sheet(_NAMES, map(_cells, events))


def _pair_by_observation(sheet: Sheet) -> Log:
    groups = dict[tuple[str, str], list[Entry]]()
    for row in sheet.rows:
        key = row.text("Observation id"), _recording(row)
        groups.setdefault(key, []).append(_entry(row, "Time", "Comment"))
    logs = [
        pair(entries, set(), recording, f"{sheet.path}, observation {observation}")
        for (observation, recording), entries in groups.items()
    ]
    events = tuple(event for log in logs for event in log.events)
    return Log(events, tuple(note for log in logs for note in log.notes))


def _entry(row: Row, time: str, comment: str) -> Entry:
    """Reads a row; its status is in `Behavior type`, or `Status` in older versions."""
    seconds = row.number(time)
    if seconds is None:
        raise row.error("the time is missing", "give seconds", time)
    return Entry(
        seconds,
        row.text("Subject"),
        row.text("Behavior"),
        _modifiers(row),
        row.text(comment),
        (row.text("Behavior type") or row.text("Status")).upper(),
    )


def _modifiers(row: Row) -> str:
    names = (name for name in row.cells if name.startswith("Modifier"))
    return "|".join(filter(None, map(row.text, names)))


def _recording(row: Row) -> str:
    media = row.text("Media file name") or row.text("Media file path") or row.text("Source")
    media = media.removeprefix("player #1:")
    return media.replace("\\", "/").rsplit("/", 1)[-1]


def _interval(row: Row) -> Event:
    entry = _entry(row, "Start (s)", "Comment start")
    stop = row.number("Stop (s)")
    end = entry.time if stop is None else stop
    return to_event(entry, end, _recording(row), f"{row.path}, line {row.line}")


def _cells(event: Event) -> list[object]:
    seen = view(event)
    start, stop = milliseconds(event)
    return [
        seen.recording or "events",
        seen.recording,
        seen.person or NOBODY,
        heading_of(event),
        "",
        modifiers_of(event),
        "STATE" if stop > start else "POINT",
        start / 1000,
        stop / 1000,
        (stop - start) / 1000,
        embed(event.note, pack(event, view)),
        "",
    ]
