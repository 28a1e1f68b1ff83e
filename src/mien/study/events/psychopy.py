"""Logs of PsychoPy: its CSV of trials, with `*.started` and `*.stopped`, and its `.log` file."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from mien.errors import StudyError
from mien.study.events.cells import Row, header_of, read_sheet, write_sheet
from mien.study.events.event import Event
from mien.study.events.fields import PACKED, from_fields, to_fields
from mien.study.events.log import Log
from mien.study.events.payload import TEXTS, in_one_line, pack
from mien.study.events.text import read_text

_STARTED, _STOPPED = ".started", ".stopped"
_COMPONENT = "event"
_RESULTS = ("keys", "rt", "corr", "response")
_LINE = re.compile(r"(?P<time>\d+\.\d+) \t(?P<level>[A-Z]+) ?\t(?P<text>.*)")
_DRAWN = re.compile(r"(?P<name>.+): autoDraw = (?P<on>True|False|None)")


def is_psychopy(start: str) -> bool:
    """Returns whether a file that starts so has columns of started components."""
    return any(name.endswith(_STARTED) for name in header_of(start))


def read_psychopy(path: Path) -> Log:
    """Reads an event for each component that was started in each row.

    The component is the name, a column `condition` the condition; keys and reaction times are the
    note. Times are in seconds from the experiment's start. A component that was not stopped, as
    one that a response ends, is a moment.
    """
    sheet = read_sheet(path)
    components = [name.removesuffix(_STARTED) for name in sheet.names if name.endswith(_STARTED)]
    if not components:
        raise StudyError(
            "has no column that ends in .started", subject=path, remedy="choose another --format"
        )
    return Log(tuple(event for row in sheet.rows for event in _row(row, components)))


def write_psychopy(events: Iterable[Event]) -> str:
    """Returns the columns event.started, event.stopped, and one for each field of `Event`."""
    names = [f"{_COMPONENT}.{name}" for name in ("started", "stopped", *TEXTS, "excluded", PACKED)]
    rows = (
        [event.onset, event.end, *to_fields(event).values(), pack(event, _view)] for event in events
    )
    return write_sheet(names, rows)


def read_psychopy_log(path: Path) -> Log:
    """Reads intervals in which a stimulus is drawn by itself, and a moment for each DATA line.

    DATA lines are key presses, mouse clicks, and what an experiment logs with `logging.data`.
    """
    events, notes = list[Event](), list[str]()
    drawn = dict[str, float]()
    for match in _log_lines(path):
        time = float(match["time"])
        if match["level"] == "DATA":
            events.append(Event(time, name=match["text"].strip()))
        elif draw := _DRAWN.fullmatch(match["text"].strip()):
            if draw["on"] == "True":
                drawn.setdefault(draw["name"], time)
            elif (start := drawn.pop(draw["name"], None)) is not None:
                events.append(Event(start, max(time - start, 0), name=draw["name"]))
    notes += [
        f"'{name}' starts at {time:g} s, but never stops; left out" for name, time in drawn.items()
    ]
    return Log(tuple(events), tuple(notes))


def _log_lines(path: Path) -> Iterator[re.Match[str]]:
    found = False
    for line in read_text(path).splitlines():
        if match := _LINE.fullmatch(line):
            found = True
            yield match
    if not found:
        raise StudyError(
            "has no line as PsychoPy logs them: a time, a tab, a level, a tab, a text",
            subject=path,
            remedy="choose another --format",
        )


def _view(event: Event) -> Event:
    held = replace(event, duration=event.end - event.onset, **in_one_line(event))
    return held if held.name else replace(held, name=_COMPONENT)


def _row(row: Row, components: Sequence[str]) -> Iterator[Event]:
    for component in components:
        onset = row.number(component + _STARTED)
        if onset is None:
            continue
        stopped = row.number(component + _STOPPED)
        times = {"onset": onset, "duration": 0.0 if stopped is None else stopped - onset}
        place = f"{row.path}, line {row.line}, component {component}"
        yield from_fields(times, _values(row, component), _view, place)


def _values(row: Row, component: str) -> dict[str, str]:
    own = {name: row.text(f"{component}.{name}") for name in (*TEXTS, "excluded", PACKED)}
    results = ((name, row.text(f"{component}.{name}")) for name in _RESULTS)
    note = "; ".join(f"{name}={text}" for name, text in results if text not in ("", "None"))
    named = {"name": component, "condition": row.text("condition"), "note": note}
    return named | {name: text for name, text in own.items() if text}
