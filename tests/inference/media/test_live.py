import errno
import gc
import io
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import av
import pytest
from PIL import Image

from mien.errors import MediaError
from mien.inference.media import connect as connect_module
from mien.inference.media.connect import Limits, hide_password, open_camera, open_url
from mien.inference.media.decoding import LiveClock
from mien.inference.media.live import LiveReader
from mien.inference.media.receiver import LiveEvent
from mien.inference.media.sources import Stream, open_stream
from tests.inference.media.videos import image, index_of, make_video, regular
from tests.website import folder_site

pytestmark = pytest.mark.slow

QUICK = Limits(opening=2.0, reading=0.4, first_delay=0.02, longest_delay=0.1, timeout=5.0)
HEADER = (
    b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=frame\r\n\r\n--frame\r\n"
)


def jpeg(index: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image(index)).save(file, "JPEG", quality=90)
    head = f"Content-Type: image/jpeg\r\nContent-Length: {file.tell()}\r\n\r\n".encode()
    return head + file.getvalue() + b"\r\n--frame\r\n"


JPEGS = [jpeg(index) for index in range(50)]
Behaviour = Callable[[socket.socket, threading.Event], None]


class Server:
    """Answers each connection on the loopback with the next behaviour; the last one stays."""

    def __init__(self, *behaviours: Behaviour) -> None:
        self.behaviours = list(behaviours)
        self.stopped = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.connections: list[socket.socket] = []
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.socket.getsockname()[1]}/video"

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections.append(connection)
            last = len(self.behaviours) == 1
            behaviour = self.behaviours[0] if last else self.behaviours.pop(0)
            thread = threading.Thread(target=self.answer, args=(connection, behaviour))
            self.threads.append(thread)
            thread.start()

    def answer(self, connection: socket.socket, behaviour: Behaviour) -> None:
        with connection:
            try:
                connection.recv(4096)
                behaviour(connection, self.stopped)
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self) -> None:
        self.stopped.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for thread in self.threads:
            thread.join(5)


def send(first: int, count: int, gap: float = 0.02) -> Behaviour:
    """Sends images, then closes."""

    def behave(connection: socket.socket, stopped: threading.Event) -> None:
        connection.sendall(HEADER)
        for index in range(first, first + count):
            connection.sendall(JPEGS[index % 50])
            if stopped.wait(gap):
                return

    return behave


def then_stall(behaviour: Behaviour) -> Behaviour:
    def behave(connection: socket.socket, stopped: threading.Event) -> None:
        behaviour(connection, stopped)
        stopped.wait(10)

    return behave


def silent(connection: socket.socket, stopped: threading.Event) -> None:
    stopped.wait(10)


def hang_up(connection: socket.socket, stopped: threading.Event) -> None:
    pass


def missing(connection: socket.socket, stopped: threading.Event) -> None:
    connection.sendall(b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*behaviours: Behaviour) -> Server:
        servers.append(Server(*behaviours))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "mien-live"]


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    for thread in workers():
        thread.join(3)
    assert workers() == []


def until(stream: Stream, index: int) -> list[int]:
    """Reads until an image of that index has come."""
    seen = []
    for frame in stream:
        seen.append(index_of(frame.pixels))
        if seen[-1] == index:
            return seen
    raise AssertionError(f"the stream ended at {seen}")


def test_a_stream_is_live_and_its_times_are_those_of_arrival(serve: Callable[..., Server]) -> None:
    server = serve(then_stall(send(0, 10, gap=0.03)))
    with open_stream(server.url, limits=QUICK) as stream:
        assert (stream.live, stream.duration, stream.frame_count) == (True, None, None)
        assert stream.source == server.url
        frames = []
        for frame in stream:
            frames.append(frame)
            if index_of(frame.pixels) == 9:
                break
    assert frames[0].time >= 0
    numbers = [frame.number for frame in frames]
    times = [frame.time for frame in frames]
    assert numbers == sorted(set(numbers))
    assert times == sorted(set(times))
    # Ten images at 30 ms: motion JPEG has no clock, and FFmpeg would invent 40 ms.
    assert times[-1] - times[0] < 0.03 * (numbers[-1] - numbers[0]) + 0.25


