"""Live in: cameras and streams, always at their newest frame, and back again after an outage."""

import threading
import weakref
from collections.abc import Callable
from typing import Self

from av.container import InputContainer

from mien.errors import MediaError
from mien.inference.media.connect import Limits
from mien.inference.media.convert import Converter
from mien.inference.media.pictures import Frame
from mien.inference.media.receiver import Arrival, Connect, LiveEvent, Mailbox, Receiver
from mien.inference.media.video import video_stream

Listener = Callable[[LiveEvent], None]
"""What is told when a live source is lost, and when it is back."""

_GRACE = 1.0  # seconds to wait for a thread to end, which the network may hold up


class LiveReader:
    """Iterates over a camera or a stream, without end; every frame is the newest there is.

    A thread receives and decodes. Frames that arrive while the caller is at work replace each
    other, so that memory is bounded and the caller never falls behind; a frame's number counts
    those dropped too. A source that closes, breaks or stalls is opened again after a delay that
    doubles; `Limits` says how often and how long.

    Args:
        source: the name that frames and errors carry.
        connect: opens the source; called at once, and again after each outage.
        listener: told, in the thread that iterates, when the source is lost and when it is back.
        limits: how long to wait.
        container: the source, where it is open already; then the first `connect` is left out.

    Attributes:
        rate: the nominal frame rate; None where the source states none.

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
    ) -> None:
        self.source = source
        self._listener = listener
        self._limits = limits or Limits()
        self._mailbox = Mailbox()
        self._converter = Converter()
        worker = Receiver(source, connect, self._limits, self._mailbox)
        first = container or connect()
        self.rate = _nominal_rate(source, first)
        thread = threading.Thread(target=worker.run, args=(first,), name="mien-live", daemon=True)
        self._stop = weakref.finalize(self, _stop, self._mailbox, thread)
        thread.start()

    @property
    def dropped(self) -> int:
        """How many frames were replaced by newer ones so far."""
        return self._mailbox.dropped

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

        A thread in the midst of waiting for the network is left to end by itself, within
        `Limits.reading` or `Limits.opening` seconds.
        """
        self._stop()

    def _next(self) -> Frame:
        while True:
            try:
                news = self._mailbox.get(self._limits.silence)
            except TimeoutError:
                raise MediaError(
                    f"{self.source}: stopped answering; check it, or plug it in again."
                ) from None
            if news is None:
                raise StopIteration
            if isinstance(news, Arrival):
                pixels = self._converter.pixels(news.picture)
                return Frame(self.source, pixels, news.number, news.time)
            if self._listener:
                self._listener(news)


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
