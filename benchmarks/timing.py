"""Measures the error of `time` and `clock`: docs/time.md has the figures.

Usage: python -m benchmarks.timing [FRAMES], in the project's folder
Videos: FRAMES frames (2,000) at random gaps of 5 to 250 ms, in several containers; each frame shows
its number in black and white squares, so that its true time is known whatever the container says.
They go through the analyzer into a file of records, and in parts, as a batch splits long videos.
Live: a camera on this machine's network, as motion JPEG, that notes when it sends each frame, and
sends a marker over Lab Streaming Layer with every 25th, while the analyzer works on the frames.
Prints the largest errors, and percentiles of how late frames and markers are.
"""

import io
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import accumulate
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.batch.plan import VideoPart
from mien.batch.video_parts import PartReader, find_split_points
from mien.clocks import format_clock, parse_clock
from mien.inference.analyzer import Analyzer
from mien.inference.media.images import Frame
from mien.inference.media.sources import open_stream
from mien.inference.media.video import open_video
from mien.inference.records import open_records, read_records
from mien.study.lsl import LslClock, MarkerReceiver, to_event
from mien.study.lsl.library import load_pylsl

WIDTH, HEIGHT, BITS = 320, 180, 16
CREATED = "2026-11-27T12:00:00Z"
BASE = Fraction(1, 60_000)  # seconds
RATE, LIVE_FRAMES, MARKER_EVERY = 25, 1500, 25

Pixels = NDArray[np.uint8]


def picture(number: int) -> Pixels:
    """Shows a number as white and black squares, the lowest bit at the left."""
    pixels = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    side = WIDTH // BITS
    for bit in range(BITS):
        pixels[:side, bit * side : (bit + 1) * side] = 255 * (number >> bit & 1)
    return pixels