def test_a_stream_that_closes_is_reconnected(serve: Callable[..., Server]) -> None:
    server = serve(send(0, 5), hang_up, missing, then_stall(send(20, 5)))
    events: list[LiveEvent] = []
    caller = threading.current_thread()

    def listen(event: LiveEvent) -> None:
        assert threading.current_thread() is caller
        events.append(event)

    with open_stream(server.url, listen, QUICK) as stream:
        times = []
        for frame in stream:
            times.append(frame.time)
            if index_of(frame.pixels) == 24:
                break
    assert times == sorted(set(times))
    assert [event.connected for event in events] == [False, True]
    assert re.fullmatch(rf"{server.url}: lost \(.+\); reconnecting\.", events[0].message)
    assert events[1].message == f"{server.url}: is back."


def test_a_stream_that_stalls_is_reconnected(serve: Callable[..., Server]) -> None:
    server = serve(then_stall(send(0, 3)), then_stall(send(20, 5)))
    events: list[LiveEvent] = []
    with open_stream(server.url, events.append, QUICK) as stream:
        until(stream, 24)
    assert [event.connected for event in events] == [False, True]
    assert "lost (timed out)" in events[0].message


def test_a_server_that_never_answers_times_out(serve: Callable[..., Server]) -> None:
    server = serve(silent)
    started = time.monotonic()
    with pytest.raises(MediaError, match=r"did not answer within 0\.3 s; check that the source"):
        open_stream(server.url, limits=Limits(opening=0.3))
    assert time.monotonic() - started < 9


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [(missing, r"cannot be opened \(Server returned 404 Not Found\)"), (hang_up, "cannot be open")],
)
def test_an_http_error_of_the_server_is_reported(
    serve: Callable[..., Server], behaviour: Behaviour, message: str
) -> None:
    with pytest.raises(MediaError, match=message):
        open_stream(serve(behaviour).url, limits=QUICK)


