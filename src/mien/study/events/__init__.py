"""Events: moments and intervals of a recording, and the formats that laboratories keep them in."""

from mien.study.events.event import Event, find_problems, sort_events
from mien.study.events.table import read_events, write_events

__all__ = ["Event", "find_problems", "read_events", "sort_events", "write_events"]
