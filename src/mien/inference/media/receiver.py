"""What the thread of a live source does: receive, keep the newest frame, reconnect."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mien.errors import MediaError
from mien.inference.media.clock import LiveClock
from mien.inference.media.connect import Limits
from mien.inference.media.video import reason, video_stream

_NO_TIMESTAMPS = 0x80  # FFmpeg's AVFMT_NOTIMESTAMPS: motion JPEG and bare streams, at invented 25/s
_IN_PIECES = ("hls", "dash")  # these bring seconds of frames at once, to be shown at their times


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """A live source was lost, or is back.

    Attributes:
        connected: whether the source is there now.
        message: one sentence, with the source's name.
    """

    connected: bool
    message: str


Connect = Callable[[], InputContainer]
"""Opens a live source, or raises MediaError."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A decoded picture, not converted yet, with its number and its time in seconds."""

    picture: VideoFrame
    number: int
    time: float


class Mailbox:
    """Holds the newest picture alone, and what became of the connection.

    Attributes:
        closed: set once nobody wants more.
        dropped: how many pictures were replaced by newer ones.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._newest: Arrival | None = None
        self._events: deque[LiveEvent] = deque(maxlen=100)
        self._error: MediaError | None = None
        self._heard = time.monotonic()
        self.closed = threading.Event()
        self.dropped = 0

    def put(self, arrival: Arrival) -> None:
        """Replaces what waits."""
        with self._changed:
            self.dropped += self._newest is not None
            self._newest = arrival
            self._tell()

    def tell(self, event: LiveEvent) -> None:
        """Passes on that the source is lost, or back."""
        with self._changed:
            self._events.append(event)
            self._tell()

    def fail(self, error: MediaError) -> None:
        """Says that no more will come, and why."""
        with self._changed:
            self._error = error
            self._tell()

    def heartbeat(self) -> None:
        """Shows that the thread is not stuck."""
        with self._changed:
            self._tell()

    def close(self) -> None:
        """Tells both sides to stop."""
        self.closed.set()
        self.heartbeat()

    def _tell(self) -> None:
        self._heard = time.monotonic()
        self._changed.notify_all()

    def get(self, silence: float) -> LiveEvent | Arrival | None:
        """Waits for what is next; None once closed.

        Raises:
            MediaError: the source is given up.
            TimeoutError: nothing was heard for `silence` seconds.
        """
        with self._changed:
            while not self.closed.is_set():
                if self._events:
                    return self._events.popleft()
                if self._newest is not None:
                    arrival, self._newest = self._newest, None
                    return arrival
                if self._error is not None:
                    raise self._error
                if time.monotonic() - self._heard > silence:
                    raise TimeoutError
                self._changed.wait(0.5)  # Windows hears Ctrl-C only between waits
            return None


class Receiver:
    """What a `LiveReader`'s thread does. It must not know the reader, which may be forgotten."""

    def __init__(self, source: str, connect: Connect, limits: Limits, mailbox: Mailbox) -> None:
        self._source = source
        self._connect = connect
        self._limits = limits
        self._mailbox = mailbox
        self._clock = LiveClock()
        self._number = 0
        self._connected = True
        self._seen = time.monotonic()
        self._delay = limits.first_delay

    def run(self, container: InputContainer | None) -> None:
        """Receives until closed, or until the source is given up."""
        try:
            while container is not None:
                self._lose(self._receive(container))
                container = self._reconnect()
        except MediaError as error:
            self._mailbox.fail(error)
        except Exception as error:  # it must reach whoever waits, and not die with this thread
            self._mailbox.fail(MediaError(f"{self._source}: {reason(error)}; open it again."))

    def _receive(self, container: InputContainer) -> str:
        """Posts pictures until there are no more, and returns why."""
        try:
            self._post_all(container)
        except IndexError:
            pass  # PyAV's, at the end of a stream in which a further track appeared midway
        except (av.FFmpegError, MediaError) as error:
            return reason(error)
        finally:
            container.close()
        return "it ended"

    def _post_all(self, container: InputContainer) -> None:
        stream = video_stream(self._source, container)
        stream.thread_type = "SLICE"  # threads by frame would hold a frame back each
        keeps_time = not container.format.flags & _NO_TIMESTAMPS
        paced = container.format.name in _IN_PIECES
        self._clock.restart()
        for packet in container.demux(stream):
            for picture in _decoded(stream, packet):
                stamp = picture.time if keeps_time else None
                self._post(picture, stamp, paced)
            if self._mailbox.closed.is_set():
                return

    def _post(self, picture: VideoFrame, stamp: float | None, paced: bool) -> None:
        self._seen = time.monotonic()
        moment, early = self._clock.read(stamp, self._seen)
        if paced and early > 0:
            self._mailbox.closed.wait(early)
        if not self._connected:
            self._mailbox.tell(LiveEvent(True, f"{self._source}: is back."))
        self._connected = True
        self._delay = self._limits.first_delay
        self._mailbox.put(Arrival(picture, self._number, moment))
        self._number += 1

    def _lose(self, why: str) -> None:
        if self._connected:
            self._mailbox.tell(LiveEvent(False, f"{self._source}: lost ({why}); reconnecting."))
        self._connected = False

    def _reconnect(self) -> InputContainer | None:
        """Tries until it succeeds; None once closed.

        Raises:
            MediaError: there was no frame for as long as patience lasts.
        """
        while not self._mailbox.closed.wait(self._delay):
            if time.monotonic() - self._seen > self._limits.patience:
                raise MediaError(
                    f"{self._source}: was lost, and not back within {self._limits.patience:g} s; "
                    f"check that it is on."
                )
            self._delay = min(2 * self._delay, self._limits.longest_delay)
            self._mailbox.heartbeat()
            try:
                return self._connect()
            except MediaError:
                continue
        return None


def _decoded(stream: VideoStream, packet: "Packet[VideoStream]") -> list[VideoFrame]:
    """Returns a packet's pictures; none where the network damaged it too much."""
    try:
        return stream.decode(packet)
    except av.FFmpegError:
        return []