@pytest.mark.parametrize("scheme", ["http", "rtsp", "rtmp", "tcp"])
def test_a_refused_connection_is_reported(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(MediaError, match=r"cannot be opened \(Connection refused\); check the add"):
        open_stream(f"{scheme}://127.0.0.1:{port}/", limits=QUICK)


def test_udp_without_a_sender_times_out() -> None:
    with pytest.raises(MediaError, match="did not answer within"):
        open_stream("udp://127.0.0.1:39517", limits=Limits(opening=0.3))


def test_an_address_without_video_is_refused(serve: Callable[..., Server]) -> None:
    def page(connection: socket.socket, stopped: threading.Event) -> None:
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n<html>" + b"hello " * 2000)

    with pytest.raises(MediaError, match=r"127\.0\.0\.1"):
        open_stream(serve(page).url, limits=QUICK)


def test_stale_frames_are_dropped_and_the_newest_wins(serve: Callable[..., Server]) -> None:
    server = serve(send(0, 100_000, gap=0.001))
    reader = LiveReader("fast", lambda: open_url(server.url, QUICK), limits=QUICK)
    frames = []
    for frame in reader:
        frames.append(frame)
        if len(frames) == 5:
            break
        time.sleep(0.1)
    reader.close()
    numbers = [frame.number for frame in frames]
    assert min(later - earlier for earlier, later in pairwise(numbers)) >= 5
    assert reader.dropped >= numbers[-1] + 1 - 5
    # Each image is the one of its number: the last that came, and none that waited.
    assert [index_of(frame.pixels) for frame in frames] == [number % 50 for number in numbers]
    assert min(later.time - earlier.time for earlier, later in pairwise(frames)) > 0.05


def test_a_transport_stream_keeps_its_own_clock(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    times = [0, 0.1, 0.15, 0.4, 0.45, 0.5]
    content = make_video(tmp_path / "video.ts", times).read_bytes()

    def behave(connection: socket.socket, stopped: threading.Event) -> None:
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + content)
        stopped.wait(10)

    with open_stream(serve(behave).url, limits=Limits(opening=0.5, reading=0.4)) as stream:
        assert stream.live
        found = {}
        for frame in stream:
            found[index_of(frame.pixels)] = frame.time
            if frame.number >= 3:
                break
    first = min(found)
    for index, moment in found.items():
        assert moment - found[first] == pytest.approx(times[index] - times[first], abs=1e-3)


def test_reconnecting_ends_after_the_timeout(serve: Callable[..., Server]) -> None:
    server = serve(send(0, 3), hang_up)
    limits = Limits(2.0, 0.4, first_delay=0.02, longest_delay=0.05, timeout=0.2)
    events: list[LiveEvent] = []
    stream = open_stream(server.url, events.append, limits)
    with pytest.raises(MediaError, match=r"was lost, and not back within 0\.2 s; check that"):
        list(stream)
    assert [event.connected for event in events] == [False]
    assert list(stream) == []


def test_a_stuck_thread_raises_an_error(serve: Callable[..., Server]) -> None:
    class Impatient(Limits):
        @property
        def silence(self) -> float:
            return 0.2

    server = serve(then_stall(send(0, 3)))
    reader = LiveReader("stuck", lambda: open_url(server.url, QUICK), limits=Impatient())
    with pytest.raises(MediaError, match="stuck: stopped responding"):
        list(reader)


def test_closing_is_prompt_even_while_the_network_is_silent(serve: Callable[..., Server]) -> None:
    server = serve(then_stall(send(0, 3)))
    stream = open_stream(server.url, limits=Limits(opening=2.0, reading=30.0))
    next(stream)
    started = time.monotonic()
    stream.close()
    stream.close()
    assert time.monotonic() - started < 10
    assert list(stream) == []


def test_a_collected_stream_ends_its_thread(serve: Callable[..., Server]) -> None:
    server = serve(send(0, 10_000, gap=0.005))
    for _ in open_stream(server.url, limits=QUICK):
        break
    gc.collect()
    for thread in workers():
        thread.join(2)
    assert workers() == []


def test_closing_while_waiting_to_reconnect(serve: Callable[..., Server]) -> None:
    server = serve(send(0, 3), hang_up)
    limits = Limits(2.0, 0.4, first_delay=30, longest_delay=30)
    events: list[LiveEvent] = []
    stream = open_stream(server.url, events.append, limits)
    closer = threading.Timer(0.4, stream.close)
    closer.start()
    assert len(list(stream)) <= 3
    closer.join()
    assert [event.connected for event in events] == [False]


def test_an_error_of_the_listener_closes_the_stream(serve: Callable[..., Server]) -> None:
    def fail(event: LiveEvent) -> None:
        raise RuntimeError(event.message)

    with pytest.raises(RuntimeError, match="lost"):
        list(open_stream(serve(send(0, 3), hang_up).url, fail, QUICK))


@pytest.fixture
def website(tmp_path: Path) -> Iterator[str]:
    """Serves the test's folder, and returns its address."""
    with folder_site(tmp_path) as address:
        yield address


def test_a_video_on_the_web_is_read_like_a_file(website: str, tmp_path: Path) -> None:
    make_video(tmp_path / "video.mp4", regular(30, 60), options={"movflags": "faststart"})
    with open_stream(f"{website}/video.mp4", limits=QUICK) as stream:
        assert (stream.live, stream.duration) == (False, pytest.approx(2, abs=0.05))
        frames = []
        for frame in stream:
            frames.append(index_of(frame.pixels))
            time.sleep(0.001)
    assert frames == [index % 50 for index in range(60)]


def test_hls_frames_are_paced_by_their_times(website: str, tmp_path: Path) -> None:
    make_video(
        tmp_path / "live.m3u8",
        regular(20, 20),
        options={"hls_time": "0.25", "hls_list_size": "0", "hls_flags": "omit_endlist"},
    )
    with open_stream(f"{website}/live.m3u8", limits=QUICK) as stream:
        assert stream.live
        started = time.monotonic()
        frames = []
        for frame in stream:
            frames.append(frame)
            if len(frames) == 10:
                break
    # All of it is there at once, and would be dropped but for the newest.
    numbers = [frame.number for frame in frames]
    assert numbers[-1] <= 15
    assert time.monotonic() - started >= 0.3


def test_the_live_clock() -> None:
    clock = LiveClock()
    assert clock.read(7.0, 100.0) == (0.0, 0.0)
    assert clock.read(7.5, 100.9)[0] == pytest.approx(0.5)  # late, and its own clock counts
    assert clock.read(7.4, 101.0)[0] == pytest.approx(0.501)
    assert clock.read(500.0, 101.5)[0] == pytest.approx(1.5)  # a clock that leaps is set anew
    assert clock.read(500.1, 101.5) == pytest.approx((1.6, 0.1))
    clock.restart()
    assert clock.read(3.0, 110.0)[0] == pytest.approx(10.0)
    assert clock.read(None, 111.0)[0] == pytest.approx(11.0)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("rtsp://user:secret@host:554/a?b=c:d@e", "rtsp://user:***@host:554/a?b=c:d@e"),
        ("rtsp://user:p@ss:w@host/a", "rtsp://user:***@host/a"),
        ("HTTP://user@host/a:b@c", "HTTP://user@host/a:b@c"),
        ("http://host:80/a", "http://host:80/a"),
    ],
)
def test_the_password_of_an_address_is_masked(url: str, expected: str) -> None:
    assert hide_password(url) == expected


