"""Times the server from the outside, over real sockets, with clients in other processes.

Usage: python benchmarks/serve.py [start|live|requests|overload|memory|profile|all] [DATA]
Needs wrk (Debian's package) for all but start, live and profile. `all`, the default, takes some
six minutes. Clients and server share the machine's cores.

start: from `mien serve` to the first answer, five times.
live: the round trip of a 640x480 JPEG frame over /v1/live with 1 and 8 clients, 300 frames each,
the next one sent once the last one's result is there.
requests: requests a second on /v1/analyze, the same frames, by wrk; 1, 8 and 64 connections.
overload: 200 connections by wrk on a server as it comes, and on one without a limit on requests a
minute; 40 live clients, where 32 are taken.
memory: the server's over 50,000 requests by wrk, 8 connections, with what is quick to answer: a
photo of 48x48 and `small-int8`, by turns for 5 seconds as a photo and as a cropped face.
profile: what a live round trip consists of.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle
from pathlib import Path

import numpy as np
from PIL import Image

from serve_profile import profile
from serve_tools import Server, encode, load_frames, press, save, unlimited, usual, watch

_FRAMES = 300
_SECONDS = 15.0
_REQUESTS = 50_000


def start(media: Path) -> None:
    image, taken = media.joinpath("one_face.jpg").read_bytes(), []
    for _ in range(5):
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            with usual(folder) as server:
                assert server.post(image) == 200
                taken.append(time.perf_counter() - started)
    table("from `mien serve` to the first answer, s", "lowest", "highest")
    row(f"{statistics.median(taken):.2f}", f"{min(taken):.2f}", f"{max(taken):.2f}")


def live(media: Path) -> None:
    frames = load_frames(media / "one_face.mp4", 640, 480)
    table("live clients", "median, ms", "95th percentile, ms", "frames/s of all", "refused")
    with tempfile.TemporaryDirectory() as folder, unlimited(folder) as server:
        for clients in (1, 8):
            started = time.perf_counter()
            watched = watch(server, frames, clients, _FRAMES)
            rate = clients * _FRAMES / (time.perf_counter() - started)
            middle, most = np.percentile(watched.trips, [50, 95]) * 1000
            told = dict(watched.refused) or "none"
            row(clients, f"{middle:.1f}", f"{most:.1f}", f"{rate:.1f}", told)


def requests(media: Path) -> None:
    table("connections", "answered/s", "refused/s", "others", "failed connections")
    with tempfile.TemporaryDirectory() as folder, unlimited(folder) as server:
        paths = save(load_frames(media / "one_face.mp4", 640, 480), folder)
        for clients in (1, 8, 64):
            load = press(server, paths, clients, _SECONDS)
            done, refused = (load.counts.pop(status, 0) / load.seconds for status in ("200", "503"))
            row(clients, f"{done:.1f}", f"{refused:.1f}", load.counts or "none", load.failed)


def overload(media: Path) -> None:
    frames = load_frames(media / "one_face.mp4", 640, 480)
    table(
        "overloaded by",
        "answered with",
        "failed",
        "MB before",
        "MB after",
        "answers again after, s",
    )
    for name, kind in (("200 connections", usual), ("the same, no limit a minute", unlimited)):
        with tempfile.TemporaryDirectory() as folder, kind(folder) as server:
            paths = save(frames, folder)
            overload_with(server, frames[0], name, partial(flood, server, paths))
    with tempfile.TemporaryDirectory() as folder, unlimited(folder) as server:
        overload_with(server, frames[0], "40 live clients", partial(crowd, server, frames))


def overload_with(
    server: Server, image: bytes, name: str, load: Callable[[], tuple[dict[str, int], int]]
) -> None:
    """Loads a server twice: the first time warms it up, the second may not make it grow."""
    load()
    before = server.resident()
    counts, failed = load()
    after = server.resident()
    started = time.perf_counter()
    while server.post(image) != 200:
        time.sleep(0.1)
    waited = time.perf_counter() - started
    told = ", ".join(f"{status}: {count:,}" for status, count in sorted(counts.items()))
    row(name, told, failed, f"{before:.1f}", f"{after:.1f}", f"{waited:.1f}")


def flood(server: Server, paths: list[str]) -> tuple[dict[str, int], int]:
    load = press(server, paths, 200, _SECONDS / 2)
    return load.counts, load.failed


def crowd(server: Server, frames: list[bytes]) -> tuple[dict[str, int], int]:
    watched = watch(server, frames, 40, 30)
    return {"frames": len(watched.trips), **watched.refused}, 0


def memory(media: Path) -> None:
    image = encode(Image.open(media / "one_face.jpg").convert("RGB"), 48, 48)
    table("requests", "resident memory, MB")
    with tempfile.TemporaryDirectory() as folder, unlimited(folder) as server:
        row(0, f"{server.resident():.1f}")
        paths, done, shown = save([image], folder), 0, 0
        for query in cycle(("?model=small-int8", "?model=small-int8&crops=true")):
            load = press(server, paths, 8, 5, query)
            assert set(load.counts) == {"200"}, load
            done += load.counts["200"]
            if done >= min(shown + _REQUESTS // 10, _REQUESTS):
                shown = done
                row(f"{done:,}", f"{server.resident():.1f}")
            if done >= _REQUESTS:
                return


def table(*heads: str) -> None:
    print()
    row(*heads)
    row(*("---" for _ in heads))


def row(*cells: object) -> None:
    print("|", " | ".join(str(cell) for cell in cells), "|", flush=True)


PARTS = {
    "start": start,
    "live": live,
    "profile": lambda media: profile(media, table, row),
    "requests": requests,
    "overload": overload,
    "memory": memory,
}


def main(part: str = "all", data: str = "../shared/data") -> None:
    if part not in ("all", *PARTS):
        sys.exit(f"{part}: no such part; there are: {', '.join(PARTS)}, all.")
    for name in PARTS if part == "all" else [part]:
        PARTS[name](Path(data, "media"))


if __name__ == "__main__":
    main(*sys.argv[1:])
