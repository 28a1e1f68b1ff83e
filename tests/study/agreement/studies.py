"""Small studies for the tests: people whose labels are known, and codes of them."""

from collections.abc import Sequence
from pathlib import Path

from mien.study.events import Event
from mien.study.recording import Recording, split_records
from tests.reporting import rows

Spans = Sequence[tuple[float, str]]  # seconds, label


def film(folder: Path, spans: Spans, source: str = "talk.mp4", **options: object) -> Recording:
    """A recording of one person, ten frames a second, with each label for so many seconds."""
    labels = [label for seconds, label in spans for _ in range(round(10 * seconds))]
    records = rows.make(folder, rows.alone(labels), source)
    return split_records(records, **options)[0]


def code(
    coder: str, spans: Spans, start: float = 0, recording: str = "", **more: str
) -> list[Event]:
    """One coder's codes, one after the other; an empty label is uncoded."""
    events = []
    for seconds, label in spans:
        if label:
            events.append(
                Event(start, seconds, code=label, author=coder, recording=recording, **more)
            )
        start += seconds
    return events
