"""Events: moments and intervals of a recording, and the formats that laboratories keep them in."""

from mien.study.events.event import Event, find_problems, sort_events
from mien.study.events.formats import (
    FORMATS,
    Format,
    encode_events,
    format_to_write,
    read_events,
    read_log,
    write_events,
)
from mien.study.events.log import Log

__all__ = [
    "FORMATS",
    "Event",
    "Format",
    "Log",
    "encode_events",
    "find_problems",
    "format_to_write",
    "read_events",
    "read_log",
    "sort_events",
    "write_events",
]
