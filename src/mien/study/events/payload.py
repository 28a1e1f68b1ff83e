"""What another format has no place for: carried beside each event, as JSON, and read back.

Each format has a *view*: the event as the format itself can hold it, such as with times in whole
milliseconds and text in one line. What the view lacks is packed as `mien:{...}` into a comment,
note, cue or column of the format. When the file comes back, what was changed in the other program
wins over what was packed.
"""

import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from mien.errors import StudyError
from mien.study.events.event import Event

Fields = dict[str, Any]
"""Some fields of an event, by name."""

View = Callable[[Event], Event]

MARK = "mien:{"
TEXTS = ("person", "name", "condition", "code", "note", "author", "recording")
"""The fields of an event that hold text."""

_FIELDS = tuple(field.name for field in fields(Event))
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_ESCAPES = {"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", MARK: r"mien:\u007b"}


def pack(event: Event, view: View) -> str:
    """Returns the fields that a format does not hold itself, as `mien:{...}`; empty for none.

    The JSON is ASCII in one line, without `<`, `>` and `&`, so that XML and WebVTT can hold it.
    """
    seen = view(event)
    rest = {
        name: getattr(event, name)
        for name in _FIELDS
        if getattr(event, name) != getattr(seen, name)
    }
    return _encode(rest) if rest else ""


def unpack(held: Event, packed: str, view: View) -> Event:
    """Returns the event of which a format holds a part.

    Args:
        held: as the format has it now.
        packed: what `pack` returned for it; empty for nothing.
        view: of the format. A field in which it does not lead from the packed event to `held` was
            changed since, and is as `held` has it.

    Raises:
        StudyError: the packed text is damaged.
    """
    if not packed:
        return held
    event = replace(held, **_decode(packed))
    seen = view(event)
    changed = {
        name: getattr(held, name) for name in _FIELDS if getattr(held, name) != getattr(seen, name)
    }
    return replace(event, **changed)


def embed(text: str, packed: str) -> str:
    """Returns text and, behind it, what was packed; `extract` takes them apart."""
    if not packed and MARK in text:
        packed = _encode({})
    return f"{text} {packed}" if text and packed else text or packed


def extract(text: str) -> tuple[str, str]:
    """Returns the text before what was packed, and that; empty where nothing was."""
    before, mark, after = text.rpartition(MARK)
    if not mark or not after.rstrip().endswith("}"):
        return text, ""
    return before.removesuffix(" "), mark + after.rstrip()


def one_line(text: str) -> str:
    """Returns text without control characters, its white space single spaces."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def in_one_line(event: Event) -> Fields:
    """Returns the texts of an event, in one line each."""
    return {name: one_line(getattr(event, name)) for name in TEXTS}


def heading(event: Event) -> str:
    """Returns what to call an event, in one line that is not empty."""
    titles = (event.code, event.name, event.condition, event.note)
    return next((line for line in map(one_line, titles) if line), "marker")


def milliseconds(event: Event, shortest: int = 0) -> tuple[int, int]:
    """Returns the start and the end of an event, in milliseconds.

    Args:
        event: any.
        shortest: how long the format needs an event to be, at least.
    """
    start = round(event.onset * 1000)
    return start, max(round(event.end * 1000), start + shortest)


def in_milliseconds(start: int, stop: int) -> Fields:
    """Returns the fields onset and duration."""
    return {"onset": start / 1000, "duration": (stop - start) / 1000}


def refuse_negative(event: Event, program: str) -> None:
    """Raises StudyError for an event before the recording, where a format has no such times."""
    if event.onset < 0:
        raise StudyError(
            f"it starts before the recording, and {program} has no negative times",
            subject=f"event '{event.title}' at {event.onset:g} s",
            remedy="leave it out, or export to csv",
        )


def _encode(values: dict[str, object]) -> str:
    text = json.dumps(values)
    for letter, escape in _ESCAPES.items():
        text = text.replace(letter, escape)
    return f"mien:{text}"


def _decode(packed: str) -> Fields:
    try:
        values = json.loads(packed.removeprefix("mien:"))
        return {name: _typed(name, value) for name, value in values.items() if name in _FIELDS}
    except (ValueError, AttributeError, TypeError, OverflowError, RecursionError):
        raise StudyError(
            "what Mien wrote beside the event is damaged",
            subject=packed[:60],
            remedy="remove the text from mien: on",
        ) from None


def _typed(name: str, value: object) -> object:
    if name in ("onset", "duration"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(name)
        return float(value)
    if not isinstance(value, bool if name == "excluded" else str):
        raise TypeError(name)
    return value
