"""Logs of E-Prime: the `.txt` of LogFrames beside a run, and the table that E-DataAid exports.

Objects log `NAME.OnsetTime`, in milliseconds from the experiment's start. E-Prime writes UTF-16.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from mien.errors import StudyError
from mien.study.events.cells import read_sheet
from mien.study.events.event import Event
from mien.study.events.fields import PACKED, from_fields, to_fields
from mien.study.events.log import Log
from mien.study.events.payload import (
    TEXTS,
    in_milliseconds,
    in_one_line,
    milliseconds,
    pack,
    refuse_negative,
)
from mien.study.events.text import parse_time, read_text

_ONSET, _OBJECT = ".OnsetTime", "Event"
_START, _END = "*** LogFrame Start ***", "*** LogFrame End ***"
_RESULTS = ("RESP", "RT", "ACC")
_ENDS = ("OffsetTime", "FinishTime")


def is_eprime(start: str) -> bool:
    """Returns whether a file that starts so is a log of E-Prime."""
    return start.startswith("*** Header Start") or _START in start or _ONSET in start


def read_eprime(path: Path) -> Log:
    """Reads an event for each object that has an onset in each trial.

    The object is the name, a field `Condition` the condition; RESP, RT and ACC are the note. The
    interval ends at OffsetTime, FinishTime, or after Duration, whichever the log has first.
    """
    frames = list(_frames(path))
    events = tuple(event for place, frame in frames for event in _frame(frame, place))
    if not any(name.endswith(_ONSET) for _, frame in frames for name in frame):
        raise StudyError(
            "no object logs OnsetTime",
            subject=path,
            remedy="turn on Time Audit in E-Prime's property Data Logging",
        )
    return Log(events)


def write_eprime(events: Iterable[Event]) -> bytes:
    """Returns a LogFrame for each event, with the object `Event`, in UTF-16."""
    lines = ["*** Header Start ***", "LevelName: Session", "Experiment: Mien", "*** Header End ***"]
    for event in events:
        refuse_negative(event, "E-Prime")
        start, stop = milliseconds(event)
        texts = to_fields(event) | {PACKED: pack(event, _view)}
        lines += [
            "\tLevel: 1",
            f"\t{_START}",
            f"\t{_OBJECT}{_ONSET}: {start}",
            f"\t{_OBJECT}.{_ENDS[0]}: {stop}",
        ]
        lines += [f"\t{_OBJECT}.{name}: {text}" for name, text in texts.items() if text]
        lines.append(f"\t{_END}")
    return ("\r\n".join(lines) + "\r\n").encode("utf-16", "replace")


def _view(event: Event) -> Event:
    held = replace(event, **in_milliseconds(*milliseconds(event)), **in_one_line(event))
    return held if held.name else replace(held, name=_OBJECT)


def _frames(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yields the fields of each trial, and where it starts."""
    text = read_text(path)
    if _START not in text:
        sheet = read_sheet(path, ("ExperimentName",))
        for row in sheet.rows:
            yield f"{path}, line {row.line}", {name: row.text(name) for name in sheet.names}
        return
    frame, place = dict[str, str](), ""
    for number, line in enumerate(text.split("\n"), 1):
        content = line.strip()
        if content == _START:
            frame, place = {}, f"{path}, LogFrame in line {number}"
        elif content == _END:
            yield place, frame
        else:
            name, _, value = content.partition(":")
            frame[name] = value.strip()


def _frame(frame: Mapping[str, str], place: str) -> Iterator[Event]:
    for name in frame:
        item = name.removesuffix(_ONSET)
        if item == name or frame[name] in ("", "NULL"):
            continue
        onset = _number(frame, name, place)
        # E-Prime logs 0 for an object that was not shown; Mien writes but what was.
        if onset or item == _OBJECT:
            times = in_milliseconds(onset, _stop(frame, item, onset, place))
            yield from_fields(times, _values(frame, item), _view, place)


def _stop(frame: Mapping[str, str], item: str, onset: int, place: str) -> int:
    for name in _ENDS:
        if end := _number(frame, f"{item}.{name}", place):
            return end
    # A Duration of -1 is endless: until a response.
    return onset + max(_number(frame, f"{item}.Duration", place), 0)


def _number(frame: Mapping[str, str], name: str, place: str) -> int:
    """Returns a time in milliseconds; 0 where there is none."""
    text = frame.get(name, "")
    value = parse_time(text) if text not in ("", "NULL") else 0
    if value is None:
        raise StudyError(
            f"'{text}' is no time", subject=f"{place}, {name}", remedy="use milliseconds"
        )
    return round(value)


def _values(frame: Mapping[str, str], item: str) -> dict[str, str]:
    own = {name: frame.get(f"{item}.{name}", "") for name in (*TEXTS, "excluded", PACKED)}
    results = ((name, frame.get(f"{item}.{name}", "")) for name in _RESULTS)
    note = "; ".join(f"{name}={text}" for name, text in results if text not in ("", "NULL"))
    named = {"name": item, "condition": frame.get("Condition", ""), "note": note}
    return named | {name: text for name, text in own.items() if text}
