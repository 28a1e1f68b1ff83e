"""The thread behind a live source: receives, decodes, reconnects, and keeps the newest image."""

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

from mien.clocks import WallClock
from mien.errors import MediaError
from mien.inference.media.connect import Limits
from mien.inference.media.decoding import LiveClock
from mien.inference.media.video import reason, video_stream

_NO_TIMESTAMPS = 0x80  # FFmpeg's AVFMT_NOTIMESTAMPS: motion JPEG and bare streams, at invented 25/s
_SEGMENTED = ("hls", "dash")  # formats that deliver seconds of frames at once


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """A live source was lost, or is back.

    Attributes:
        connected: whether the source is connected now.
        message: one sentence, with the source's name.
    """

    connected: bool
    message: str


Connect = Callable[[], InputContainer]
"""Opens a live source, or raises MediaError."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A decoded image, not converted yet.

    Attributes:
        image: as it was decoded.
        number: from 0, counting dropped images.
        time: in seconds from the first.
        clock: when it came, in seconds since 1970, UTC.
    """

    image: VideoFrame
    number: int
    time: float
    clock: float


class Mailbox:
    """Keeps only the newest image, and the events of the connection.

    Attributes:
        closed: set once the reader is closed.
        dropped: how many images were replaced by newer ones.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._newest: Arrival | None = None
        self._events: deque[LiveEvent] = deque(maxlen=100)
        self._error: MediaError | None = None
        self._active_at = time.monotonic()
        self.closed = threading.Event()
        self.dropped = 0

    def put(self, arrival: Arrival) -> None:
        """Replaces the pending image."""
        with self._changed:
            self.dropped += self._newest is not None
            self._newest = arrival
            self._notify()

    def notify(self, event: LiveEvent) -> None:
        """Queues an event: the source is lost, or back."""
        with self._changed:
            self._events.append(event)
            self._notify()

    def fail(self, error: MediaError) -> None:
        """Ends the images with an error."""
        with self._changed:
            self._error = error
            self._notify()

    def heartbeat(self) -> None:
        """Shows that the thread is not stuck."""
        with self._changed:
            self._notify()

    def close(self) -> None:
        """Stops both sides."""
        self.closed.set()
        self.heartbeat()

    def _notify(self) -> None:
        self._active_at = time.monotonic()
        self._changed.notify_all()

    def get(self, silence: float) -> LiveEvent | Arrival | None:
        """Waits for the next event or image; None once closed.

        Raises:
            MediaError: reconnecting failed until the timeout.
            TimeoutError: the thread showed no activity for `silence` seconds.
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
                if time.monotonic() - self._active_at > silence:
                    raise TimeoutError
                self._changed.wait(0.5)  # Windows hears Ctrl-C only between waits
            return None


class Receiver:
    """The thread of a `LiveReader`. Holds no reference to it, so that it can be collected.

    Attributes:
        started: when the first image came, in seconds since 1970, UTC; None before.
    """

    def __init__(
        self, source: str, connect: Connect, limits: Limits, mailbox: Mailbox, wall: WallClock
    ) -> None:
        self._source = source
        self._wall = wall
        self.started: float | None = None
        self._connect = connect
        self._limits = limits
        self._mailbox = mailbox
        self._clock = LiveClock()
        self._number = 0
        self._connected = True
        self._received_at = time.monotonic()
        self._delay = limits.first_delay

    def run(self, container: InputContainer | None) -> None:
        """Receives until closed, or until the source stays lost."""
        try:
            while container is not None:
                self._lose(self._receive(container))
                container = self._reconnect()
        except MediaError as error:
            self._mailbox.fail(error)
        except Exception as error:  # the reader raises it
            self._mailbox.fail(
                MediaError(reason(error), subject=self._source, remedy="open it again")
            )

    def _receive(self, container: InputContainer) -> str:
        """Posts images until the source ends, and returns why it ended."""
        try:
            self._post_all(container)
        except IndexError:
            pass  # raised by PyAV at the end of a stream in which a track appeared midway
        except (av.FFmpegError, MediaError) as error:
            return reason(error)
        finally:
            container.close()
        return "it ended"

    def _post_all(self, container: InputContainer) -> None:
        stream = video_stream(self._source, container)
        stream.thread_type = "SLICE"  # threads by frame would each delay a frame
        keeps_time = not container.format.flags & _NO_TIMESTAMPS
        paced = container.format.name in _SEGMENTED
        self._clock.restart()
        for packet in container.demux(stream):
            for image in _decoded(stream, packet):
                stamp = image.time if keeps_time else None
                self._post(image, stamp, paced)
            if self._mailbox.closed.is_set():
                return

    def _post(self, image: VideoFrame, stamp: float | None, paced: bool) -> None:
        self._received_at = time.monotonic()
        self._wall.watch()
        if self.started is None:
            self.started = self._wall.at(self._received_at)
        time_of_frame, early = self._clock.read(stamp, self._received_at)
        delay = max(early, 0.0) if paced else 0.0
        if delay:
            self._mailbox.closed.wait(delay)
        if not self._connected:
            self._mailbox.notify(LiveEvent(True, f"{self._source}: is back."))
        self._connected = True
        self._delay = self._limits.first_delay
        clock = self._wall.at(self._received_at + delay)
        self._mailbox.put(Arrival(image, self._number, time_of_frame, clock))
        self._number += 1

    def _lose(self, why: str) -> None:
        if self._connected:
            self._mailbox.notify(LiveEvent(False, f"{self._source}: lost ({why}); reconnecting."))
        self._connected = False

    def _reconnect(self) -> InputContainer | None:
        """Reconnects with growing delays; None once closed.

        Raises:
            MediaError: there was no frame for `Limits.timeout` seconds.
        """
        while not self._mailbox.closed.wait(self._delay):
            if time.monotonic() - self._received_at > self._limits.timeout:
                raise MediaError(
                    f"was lost, and not back within {self._limits.timeout:g} s",
                    subject=self._source,
                    remedy="check that the source is on",
                )
            self._delay = min(2 * self._delay, self._limits.longest_delay)
            self._mailbox.heartbeat()
            try:
                return self._connect()
            except MediaError:
                continue
        return None


def _decoded(stream: VideoStream, packet: "Packet[VideoStream]") -> list[VideoFrame]:
    """Returns a packet's images; none where it is damaged."""
    try:
        return stream.decode(packet)
    except av.FFmpegError:
        return []
