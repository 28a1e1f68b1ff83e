"""Receives the markers of other devices over the Lab Streaming Layer, and makes events of them."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mien.results import FrameResult
from mien.study.events.event import LONGEST_TEXT, Event
from mien.study.lsl.library import LslClock, load_pylsl

MARKERS = "Markers"
"""The type of a stream of markers, by the convention of LSL."""

_POLL = 0.05  # seconds between two looks; markers carry the time of their sender
_OPENING = 1.0  # seconds to wait for a stream, or for the offset of its clock
_FORGET = 5.0  # seconds after which a stream that nobody announces is gone
_GRACE = 5.0  # seconds to wait for the thread to end


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker of another device.

    Attributes:
        text: what it says.
        stream: the name of its stream.
        stamp: when it was sent, in LSL time of this computer.
        corrected: whether the offset between the two computers' clocks was known.
    """

    text: str
    stream: str
    stamp: float
    corrected: bool = True


def to_event(marker: Marker, result: FrameResult, clock: LslClock) -> Event:
    """Returns a marker as an event of the recording.

    Args:
        marker: that came.
        result: of a frame near the marker, with a `clock`: the marker is placed beside it.
        clock: converts LSL time to `clock`.
    """
    if result.clock is None:
        raise ValueError("the frame has no clock")
    notes = []
    if not marker.corrected:
        notes.append("the offset of the sender's clock was unknown")
    if len(marker.text) > LONGEST_TEXT:
        notes.append(f"the name is cut; it had {len(marker.text)} letters")
    onset = result.time + clock.to_clock(marker.stamp) - result.clock
    name = marker.text[:LONGEST_TEXT]
    return Event(round(onset, 6), name=name, note="; ".join(notes), author=marker.stream)


class MarkerReceiver:
    """Receives markers in a thread, of streams that are there and of those that come later.

    A stream that is lost is told, and received again as soon as it is back; markers that it sends
    meanwhile are missing.

    Args:
        name: of the stream; empty for all of type `Markers`.
        notify: called in the thread with a sentence when a stream is found, lost, or back, and when
            markers are left out.

    Raises:
        StudyError: pylsl is not installed.
    """

    def __init__(self, name: str = "", notify: Callable[[str], None] = lambda _: None) -> None:
        self._lsl = load_pylsl()
        self._name, self._notify = name, notify
        self._streams: dict[str, _Stream] = {}
        self._known: set[str] = set()
        self._markers: deque[Marker] = deque()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mien-lsl", daemon=True)
        self._thread.start()

    def take(self) -> list[Marker]:
        """Returns the markers that came since the last call."""
        return [self._markers.popleft() for _ in range(len(self._markers))]

    def close(self) -> None:
        """Ends the thread, after one more look. May be repeated."""
        self._stopped.set()
        self._thread.join(_GRACE)

    def _run(self) -> None:
        resolver = self._lsl.ContinuousResolver(forget_after=_FORGET)
        while not self._stopped.wait(_POLL):
            self._open(resolver.results())
            self._pull()
        self._pull()
        self._streams.clear()

    def _open(self, found: Sequence[Any]) -> None:
        for info in found:
            wanted = info.name() == self._name if self._name else info.type() == MARKERS
            if wanted and info.uid() not in self._streams:
                stream = _Stream(self._lsl, info)
                if stream.open():
                    self._streams[info.uid()] = stream
                    self._announce(stream.name)

    def _announce(self, name: str) -> None:
        is_back = name in self._known
        self._known.add(name)
        self._notify(f"LSL: '{name}' is back" if is_back else f"LSL: records markers of '{name}'")

    def _pull(self) -> None:
        for uid, stream in list(self._streams.items()):
            try:
                self._markers.extend(stream.pull())
            except UnicodeDecodeError:
                self._notify(f"LSL: markers of '{stream.name}' are left out: they are not UTF-8")
            except self._lsl.util.LostError:
                del self._streams[uid]
                self._notify(
                    f"LSL: '{stream.name}' was lost; its markers are missing until it is back"
                )


class _Stream:
    """A stream of markers that is received.

    It is opened without liblsl's own recovery, which tells nobody.
    """

    def __init__(self, lsl: Any, info: Any) -> None:
        self.name = str(info.name())
        self._lsl, self._info = lsl, info
        self._inlet: Any = None
        self._correction: float | None = None

    def open(self) -> bool:
        """Subscribes; returns False where the stream does not answer."""
        inlet = self._lsl.StreamInlet(self._info, recover=False)
        try:
            inlet.open_stream(timeout=_OPENING)
        except (self._lsl.util.LostError, self._lsl.util.TimeoutError):
            return False
        self._inlet = inlet
        self._measure()
        return True

    def pull(self) -> list[Marker]:
        """Returns what came since the last call.

        Raises:
            LostError: of pylsl, if the stream is gone.
        """
        samples, stamps = self._inlet.pull_chunk(timeout=0.0)
        if not samples:
            return []
        self._measure()
        correction = self._correction
        return [
            Marker(_text(sample), self.name, stamp + (correction or 0.0), correction is not None)
            for sample, stamp in zip(samples, stamps, strict=True)
        ]

    def _measure(self) -> None:
        """Asks for the offset of the sender's clock; the last one holds where none comes."""
        try:
            self._correction = self._inlet.time_correction(timeout=_OPENING)
        except (self._lsl.util.LostError, self._lsl.util.TimeoutError):
            return


def _text(sample: Sequence[Any]) -> str:
    return " ".join(str(value) for value in sample if value != "")
