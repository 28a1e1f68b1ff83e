"""What a reader of a format returns."""

from dataclasses import dataclass

from mien.study.events.event import Event


@dataclass(frozen=True, slots=True)
class Log:
    """The events of a file.

    Attributes:
        events: in the file's order.
        notes: what was left out of the file, and why; a sentence each.
    """

    events: tuple[Event, ...]
    notes: tuple[str, ...] = ()
