"""When frames were taken: what videos, photos, folders and live sources say of it."""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image

from mien.clocks import WallClock, format_clock, parse_clock
from mien.errors import MediaError
from mien.inference.media.connect import open_url
from mien.inference.media.images import read_frame
from mien.inference.media.live import LiveReader
from mien.inference.media.sources import open_stream
from tests.inference.media.test_live import QUICK, Server, send, then_stall
from tests.inference.media.videos import image, make_video

TAKEN, SUBSECOND, OFFSET = 0x9003, 0x9291, 0x9011
NOON = parse_clock("2026-11-27T12:00:00Z")


def save_photo(path: Path, **tags: str) -> Path:
    names = {"taken": TAKEN, "part": SUBSECOND, "zone": OFFSET}
    exif = Image.Exif()
    for name, text in tags.items():
        exif.get_ifd(0x8769)[names[name]] = text
    Image.fromarray(image(1, 640, 480)).save(path, exif=exif.tobytes())
    return path


def clocks_of(path: Path, **options: float) -> list[str | None]:
    with open_stream(path, **options) as stream:
        return [None if at.clock is None else format_clock(at.clock) for at in stream]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".heic", ".avif"])
def test_a_photo_that_states_its_time_zone_has_a_clock(tmp_path: Path, suffix: str) -> None:
    pillow_heif.register_heif_opener()
    tags = {"taken": "2026:11:27 14:30:05", "part": "25", "zone": "+02:30"}
    frame = read_frame(save_photo(tmp_path / f"a{suffix}", **tags))
    assert frame.clock == parse_clock("2026-11-27T12:00:05.250Z")


def test_a_photo_keeps_its_clock_at_every_size(tmp_path: Path) -> None:
    path = save_photo(tmp_path / "a.jpg", taken="2026:11:27 12:00:00", zone="+00:00")
    small = read_frame(path, enough=1000)
    assert small.reread is not None
    assert small.whole == (640, 480)
    assert small.clock == small.reread(1).clock == NOON


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"taken": "2026:11:27 14:30:05"},
        {"taken": "2026:11:27 14:30:05", "zone": "local"},
        {"taken": "2026:11:27 14:30:05", "zone": "   "},
        {"taken": "0000:00:00 00:00:00", "zone": "+02:00"},
        {"zone": "+02:00"},
    ],
)
def test_a_photo_without_a_time_or_a_time_zone_has_no_clock(
    tmp_path: Path, tags: dict[str, str]
) -> None:
    assert read_frame(save_photo(tmp_path / "a.jpg", **tags)).clock is None


def test_photos_of_one_moment_in_two_time_zones_are_apart_by_their_clocks(tmp_path: Path) -> None:
    save_photo(tmp_path / "1.jpg", taken="2026:10:25 02:59:00", zone="+02:00")
    save_photo(tmp_path / "2.jpg", taken="2026:10:25 02:01:00", zone="+01:00")
    with open_stream(tmp_path) as stream:
        frames = list(stream)
    assert [frame.time for frame in frames] == [0, 120]
    assert [frame.clock for frame in frames] == [
        parse_clock("2026-10-25T00:59:00Z"),
        parse_clock("2026-10-25T01:01:00Z"),
    ]


def test_a_start_time_gives_a_folder_its_clock(tmp_path: Path) -> None:
    for number in (1, 2):
        save_photo(tmp_path / f"{number}.jpg")
    assert clocks_of(tmp_path) == [None, None]
    assert clocks_of(tmp_path, started=NOON) == [
        "2026-11-27T12:00:00.000Z",
        "2026-11-27T12:00:00.040Z",
    ]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_a_video_has_the_clock_of_its_creation_time(tmp_path: Path, suffix: str) -> None:
    if suffix == ".webm":
        path = make_video(tmp_path / "video.mkv", [0, 0.5], tags=created("2026-11-27T12:00:00Z"))
        path = path.rename(tmp_path / "video.webm")
    else:
        path = tmp_path / f"video{suffix}"
        make_video(path, [0, 0.5], tags=created("2026-11-27T12:00:00Z"))
    assert clocks_of(path) == ["2026-11-27T12:00:00.000Z", "2026-11-27T12:00:00.500Z"]


