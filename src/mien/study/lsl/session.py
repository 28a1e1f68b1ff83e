"""A live source on the Lab Streaming Layer: its results go out, and markers become its events."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from mien.errors import StudyError
from mien.inference.records.layout import Layout
from mien.results import FrameResult
from mien.study.events import Event, write_events
from mien.study.lsl.library import LslClock
from mien.study.lsl.markers import MarkerReceiver, to_event
from mien.study.lsl.outlet import ResultOutlet
from mien.study.recording import EVENTS_SUFFIX

_SAVE_SECONDS = 1.0  # between two writes of the events, which each write the whole file


class LslSession:
    """Publishes results, and writes markers as events beside the records. A context manager.

    Args:
        layout: of the results.
        source: the name of the camera or stream.
        offset: `clock` less the monotonic clock, in seconds: `Stream.offset`.
        records: the file of records; the markers are written beside it, `talk.events.csv` beside
            `talk.csv`. None records no marker.
        markers: the name of the stream of markers; empty for all of type `Markers`.
        units: of columns that the layout gives no unit for, by name.
        notify: called with a sentence when a stream of markers is found, lost, or back, and when a
            marker is left out.

    Raises:
        StudyError: pylsl is not installed, or the file of events exists already.
    """

    def __init__(
        self,
        layout: Layout,
        source: str,
        offset: float,
        records: Path | None = None,
        markers: str = "",
        units: Mapping[str, str] | None = None,
        notify: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._events = None if records is None else EventFile(records.with_suffix(EVENTS_SUFFIX))
        self._clock = LslClock.measure(offset)
        self._outlet = ResultOutlet(layout, source, self._clock, units)
        self._receiver = None if records is None else MarkerReceiver(markers, notify)
        self._notify = notify
        self._last: FrameResult | None = None

    @property
    def channels(self) -> int:
        """How many channels the stream of results has."""
        return len(self._outlet.channels)

    def write(self, result: FrameResult) -> None:
        """Publishes a result, and records the markers that came since the last one."""
        self._outlet.write(result)
        self._last = result
        self._record()

    def close(self) -> None:
        """Ends the stream and writes the last markers. May be repeated."""
        self._outlet.close()
        if self._receiver is not None and self._events is not None:
            self._receiver.close()
            self._record()
            self._events.save()

    def _record(self) -> None:
        if self._receiver is None or self._events is None or self._last is None:
            return
        for marker in self._receiver.take():
            try:
                self._events.add(to_event(marker, self._last, self._clock))
            except StudyError as error:  # a sender's time stamp is no number
                self._notify(f"LSL: a marker of '{marker.stream}' is left out: {error}")
        self._events.save_now_and_then()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class EventFile:
    """A file of events that grows; every write replaces it whole, so that a kill damages nothing.

    Args:
        path: of the file. There is none until the first event.

    Raises:
        StudyError: it exists already.
    """

    def __init__(self, path: Path) -> None:
        if path.exists():
            raise StudyError(
                "exists already", subject=path, remedy="name other --records, or remove it"
            )
        self._path = path
        self._events: list[Event] = []
        self._saved, self._saved_at = 0, 0.0

    def add(self, event: Event) -> None:
        """Adds an event; `save` writes it."""
        self._events.append(event)

    def save_now_and_then(self) -> None:
        """Writes new events, at most once a second."""
        if time.monotonic() - self._saved_at >= _SAVE_SECONDS:
            self.save()

    def save(self) -> None:
        """Writes the events, if there are new ones.

        Raises:
            StudyError: the file cannot be written.
        """
        if len(self._events) == self._saved:
            return
        try:
            write_events(self._path, self._events)
        except OSError as error:
            raise StudyError(
                f"cannot be written ({error.strerror})",
                subject=self._path,
                remedy="make room, or choose another place for --records",
            ) from None
        self._saved, self._saved_at = len(self._events), time.monotonic()
