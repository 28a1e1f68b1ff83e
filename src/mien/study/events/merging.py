"""Brings the events of a log into the time of a recording, and joins them with those it has."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from mien.errors import StudyError
from mien.study.events.event import Event, sort_events

UNITS = {"s": 1.0, "ms": 0.001, "min": 60.0}
"""Seconds in a unit of time."""

LABELS = ("code", "name", "condition")
"""The fields that a log's own label may go to."""

_CLOCK = "the log's clock may be 0 at another moment: --offset SECONDS or --start-clock TIME"
_LONGEST = 1e8  # seconds; a log above it counts from 1970


def shift(events: Iterable[Event], offset: float = 0.0, unit: str = "s") -> tuple[Event, ...]:
    """Returns events in seconds of a recording.

    Args:
        events: with times in `unit`.
        offset: the second of the recording at which the log's clock is 0.
        unit: a key of `UNITS`.
    """
    scale = UNITS[unit]
    return tuple(
        replace(event, onset=event.onset * scale + offset, duration=event.duration * scale)
        for event in events
    )


def relabel(events: Iterable[Event], label: str) -> tuple[Event, ...]:
    """Returns events whose label stands in another field: code, name or condition.

    The label is the first of an event's code, name and condition that is not empty. The field that
    it leaves becomes empty.
    """
    return tuple(_relabel(event, label) for event in events)


def _relabel(event: Event, label: str) -> Event:
    source = next((field for field in LABELS if getattr(event, field)), label)
    return replace(event, **{source: ""} | {label: getattr(event, source)})


def choose_recording(
    events: Sequence[Event], name: str
) -> tuple[tuple[Event, ...], tuple[str, ...]]:
    """Returns the events of a log that are of one recording, and notes on the rest.

    Args:
        events: of a log. Those without a recording are of each.
        name: of the recording. If no event names it, and all name the same other one, that is
            taken for it, as a laboratory's names of files often differ.

    Raises:
        StudyError: the events are of several recordings, and none of them is this one.
    """
    named = {event.recording for event in events if event.recording}
    if name in named:
        chosen = [event for event in events if event.recording in ("", name)]
        count = len(events) - len(chosen)
        others = ", ".join(sorted(named - {name}))
        notes = [f"{count} events of other recordings were left out ({others})"] if count else []
    elif len(named) > 1:
        raise StudyError(
            f"its events are of {', '.join(sorted(named))}, and none is of {name}",
            remedy="choose one with --recording",
        )
    else:
        chosen = list(events)
        notes = [f"events of {other} were taken for events of {name}" for other in named]
    return tuple(replace(event, recording="") for event in chosen), tuple(notes)


def refuse_other_time_base(events: Sequence[Event], start: float, end: float) -> None:
    """Raises StudyError where all events lie outside a recording, with the likely cause.

    Args:
        events: in seconds of the recording.
        start: of the recording.
        end: the second at which its last frame ends.
    """
    if not events or any(event.onset < end and event.end >= start for event in events):
        return
    count = f"all {len(events)} events lie" if len(events) > 1 else "the event lies"
    first, last = events[0].onset, max(event.onset for event in events)
    if last < start:
        side, cause = f"before the recording's start at {start:.1f} s", _CLOCK
    elif first >= end:
        side, cause = f"after the recording's end at {end:.1f} s", _guess(first, last, end)
    else:
        side, cause = f"outside the recording, which has {start:.1f} to {end:.1f} s", _CLOCK
    raise StudyError(f"{count} {side}", remedy=f"{cause}; they start at {first:g} s")


def _guess(first: float, last: float, end: float) -> str:
    if first > _LONGEST:
        return "times may count from 1970: --start-clock 1970-01-01T00:00:00Z"
    if 10 * end < last <= 1000 * end:
        return "times may be milliseconds: --unit ms"
    return _CLOCK


def merge(known: Sequence[Event], new: Iterable[Event]) -> tuple[tuple[Event, ...], int]:
    """Returns known and new events in order of onset, and how many were new.

    An event that is known already, to the millisecond, is not doubled.
    """
    seen = {_identity(event) for event in known}
    added = []
    for event in new:
        if _identity(event) not in seen:
            seen.add(_identity(event))
            added.append(event)
    return sort_events([*known, *added]), len(added)


def _identity(event: Event) -> Event:
    return replace(event, onset=round(event.onset, 3), duration=round(event.duration, 3))
