"""Events in formats whose records are named fields, such as `Stimulus.OnsetTime` of E-Prime."""

from collections.abc import Mapping

from mien.errors import StudyError
from mien.study.events.event import Event
from mien.study.events.payload import TEXTS, Fields, View, in_one_line, unpack

PACKED = "mien"
"""The field that holds what a format has no place for."""


def to_fields(event: Event) -> dict[str, str]:
    """Returns the texts of an event in one line each, and whether it is excluded."""
    return in_one_line(event) | {"excluded": "1" if event.excluded else ""}


def from_fields(times: Fields, values: Mapping[str, str], view: View, place: str) -> Event:
    """Makes an event.

    Args:
        times: onset and duration, in seconds.
        values: by name of a field of `Event`, or `PACKED`; others are left out.
        view: of the format.
        place: where it stands, for errors.
    """
    texts: Fields = {name: values[name] for name in TEXTS if values.get(name)}
    try:
        held = Event(**times, excluded=values.get("excluded") == "1", **texts)
        return unpack(held, values.get(PACKED, ""), view)
    except StudyError as error:
        raise StudyError(error.reason, subject=place, remedy=error.remedy) from None
