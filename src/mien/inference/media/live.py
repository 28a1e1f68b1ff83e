"""Live in: cameras and streams, always at their newest frame, reconnected after an outage."""

import threading
import weakref
from collections.abc import Callable
from typing import Self

from av.container import InputContainer

from mien.clocks import WallClock
from mien.errors import MediaError
from mien.inference.media.connect import Limits
from mien.inference.media.decoding import Converter
from mien.inference.media.images import Frame
from mien.inference.media.receiver import Arrival, Connect, LiveEvent, Mailbox, Receiver
from mien.inference.media.video import video_stream

Listener = Callable[[LiveEvent], None]
"""Callback for `LiveEvent`s: a live source is lost, or back."""

_GRACE = 1.0  # seconds to wait for the thread to end; the network may delay it


class LiveReader:
    """Iterates over a camera or a stream without end; each frame is the newest available.

    A thread receives and decodes. Frames that arrive while the caller is busy replace each other,
    so that memory is bounded and the caller never falls behind; frame numbers count dropped frames.
    A source that closes, breaks or stalls is reconnected with exponential backoff; `Limits` sets
    the delays and timeouts.

    Args:
        source: the name that frames and errors carry.
        connect: opens the source; called at once, and again after each outage.
        listener: called in the thread that iterates when the source is lost and when it is back.
        limits: timeouts and retry delays.
        container: the source, where it is open already; then the first `connect` is skipped.
        wall: tells when frames arrive.

    Attributes:
        rate: the nominal frame rate; None where the source states none.
        offset: this computer's wall clock less its monotonic clock at the start, in seconds.
        problems: a sentence if the wall clock was set while the source was open.

    Raises:
        MediaError: the source cannot be opened at first. While iterating: it stayed lost.
    """

    def __init__(
        self,
        source: str,
        connect: Connect,
        listener: Listener | None = None,
        limits: Limits | None = None,
        container: InputContainer | None = None,
        wall: WallClock | None = None,
    ) -> None:
        self.source = source
        self.problems: list[str] = []
        self._wall = wall or WallClock()
        self.offset = self._wall.offset
        self._listener = listener
        self._limits = limits or Limits()
        self._mailbox = Mailbox()
        self._converter = Converter()
        worker = Receiver(source, connect, self._limits, self._mailbox, self._wall)
        self._receiver = worker
        first = container or connect()
        self.rate = _nominal_rate(source, first)
        thread = threading.Thread(target=worker.run, args=(first,), name="mien-live", daemon=True)
        self._stop = weakref.finalize(self, _stop, self._mailbox, thread)
        thread.start()

    @property
    def dropped(self) -> int:
        """How many frames were replaced by newer ones so far."""
        return self._mailbox.dropped

    @property
    def started(self) -> float | None:
        """The clock of the first frame, in seconds since 1970, UTC; None before it came."""
        return self._receiver.started

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Frame:
        try:
            return self._next()
        except BaseException:  # StopIteration, the source's error, or Ctrl-C while waiting
            self.close()
            raise

    def close(self) -> None:
        """Ends the thread, which closes the source. May be repeated.

        A thread that waits for the network ends by itself, within
        `Limits.reading` or `Limits.opening` seconds.
        """
        self._stop()

    def _next(self) -> Frame:
        while True:
            try:
                message = self._mailbox.get(self._limits.silence)
            except TimeoutError:
                raise MediaError(
                    "stopped responding", subject=self.source, remedy="check it or plug it in again"
                ) from None
            if message is None:
                raise StopIteration
            if isinstance(message, Arrival):
                return self._frame(message)
            if self._listener:
                self._listener(message)

    def _frame(self, arrival: Arrival) -> Frame:
        if self._wall.jump and not self.problems:
            self.problems.append(
                f"{self.source}: this computer's clock was set by {self._wall.jump:+.1f} s "
                "meanwhile; `clock` continues from the time before."
            )
        pixels = self._converter.pixels(arrival.image)
        return Frame(self.source, pixels, arrival.number, arrival.time, clock=arrival.clock)


def _nominal_rate(source: str, container: InputContainer) -> float | None:
    try:
        rate = video_stream(source, container).guessed_rate
    except MediaError:
        container.close()
        raise
    return float(rate) if rate else None


def _stop(mailbox: Mailbox, thread: threading.Thread) -> None:
    mailbox.close()
    thread.join(_GRACE)
