"""Live in: cameras and streams, always at their newest frame, and back again after an outage."""

import errno
import re
import sys
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mien.errors import MediaError
from mien.inference.media.images import Frame
from mien.inference.media.video import Converter, LiveClock, reason, video_stream

SCHEMES = ("http", "https", "rtsp", "rtsps", "rtmp", "rtmps", "rtp", "tcp", "udp")
"""What a stream's address may begin with; HLS is HTTP."""

_OPTIONS = {
    "rtsp": {"rtsp_transport": "tcp"},  # UDP loses packets, and most firewalls drop it
    "rtsps": {"rtsp_transport": "tcp"},
    "udp": {"overrun_nonfatal": "1", "fifo_size": "50000"},
}
# What a stream may open in turn: the network, and never a file of this machine.
_PROTOCOLS = "http,https,httpproxy,tls,tcp,udp,udplite,rtp,rtsp,rtmp,rtmps,crypto,data"
_ANALYZED = "1000000"  # microseconds to look at before the first frame; FFmpeg takes 5 s
_CAMERAS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, in seconds.

    Attributes:
        opening: for a source to answer and to show what it sends.
        reading: for the next piece of a source that is open.
        first_delay: before the first attempt to reconnect; it doubles with each attempt.
        longest_delay: between two attempts.
        patience: without a frame, until a source that was lost is given up.
    """

    opening: float = 10.0
    reading: float = 10.0
    first_delay: float = 0.5
    longest_delay: float = 30.0
    patience: float = 300.0

    @property
    def silence(self) -> float:
        """The longest that even a slow attempt takes; a thread silent for longer is stuck."""
        return self.opening + self.reading + self.longest_delay + 5.0


def shown(url: str) -> str:
    """Returns an address without its password, which has no place in results and messages."""
    return re.sub(r"^([a-z][a-z0-9+.-]*://[^/@:]*):[^/]*@", r"\1:***@", url, flags=re.I)


def open_url(url: str, limits: Limits | None = None) -> InputContainer:
    """Connects to a stream.

    Raises:
        MediaError: the stream refuses, does not answer in time, or sends no video.
    """
    limits = limits or Limits()
    scheme = url.partition("://")[0].lower()
    try:
        return av.open(
            url,
            metadata_errors="replace",
            timeout=(limits.opening, limits.reading),
            container_options={
                **_OPTIONS.get(scheme, {}),
                "analyzeduration": _ANALYZED,
                "protocol_whitelist": _PROTOCOLS,
            },
        )
    except av.ExitError:
        raise MediaError(
            f"did not answer within {limits.opening:g} s",
            subject=shown(url),
            remedy="check that it is on",
        ) from None
    except (av.FFmpegError, ValueError) as error:
        raise MediaError(
            f"cannot be opened ({reason(error)})", subject=shown(url), remedy="check the address"
        ) from None


def open_camera(number: int, limits: Limits | None = None) -> InputContainer:
    """Opens a camera of this machine.

    Args:
        number: from 0, in the order of the system.
        limits: how long to wait.

    Raises:
        MediaError: the camera is absent or busy, or may not be used.
    """
    limits = limits or Limits()
    try:
        device, kind = _camera(number)
        return av.open(device, format=kind, timeout=(limits.opening, limits.reading))
    except (av.FFmpegError, OSError, ValueError, LookupError) as error:
        raise MediaError(f"camera {number}: {_camera_remedy(error)}") from None


def _camera(number: int) -> tuple[str, str]:
    kind = _CAMERAS.get(sys.platform, "v4l2")
    if kind == "v4l2":
        return f"/dev/video{number}", kind
    if kind == "avfoundation":
        return f"{number}:none", kind
    devices = [d for d in av.enumerate_input_devices(kind) if "video" in d.media_types]
    return f"video={devices[number].name}", kind


def _camera_remedy(error: Exception) -> str:
    code = getattr(error, "errno", None)
    if code == errno.EBUSY:
        return "is busy; close the program that uses it."
    if code in (errno.EACCES, errno.EPERM):
        return "may not be used; allow this program, or this user, to use cameras."
    if code in (errno.ENOENT, errno.ENODEV, errno.ENXIO) or isinstance(error, IndexError):
        return "is not there; plug it in, or give another number."
    return f"cannot be used ({reason(error)}); try another number, or plug it in again."


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
    """A decoded image, not converted yet, with its number and its time in seconds."""

    image: VideoFrame
    number: int
    time: float


class Mailbox:
    """Holds the newest image alone, and what became of the connection.

    Attributes:
        closed: set once nobody wants more.
        dropped: how many images were replaced by newer ones.
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
            self._mailbox.fail(
                MediaError(f"{reason(error)}", subject=self._source, remedy="open it again")
            )

    def _receive(self, container: InputContainer) -> str:
        """Posts images until there are no more, and returns why."""
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
            for image in _decoded(stream, packet):
                stamp = image.time if keeps_time else None
                self._post(image, stamp, paced)
            if self._mailbox.closed.is_set():
                return

    def _post(self, image: VideoFrame, stamp: float | None, paced: bool) -> None:
        self._seen = time.monotonic()
        moment, early = self._clock.read(stamp, self._seen)
        if paced and early > 0:
            self._mailbox.closed.wait(early)
        if not self._connected:
            self._mailbox.tell(LiveEvent(True, f"{self._source}: is back."))
        self._connected = True
        self._delay = self._limits.first_delay
        self._mailbox.put(Arrival(image, self._number, moment))
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
                    f"was lost, and not back within {self._limits.patience:g} s",
                    subject=self._source,
                    remedy="check that it is on",
                )
            self._delay = min(2 * self._delay, self._limits.longest_delay)
            self._mailbox.heartbeat()
            try:
                return self._connect()
            except MediaError:
                continue
        return None


def _decoded(stream: VideoStream, packet: "Packet[VideoStream]") -> list[VideoFrame]:
    """Returns a packet's images; none where the network damaged it too much."""
    try:
        return stream.decode(packet)
    except av.FFmpegError:
        return []


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
                    "stopped answering", subject=self.source, remedy="check it, or plug it in again"
                ) from None
            if news is None:
                raise StopIteration
            if isinstance(news, Arrival):
                pixels = self._converter.pixels(news.image)
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
