"""Times moving images end to end: decode, search, follow, crop, classify, smooth, write.

Usage: python benchmarks/stream.py [DATA] [MODEL] [FRAMES]
Makes two videos from DATA/media: 640x360 with one face (`one_face.mp4`, to and fro) and 1280x720
with five (`five_faces.jpg`, panned and zoomed), ten seconds each at 30 frames a second, H.264.
Prints frames a second (medians of interleaved runs), where the time of the analysing thread goes,
and the memory over FRAMES frames (20,000) of the first video. Use `taskset -c 0,1` for two cores.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from math import pi, sin
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.inference.analyzer import Analyzer
from mien.inference.classifier import Classifier
from mien.inference.detection.yunet import YuNet
from mien.inference.media.images import Frame, read_frame
from mien.inference.media.sources import open_stream
from mien.inference.records import open_records
from mien.inference.tracking import track
from mien.inference.tracking.follower import Follower
from mien.inference.tracking.scene import CutDetector

RUNS = 5
RATE, SECONDS = 30, 10
STAGES = (
    ("wait for a decoded frame", None, ""),
    ("look for a cut", CutDetector, "is_cut"),
    ("search the whole frame", YuNet, "detect"),
    ("follow faces", Follower, "follow"),
    ("crop faces", track, "crop_face"),
    ("classify", Classifier, "predict"),
)

Pixels = NDArray[np.uint8]
T = TypeVar("T")


def to_and_fro(clip: Path) -> Iterator[Pixels]:
    """Plays a clip forwards and backwards, so that nothing jumps."""
    with open_stream(clip) as stream:
        frames = [frame.pixels for frame in stream]
    while True:
        yield from frames
        yield from frames[-2:0:-1]


def pan(photo: Path, width: int, height: int) -> Iterator[Pixels]:
    """Moves a camera over a photo: its middle two thirds at least stay in sight."""
    image = Image.fromarray(read_frame(photo).pixels)
    number = 0
    while True:
        turn = 2 * pi * number / RATE
        wide = image.width * (0.9 + 0.08 * sin(turn / 5))
        high = wide * height / width
        left = (image.width - wide) * (0.5 + 0.5 * sin(turn / 3))
        top = (image.height - high) * (0.4 + 0.1 * sin(turn / 4))
        box = (left, top, left + wide, top + high)
        yield np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, box))
        number += 1


def encode(frames: Iterator[Pixels], path: Path, count: int) -> Path:
    """Writes a video, H.264."""
    with av.open(str(path), "w") as container:
        first = next(frames)
        stream = container.add_stream("libx264", RATE, options={"preset": "veryfast"})
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = "yuv420p"
        for pixels in (first, *(next(frames) for _ in range(count - 1))):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


class Clock:
    """Adds up the time spent in each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    def timed(self, stage: str, call: Callable[..., T]) -> Callable[..., T]:
        """Returns a call that is timed."""

        def wrapped(*args: Any, **named: Any) -> T:
            start = time.perf_counter()
            try:
                return call(*args, **named)
            finally:
                self.seconds[stage] += time.perf_counter() - start

        return wrapped

    def frames(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Counts the time until a frame comes."""
        iterator = iter(frames)
        advance = self.timed(STAGES[0][0], lambda: next(iterator, None))
        while frame := advance():
            yield frame


@contextmanager
def watched() -> Iterator[Clock]:
    """Puts a clock around every stage."""
    clock = Clock()
    with ExitStack() as stack:
        for stage, owner, name in STAGES:
            if owner:
                call = clock.timed(stage, getattr(owner, name))
                stack.enter_context(patch.object(owner, name, call))
        yield clock


def run(analyzer: Analyzer, video: Path, folder: Path) -> tuple[int, int, dict[str, float]]:
    """Analyses a video from its file to a file of records.

    Returns:
        How many frames and faces there were, and the seconds of each stage and in all.
    """
    faces = frames = 0
    records = folder / f"{time.time_ns()}.csv"
    start = time.perf_counter()
    with watched() as clock, open_stream(video) as stream, open_records(records) as writer:
        write = clock.timed("write records", writer.write)
        for result in analyzer.stream(clock.frames(stream)):
            write(result)
            frames += 1
            faces += len(result.faces)
    clock.seconds["in all"] = time.perf_counter() - start
    return frames, faces, clock.seconds


def print_speed(analyzer: Analyzer, videos: dict[str, Path], folder: Path) -> None:
    """Prints frames a second, and milliseconds a frame for each stage."""
    runs = [
        {name: run(analyzer, video, folder) for name, video in videos.items()} for _ in range(RUNS)
    ]
    print(f"| milliseconds a frame | {' | '.join(videos)} |")
    print(f"| --- |{' --- |' * len(videos)}")
    stages = [stage for stage, _, _ in STAGES] + ["write records", "in all"]
    table = {
        stage: [
            statistics.median(1000 * one[name][2][stage] / one[name][0] for one in runs)
            for name in videos
        ]
        for stage in stages
    }
    whole = table.pop("in all")
    table["all else"] = [
        total - sum(parts) for total, *parts in zip(whole, *table.values(), strict=True)
    ]
    table["in all"] = whole
    for stage, values in table.items():
        print(f"| {stage} | {' | '.join(f'{value:.2f}' for value in values)} |")
    print(f"| **frames a second** | {' | '.join(f'**{1000 / value:.0f}**' for value in whole)} |")
    shares = [f"{runs[0][name][1] / runs[0][name][0]:.2f}" for name in videos]
    print(f"| faces found a frame | {' | '.join(shares)} |")


def lengthen(video: Path, path: Path, times: int) -> Path:
    """Writes a video's packets one time after the other: a long video in no time."""
    with av.open(str(path), "w") as container:
        for turn in range(times):
            with av.open(str(video)) as source:
                track = source.streams.video[0]
                if not turn:
                    copy = container.add_stream_from_template(track)
                offset = round(turn * SECONDS / track.time_base)
                for packet in source.demux(track):
                    if packet.dts is not None:
                        packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                        packet.stream = copy
                        container.mux(packet)
    return path


def resident() -> float:
    """Returns this process's resident memory, in MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def print_memory(video: str, model: str, frames: str) -> None:
    """Prints the resident memory at ten points of a long run. For a process of its own."""
    print("\n| frames | resident memory, MB |\n| --- | --- |")
    tenth = max(int(frames) // 10, 1)
    for number, _ in enumerate(Analyzer(model).stream(video), 1):
        if number % tenth == 0:
            print(f"| {number:,} | {resident():.1f} |", flush=True)
        if number == int(frames):
            break


def main(data: str = "../shared/data", model: str = "paper", frames: str = "20000") -> None:
    """Prints both tables."""
    media, analyzer = Path(data, "media"), Analyzer(model)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = to_and_fro(media / "one_face.mp4"), pan(media / "five_faces.jpg", 1280, 720)
        videos = {
            "640x360, one face": encode(small, folder / "small.mp4", RATE * SECONDS),
            "1280x720, five faces": encode(large, folder / "large.mp4", RATE * SECONDS),
        }
        print_speed(analyzer, videos, folder)
        sys.stdout.flush()
        times = -(-int(frames) // (RATE * SECONDS))
        video = lengthen(folder / "small.mp4", folder / "long.mp4", times)
        command = [sys.executable, __file__, "--memory", str(video), model, frames]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        print_memory(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
