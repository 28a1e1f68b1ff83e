"""Where the processor's time for a live frame goes.

The stages run here one after the other, as a thread of the engine runs them, at the frame rate that
the server reached; the server's process is then asked what it took for as many frames. What it took
beyond the stages are the event loop, the hand-over between threads, and the sockets. Processor time
is told rather than time, for it says the same on a busy machine.
"""

import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from mien.inference.analyzer import Analyzer
from mien.inference.media.images import Frame
from mien.server.images import read_image
from serve_tools import Server, load_frames, unlimited, watch

_FRAMES = 300


def time_stages(frames: Sequence[bytes], rate: float) -> Counter[str]:
    """Returns the seconds of processor time that all frames took in each stage."""
    analyzer, taken = Analyzer(), Counter[str]()
    look = analyzer.track()

    @contextmanager
    def timed(stage: str) -> Iterator[None]:
        started = time.thread_time()
        yield
        taken[stage] += time.thread_time() - started

    for number, data in enumerate(islice(cycle(frames), _FRAMES)):
        with timed("decode the JPEG"):
            pixels = read_image(data, 10**8).pixels
        with timed("find, follow and crop"):
            found = look(Frame("<live>", pixels, number, number / rate))
        with timed("classify and smooth"):
            results, _ = analyzer.classify([found])
        with timed("write JSON"):
            json.dumps(results[0].to_dict())
    return taken


def processor_time(server: Server) -> float:
    """Returns the seconds of processor time that a server has taken so far."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def profile(media: Path, table: Callable[..., None], row: Callable[..., None]) -> None:
    """Prints the table."""
    frames = load_frames(media / "one_face.mp4", 640, 480)
    with tempfile.TemporaryDirectory() as folder, unlimited(folder) as server:
        watch(server, frames, 1, _FRAMES // 10)
        before, own = processor_time(server), time.process_time()
        trips = watch(server, frames, 1, _FRAMES).trips
        whole, client = processor_time(server) - before, time.process_time() - own
    stages = time_stages(frames, 1 / float(np.mean(trips)))
    stages["event loop, threads, sockets"] = whole - stages.total()
    table("what a live frame takes", "processor time, ms")
    for stage, taken in stages.items():
        row(stage, f"{taken / _FRAMES * 1000:.2f}")
    row("the server in all", f"{whole / _FRAMES * 1000:.2f}")
    row("the client of this benchmark", f"{client / _FRAMES * 1000:.2f}")
    row("the round trip, median, by the clock", f"{np.median(trips) * 1000:.2f}")
