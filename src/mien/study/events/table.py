"""Mien's own table of events: CSV with a column for each field of `Event`."""

import csv
import os
from collections.abc import Iterable
from dataclasses import fields
from io import StringIO
from pathlib import Path

from mien.errors import StudyError
from mien.files import replacing
from mien.study.events.event import Event, sort_events

COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(Event))
"""Of the table; only `onset` is required."""


def read_events(path: str | os.PathLike[str]) -> tuple[Event, ...]:
    """Reads a table of events; columns may stand in any order, and all but `onset` be absent.

    Raises:
        StudyError: the file cannot be read or lacks `onset`, or a row is not an event.
    """
    path = Path(path)
    try:
        rows = list(csv.DictReader(StringIO(path.read_text("utf-8-sig"), newline="")))
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(
            f"cannot be read ({error})", subject=path, remedy="save it as UTF-8"
        ) from None
    return sort_events(_event(path, number, row) for number, row in enumerate(rows, 2))


def _event(path: Path, line: int, row: dict[str, str]) -> Event:
    try:
        texts = {name: (row.get(name) or "") for name in COLUMNS[2:] if name != "excluded"}
        return Event(
            float(row["onset"]),
            float(row.get("duration") or 0),
            excluded=row.get("excluded") in ("1", "true", "True"),
            **texts,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StudyError(
            f"no event ({error})", subject=f"{path}, line {line}", remedy="give onset in seconds"
        ) from None


def write_events(path: str | os.PathLike[str], events: Iterable[Event]) -> None:
    """Writes a table of events, or replaces it."""
    path = Path(path)
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for event in sort_events(events):
        values = {name: getattr(event, name) for name in COLUMNS} | {
            "excluded": int(event.excluded)
        }
        writer.writerow(values.values())
    with replacing(path) as beside:
        beside.write_text(text.getvalue(), "utf-8")