def created(text: str) -> dict[str, str]:
    return {"creation_time": text}


@pytest.mark.parametrize("text", ["1904-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1980-01-01"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_camera_whose_clock_was_not_set_gives_no_clock(
    tmp_path: Path, suffix: str, text: str
) -> None:
    path = make_video(tmp_path / f"video{suffix}", [0, 0.5], tags=created(text))
    assert clocks_of(path) == [None, None]


def test_a_video_that_says_nothing_has_no_clock(tmp_path: Path) -> None:
    assert clocks_of(make_video(tmp_path / "video.mp4", [0, 0.5])) == [None, None]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("2026-11-27T14:00:00+0200", "2026-11-27T12:00:00.000Z"),
        ("2026-11-27T14:00:00", "2026-11-27T15:00:00.000Z"),  # no zone: the other one counts
    ],
)
def test_the_time_that_an_iphone_states_with_its_zone_is_preferred(
    tmp_path: Path, stated: str, expected: str
) -> None:
    tags = {"com.apple.quicktime.creationdate": stated, **created("2026-11-27T15:00:00Z")}
    options = {"movflags": "use_metadata_tags"}
    path = make_video(tmp_path / "video.mov", [0, 0.5], tags=tags, options=options)
    assert clocks_of(path)[0] == expected


def test_a_start_time_replaces_that_of_the_video(tmp_path: Path) -> None:
    path = make_video(tmp_path / "video.mp4", [0, 0.5], tags=created("2020-01-01T00:00:00Z"))
    with open_stream(path, started=NOON) as stream:
        assert stream.started == NOON
        assert (stream.offset, stream.dropped) == (None, 0)
        assert [frame.clock for frame in stream] == [NOON, NOON + 0.5]


def test_a_camera_takes_no_start_time() -> None:
    with pytest.raises(MediaError, match="camera 0: a live frame has the time of its arrival"):
        open_stream(0, started=NOON)


@pytest.fixture
def serve() -> object:
    servers: list[Server] = []

    def start(*behaviours: Callable[[socket.socket, threading.Event], None]) -> Server:
        servers.append(Server(*behaviours))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.mark.slow
def test_a_stream_takes_no_start_time(serve: Callable[..., Server]) -> None:
    with pytest.raises(MediaError, match="leave out --start-time"):
        open_stream(serve(then_stall(send(0, 3))).url, limits=QUICK, started=NOON)


@pytest.mark.slow
def test_a_live_frame_has_the_clock_of_its_arrival(serve: Callable[..., Server]) -> None:
    before = time.time()
    with open_stream(serve(then_stall(send(0, 5))).url, limits=QUICK) as stream:
        frames = [next(stream) for _ in range(2)]
        after = time.time()
        assert stream.started == pytest.approx(frames[0].clock - frames[0].time, abs=0.02)
        assert stream.offset == pytest.approx(time.time() - time.monotonic(), abs=0.5)
        assert stream.dropped == frames[-1].number - 1
    assert before - 0.01 <= frames[0].clock < frames[1].clock <= after + 0.01
    assert stream.problems == []


@pytest.mark.slow
@pytest.mark.parametrize("shift", [3600.0, -3600.0])
def test_a_wall_clock_that_is_set_is_told_and_moves_no_clock(
    serve: Callable[..., Server], shift: float
) -> None:
    url = serve(then_stall(send(0, 50))).url
    start, shifted = time.monotonic(), threading.Event()
    wall = WallClock(lambda: NOON + time.monotonic() - start + shift * shifted.is_set())
    reader = LiveReader("camera 0", lambda: open_url(url, QUICK), limits=QUICK, wall=wall)
    frames = [next(reader)]
    shifted.set()
    while not reader.problems:
        frames.append(next(reader))
    reader.close()
    clocks = [frame.clock for frame in frames]
    assert clocks == sorted(clocks)
    assert NOON - 1 < clocks[0] <= clocks[-1] < NOON + 60
    said = f"camera 0: this computer's clock was set by {shift:+.1f} s meanwhile"
    assert [problem.split(";")[0] for problem in reader.problems] == [said]
