"""Times the server from the outside, over real sockets, with clients in another process.

Usage: python benchmarks/serve.py [DATA] [REQUESTS] [FRAMES] [SECONDS]
Prints the time from `mien serve` to its first answer; the round trip of a 640x480 JPEG frame over
/v1/live with 1 and 8 clients, FRAMES (300) each, the next one sent once the last one's result is
there; requests a second on /v1/analyze with the same frames, 1, 8 and 64 clients for SECONDS (20)
each; and the server's memory over REQUESTS requests (50,000) with a small photo. Only the limit on
requests a minute is raised. Clients and server share the machine's cores.
"""

import asyncio
import http.client
import itertools
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from websockets.asyncio.client import connect

from mien.inference.media.stream import open_stream
from mien.server.run import run
from mien.server.settings import Settings

WARM_UP = 10  # frames a client


def encode(picture: Image.Image, width: int, height: int) -> bytes:
    buffer = BytesIO()
    picture.resize((width, height)).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def load_frames(clip: Path, width: int, height: int) -> list[bytes]:
    """Loads a clip to and fro, so that nothing jumps where it starts again."""
    with open_stream(clip) as stream:
        frames = [encode(Image.fromarray(frame.pixels), width, height) for frame in stream]
    return frames + frames[-2:0:-1]


@contextmanager
def server(*command: str) -> Iterator[int]:
    """Runs a server that prints its address; gives its port."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield int(process.stdout.readline().rstrip("/\n").rpartition(":")[2])
    finally:
        process.terminate()
        process.wait()


def post(line: http.client.HTTPConnection, picture: bytes) -> int:
    line.request("POST", "/v1/analyze", picture)
    answer = line.getresponse()
    answer.read()
    return answer.status


def print_start(folder: str, picture: bytes) -> None:
    started = time.perf_counter()
    command = str(Path(sys.executable).with_name("mien"))
    with server(command, "serve", "--port", "0", "--folder", folder) as port:
        assert post(http.client.HTTPConnection("127.0.0.1", port), picture) == 200
        print(f"from `mien serve` to the first answer: {time.perf_counter() - started:.2f} s\n")


async def watch(port: int, frames: list[bytes], count: int) -> list[float]:
    """Returns the round trips of one live client, in seconds, once it has warmed up."""
    trips = []
    async with connect(f"ws://127.0.0.1:{port}/v1/live") as live:
        for frame in itertools.islice(itertools.cycle(frames), count):
            started = time.perf_counter()
            await live.send(frame)
            result = json.loads(await live.recv())
            trips.append(time.perf_counter() - started)
            assert len(result["faces"]) == 1, result
    return trips[WARM_UP:]


async def watch_all(port: int, frames: list[bytes], count: int, clients: int) -> list[float]:
    parts = await asyncio.gather(*(watch(port, frames, count) for _ in range(clients)))
    return [trip for part in parts for trip in part]


def print_live(port: int, frames: list[bytes], count: int) -> None:
    print("| live clients | median, ms | 95th percentile, ms | frames/s of all |")
    print("| --- | --- | --- | --- |")
    for clients in (1, 8):
        started = time.perf_counter()
        trips = asyncio.run(watch_all(port, frames, count, clients))
        rate = clients * count / (time.perf_counter() - started)
        middle, most = np.percentile(trips, [50, 95]) * 1000
        print(f"| {clients} | {middle:.1f} | {most:.1f} | {rate:.1f} |", flush=True)


def ask_all(port: int, pictures: list[bytes], clients: int, seconds: float) -> Counter[int]:
    """Has clients ask one after the other for a while; returns how many got which status."""
    statuses: Counter[int] = Counter()
    deadline = time.perf_counter() + seconds

    def ask(first: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port)
        for picture in itertools.cycle(pictures[first:] + pictures[:first]):
            if time.perf_counter() >= deadline:
                return
            statuses[post(line, picture)] += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def print_requests(port: int, frames: list[bytes], seconds: float) -> None:
    print("\n| clients | answered/s | refused with 503/s | other statuses |")
    print("| --- | --- | --- | --- |")
    for clients in (1, 8, 64):
        statuses = ask_all(port, frames, clients, seconds)
        done, refused = statuses.pop(200, 0) / seconds, statuses.pop(503, 0) / seconds
        print(
            f"| {clients} | {done:.1f} | {refused:.1f} | {dict(statuses) or 'none'} |", flush=True
        )


def resident(port: int) -> float:
    """Returns the server's resident memory, in MB."""
    line = http.client.HTTPConnection("127.0.0.1", port)
    line.request("GET", "/metrics")
    rows = line.getresponse().read().decode().splitlines()
    (value,) = (row.split()[1] for row in rows if row.startswith("process_resident_memory_bytes"))
    return float(value) / 1e6


def print_memory(port: int, picture: bytes, requests: int) -> None:
    print("\n| requests | resident memory, MB |\n| --- | --- |")
    line = http.client.HTTPConnection("127.0.0.1", port)
    print(f"| 0 | {resident(port):.1f} |", flush=True)
    for number in range(1, requests + 1):
        assert post(line, picture) == 200
        if number % max(requests // 10, 1) == 0:
            print(f"| {number:,} | {resident(port):.1f} |", flush=True)


def main(
    data: str = "../shared/data", requests: str = "50000", frames: str = "300", seconds: str = "20"
) -> None:
    media = Path(data, "media")
    clip = load_frames(media / "one_face.mp4", 640, 480)
    small = encode(Image.open(media / "one_face.jpg").convert("RGB"), 128, 128)
    with tempfile.TemporaryDirectory() as folder:
        print_start(folder, clip[0])
        with server(sys.executable, __file__, "--server", folder) as port:
            print_live(port, clip, int(frames))
            print_requests(port, clip, float(seconds))
            print_memory(port, small, int(requests))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--server"]:
        unlimited = Settings(port=0, folder=Path(sys.argv[2]), requests_a_minute=10**9)
        run(unlimited, tell=lambda text: print(text, flush=True))
    else:
        main(*sys.argv[1:])