def number_in(pixels: Pixels) -> int:
    side = WIDTH // BITS
    middles = [pixels[side // 2, bit * side + side // 2].mean() > 128 for bit in range(BITS)]
    return sum(1 << bit for bit, is_white in enumerate(middles) if is_white)


def make_video(path: Path, times: list[float]) -> None:
    options = {"g": "50", "threads": "1", "bf": "2"}
    with av.open(str(path), "w") as container:
        container.metadata["creation_time"] = CREATED
        track = container.add_stream("libx264", 30, options, time_base=BASE)
        track.width, track.height, track.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number, moment in enumerate(times):
            frame = av.VideoFrame.from_ndarray(picture(number))
            frame.pts, frame.time_base = round(moment / BASE), BASE
            container.mux(track.encode(frame))
        container.mux(track.encode(None))


class Numbered:
    """Passes frames on, and keeps the number that the last one shows."""

    def __init__(self, frames: Iterable[Frame]) -> None:
        self.frames, self.number = frames, -1

    def __iter__(self) -> Iterator[Frame]:
        for frame in self.frames:
            self.number = number_in(frame.pixels)
            yield frame


def measure_video(path: Path, times: list[float], analyzer: Analyzer) -> str:
    """Returns the largest errors of a video's records, and of its parts' frames."""
    records, frames, numbers = (
        path.with_suffix(f"{path.suffix}.csv"),
        Numbered(open_stream(path)),
        [],
    )
    with open_records(records) as writer:
        for result in analyzer.stream(frames):
            numbers.append(frames.number)
            writer.write(result)
    rows = read_records(records)
    true = np.array(times)[numbers]
    errors = np.abs(rows.time - true)
    clocks = np.abs(rows.clock - parse_clock(CREATED) - true)
    parts = max(abs(moment - times[number]) for number, moment in read_parts(path))
    return (
        f"{path.suffix[1:]}: {len(numbers)} of {len(times)} frames; largest error of `time` "
        f"{errors.max() * 1000:.3f} ms, in parts {parts * 1000:.3f} ms, "
        f"of `clock` {clocks.max() * 1000:.3f} ms"
    )


def read_parts(path: Path) -> Iterator[tuple[int, float]]:
    """Yields the number and time of each frame of a video that is read in parts."""
    edges = (None, *find_split_points(str(path), 30.0), None)
    count = len(edges) - 1
    for place in range(count):
        part = VideoPart(place, count, *edges[place : place + 2])
        for frame in PartReader(str(path), open_video(path), part):
            yield number_in(frame.pixels), frame.time


class Camera(BaseHTTPRequestHandler):
    """Sends frames, and notes by the monotonic clock when; sends markers with some."""

    sent: dict[int, float] = {}  # noqa: RUF012 - one camera a run
    outlet = None

    def log_message(self, *_: object) -> None:
        """Logs nothing."""

    def do_GET(self) -> None:
        """Answers with all frames."""
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace;boundary=frame")
        self.end_headers()
        self.wfile.write(b"--frame\r\n")
        for number in range(LIVE_FRAMES):
            time.sleep(1 / RATE)
            file = io.BytesIO()
            Image.fromarray(picture(number)).save(file, "JPEG", quality=90)
            head = f"Content-Type: image/jpeg\r\nContent-Length: {file.tell()}\r\n\r\n".encode()
            self.sent[number] = time.monotonic()
            if self.outlet is not None and number % MARKER_EVERY == 0:
                self.outlet.push_sample([str(number)])
            self.wfile.write(head + file.getvalue() + b"\r\n--frame\r\n")


def measure_live(analyzer: Analyzer) -> Iterator[str]:
    """Yields how late `clock` is, and how far markers lie from the frames they were sent with."""
    lsl = load_pylsl()
    kinds = (lsl.IRREGULAR_RATE, lsl.cf_string)
    Camera.outlet = lsl.StreamOutlet(lsl.StreamInfo("Camera", "Markers", 1, *kinds, "camera"))
    found = threading.Event()
    receiver = MarkerReceiver("Camera", lambda _: found.set())
    found.wait(20)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    late, times, events = {}, {}, []
    with open_stream(f"http://127.0.0.1:{server.server_port}/") as stream:
        clock, frames = LslClock.measure(stream.offset), Numbered(stream)
        for result in analyzer.stream(frames):
            number = frames.number
            times[number], late[number] = result.time, result.clock - stream.offset
            events += [to_event(marker, result, clock) for marker in receiver.take()]
            if number >= LIVE_FRAMES - 1:
                break
        dropped = stream.dropped
    receiver.close()
    server.shutdown()
    delays = [arrived - Camera.sent[number] for number, arrived in late.items()]
    yield f"live: {len(delays)} frames, {dropped} dropped; `clock` after sending: {ms(delays)}"
    apart = [times[int(event.name)] - event.onset for event in events if int(event.name) in times]
    yield f"LSL: {len(apart)} markers; frame's `time` after its marker's onset: {ms(apart)}"


def ms(seconds: list[float]) -> str:
    low, middle, high = np.percentile(np.array(seconds) * 1000, [0, 50, 95])
    return (
        f"least {low:.2f}, median {middle:.2f}, 95 % {high:.2f}, most {max(seconds) * 1e3:.2f} ms"
    )


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    gaps = random.Random(0)
    ticks = accumulate(gaps.randint(300, 15_000) for _ in range(count - 1))
    times = [float(tick * BASE) for tick in (0, *ticks)]
    analyzer = Analyzer()
    with tempfile.TemporaryDirectory() as folder:
        print(f"created {format_clock(parse_clock(CREATED))}, {times[-1]:.1f} s")
        for suffix in ("mp4", "mov", "mkv"):
            path = Path(folder, f"video.{suffix}")
            make_video(path, times)
            print(measure_video(path, times, analyzer))
        config = Path(folder, "lsl_api.cfg")
        config.write_text("[multicast]\nResolveScope = machine\n[log]\nlevel = -3\n")
        os.environ["LSLAPICFG"] = str(config)
        for line in measure_live(analyzer):
            print(line)


if __name__ == "__main__":
    main()