def test_a_password_is_not_in_errors() -> None:
    with pytest.raises(MediaError) as caught:
        open_stream("rtsp://user:secret@127.0.0.1:9/", limits=QUICK)
    assert "secret" not in str(caught.value)
    assert "user:***@" in str(caught.value)


@pytest.mark.skipif(sys.platform != "linux", reason="cameras are opened as Linux does")
def test_an_absent_camera_is_reported() -> None:
    for source in (97, "97"):
        with pytest.raises(MediaError, match="camera 97: not found; plug it in or choose another"):
            open_stream(source)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.EBUSY, "is busy; close the program that uses it"),
        (errno.EACCES, "permission denied; allow this program"),
        (errno.EIO, r"cannot be used \(Input/output error\)"),
    ],
)
def test_a_busy_or_forbidden_camera_is_reported(
    monkeypatch: pytest.MonkeyPatch, code: int, message: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        av.error.err_check(-code)

    monkeypatch.setattr(connect_module.av, "open", refuse)
    with pytest.raises(MediaError, match=f"camera 0: {message}"):
        open_camera(0)


@pytest.mark.parametrize(
    ("platform", "device", "kind"),
    [("linux", "/dev/video1", "v4l2"), ("darwin", "1:none", "avfoundation"),
     ("win32", "video=Second", "dshow")],
)  # fmt: skip
def test_each_operating_system_opens_its_camera_device(
    monkeypatch: pytest.MonkeyPatch, platform: str, device: str, kind: str
) -> None:
    opened: list[object] = []

    def devices(_: str) -> list[av.device.DeviceInfo]:
        named = (("Microphone", "audio"), ("First", "video"), ("Second", "video"))
        return [av.device.DeviceInfo(name, "", False, [media]) for name, media in named]

    def note(name: str, *, format: str, timeout: tuple[float, float]) -> None:  # noqa: A002
        opened.extend((name, format, timeout))

    monkeypatch.setattr(connect_module.sys, "platform", platform)
    monkeypatch.setattr(connect_module.av, "enumerate_input_devices", devices)
    monkeypatch.setattr(connect_module.av, "open", note)
    open_camera(1)
    assert opened == [device, kind, (10.0, 10.0)]
    if platform == "win32":
        with pytest.raises(MediaError, match="camera 2: not found"):
            open_camera(2)


LEFT_OPEN = """
import sys
from mien.inference.media.sources import open_stream
stream = open_stream(sys.argv[1])
print(next(stream).pixels.shape)
"""


def test_a_program_that_ends_with_an_open_stream_does_not_hang(
    serve: Callable[..., Server],
) -> None:
    server = serve(then_stall(send(0, 3)))
    done = subprocess.run(
        [sys.executable, "-c", LEFT_OPEN, server.url], check=True, timeout=20, capture_output=True
    )
    assert done.stdout.strip() == b"(48, 64, 3)"
    assert done.stderr == b""
