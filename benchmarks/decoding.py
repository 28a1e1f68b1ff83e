"""What image bombs cost a server: memory of the server and its workers, and seconds.

    python benchmarks/decoding.py [--only NAME ...] [--at-once 24]

Makes images at the server's limit of pixels that are small as files, sends each kind alone and then
many at once to a real `mien serve`, and prints the highest resident memory (RSS) of the server, of
its largest worker and of all processes together, the seconds, the answers by status, and the RSS of
all afterwards. Then it times an ordinary JPEG, and reads mutated playlists by the Python API.
"""

import argparse
import io
import os
import random
import re
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

SIDE = 7000  # 49 megapixels; the server's limit is 50
POLL = 0.02  # seconds between two looks at memory


def encode(image: Image.Image, kind: str, **how: object) -> bytes:
    """Encodes an image."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def plain(mode: str, kind: str, **how: object) -> Callable[[], bytes]:
    """Makes an even image of a mode."""
    return lambda: encode(Image.new(mode, (SIDE, SIDE)), kind, **how)


def tile_tiff() -> bytes:
    """A small TIFF whose one compressed tile claims a gigabyte."""
    tile = zlib.compress(bytes(10**6))
    tags = [
        *((256, 64), (257, 64), (258, 8), (259, 8), (262, 1), (277, 1)),
        *((322, 32768), (323, 32768), (324, 8), (325, len(tile))),
    ]
    start = 8 + len(tile)
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    head = struct.pack("<2sHI", b"II", 42, start)
    return head + tile + struct.pack("<H", len(tags)) + entries + bytes(4)


def animated(kind: str) -> Callable[[], bytes]:
    """Makes an animation of four frames."""

    def make() -> bytes:
        frames = [Image.new("RGB", (SIDE // 2, SIDE // 2), (shade, 0, 0)) for shade in range(4)]
        return encode(frames[0], kind, save_all=True, append_images=frames[1:])

    return make


def scans() -> bytes:
    """A progressive JPEG whose last scan is repeated a thousand times."""
    data = encode(Image.new("RGB", (3000, 3000)), "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + scan * 1000 + data[-2:]


BOMBS: dict[str, Callable[[], bytes]] = {
    "TIFF, float": plain("F", "TIFF", compression="tiff_deflate", strip_size=2**31 - 1),
    "TIFF, tile of 1 GiB": tile_tiff,
    "PNG, 16 bits": plain("I;16", "PNG"),
    "PNG, RGBA": plain("RGBA", "PNG"),
    "PNG, RGB": plain("RGB", "PNG"),
    "JPEG": plain("RGB", "JPEG"),
    "JPEG, progressive CMYK": plain("CMYK", "JPEG", progressive=True, subsampling=0),
    "JPEG, 1000 scans": scans,
    "WebP, lossy": plain("RGB", "WEBP", method=0),
    "WebP, lossless": plain("RGBA", "WEBP", lossless=True, quality=0, method=0),
    "GIF": plain("P", "GIF"),
    "GIF, animated": animated("GIF"),
    "WebP, animated": animated("WEBP"),
    "HEIC": plain("RGB", "HEIF", quality=10),
    "AVIF": plain("RGB", "AVIF", quality=10, speed=10),
}


class Memory:
    """Watches the resident memory of a process and of all that it started.

    Attributes:
        server: the highest of the process itself, in MiB.
        worker: the highest of one that it started.
        total: the highest of all at one time.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.server = self.worker = self.total = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def now(self) -> list[int]:
        """Returns the MiB of the process, and of each that it started."""
        return [resident(pid) for pid in (self._pid, *children(self._pid))]

    def _watch(self) -> None:
        while not self._stop.wait(POLL):
            server, *workers = self.now()
            self.server = max(self.server, server)
            self.worker = max(self.worker, *workers, 0)
            self.total = max(self.total, server + sum(workers))


def resident(pid: int) -> int:
    """Returns a process's resident memory in MiB; 0 once it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) // 1024 if found else 0


def children(pid: int) -> list[int]:
    """Returns the processes that a process has started, those of its threads included."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, task.read_text().split())
        except OSError:
            continue
    return found


@contextmanager
def server() -> Iterator[tuple[int, str]]:
    """Runs `mien serve` with a folder of its own; yields its process id and its address."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "mien", "serve", "--port", "0", "--folder", folder]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout
            address = next(found[0] for line in process.stdout if (found := ADDRESS.search(line)))
            yield process.pid, address.rstrip("/")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


ADDRESS = re.compile(r"http://[\d.:]+/?")


def post(address: str, data: bytes) -> int:
    """Sends an image; returns the status of the answer."""
    request = urllib.request.Request(f"{address}/v1/analyze", data)
    try:
        with urllib.request.urlopen(request, timeout=600) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def attack(pid: int, address: str, name: str, data: bytes, count: int) -> None:
    """Sends an image many times at once, and prints what that cost."""
    started = time.perf_counter()
    with Memory(pid) as memory, ThreadPoolExecutor(count) as clients:
        answers = Counter(clients.map(lambda _: post(address, data), range(count)))
    seconds = time.perf_counter() - started
    time.sleep(1)
    told = ", ".join(f"{n} x {status}" for status, n in sorted(answers.items()))
    print(
        f"{name:24} {len(data) // 1000:5} kB x {count:2}: server {memory.server:5} MiB, worker "
        f"{memory.worker:4}, all {memory.total:5}; {seconds:5.1f} s; {told}; after "
        f"{sum(memory.now())} MiB",
        flush=True,
    )


def time_ordinary(address: str, sides: tuple[int, int], count: int) -> None:
    """Prints how long an ordinary JPEG takes."""
    noise = Image.effect_noise((sides[0] // 8, sides[1] // 8), 60).resize(sides).convert("RGB")
    data = encode(noise, "JPEG", quality=90)
    times = []
    for _ in range(count):
        started = time.perf_counter()
        assert post(address, data) == 200
        times.append(1000 * (time.perf_counter() - started))
    print(f"JPEG of {sides[0]}x{sides[1]}: median {statistics.median(times):.1f} ms, n = {count}")


def playlists(count: int, limit: float) -> None:
    """Reads mutated playlists by the Python API, each in a process that is killed at the limit."""
    text = (
        b"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXT-X-MEDIA-SEQUENCE:0\n"
        b"#EXTINF:10,\nhttp://192.0.2.1/a.ts\n#EXTINF:10,\nb.ts\n#EXT-X-ENDLIST\n"
    )
    draw, longest, late = random.Random(0), 0.0, 0
    code = (
        "import sys\nfrom mien.inference.media.video import VideoReader, open_video\n"
        "from mien.errors import MediaError\nimport time\n"
        "for path in sys.argv[1:]:\n started = time.monotonic()\n"
        " try: list(VideoReader(path, open_video(path)))\n except MediaError: pass\n"
        " print(time.monotonic() - started, flush=True)\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{number}.m3u8") for number in range(count)]
        for path in paths:
            path.write_bytes(mutate(text, draw))
        waiting = list(map(str, paths))
        while waiting:
            command = [sys.executable, "-c", code, *waiting]
            with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
                assert process.stdout
                done = 0
                while done < len(waiting):
                    timer = threading.Timer(limit, process.kill)
                    timer.start()
                    line = process.stdout.readline()
                    timer.cancel()
                    if not line:
                        break
                    done, longest = done + 1, max(longest, float(line))
            late += done < len(waiting)
            waiting = waiting[done + 1 :]
    print(f"{count} mutated playlists: {late} over {limit:g} s, the longest other {longest:.2f} s")


def mutate(text: bytes, draw: random.Random) -> bytes:
    """Deletes, repeats or swaps lines, and changes bytes."""
    lines = text.splitlines(keepends=True)
    for _ in range(draw.randrange(3)):
        place = draw.randrange(len(lines))
        lines[place : place + 1] = draw.choice(([], [lines[place]] * 2, [draw.choice(lines)]))
        lines = lines or [b"\n"]
    content = bytearray(b"".join(lines))
    for _ in range(draw.randrange(4)):
        content[draw.randrange(len(content))] = draw.randrange(256)
    return bytes(content)


def main() -> None:
    """Runs all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=list(BOMBS), choices=list(BOMBS))
    parser.add_argument("--at-once", type=int, default=24)
    parser.add_argument("--playlists", type=int, default=200)
    parser.add_argument("--limit", type=float, default=10.0)
    wanted = parser.parse_args()
    Image.MAX_IMAGE_PIXELS = None
    from pillow_heif import register_heif_opener  # noqa: PLC0415

    register_heif_opener()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with server() as (pid, address):
        for sides in ((640, 480), (1920, 1080), (4032, 3024)):
            time_ordinary(address, sides, 25)
        print(f"at rest: {sum(Memory(pid).now())} MiB")
        for name in wanted.only:
            data = BOMBS[name]()
            attack(pid, address, name, data, 1)
            if wanted.at_once > 1:
                attack(pid, address, name, data, wanted.at_once)
        time_ordinary(address, (640, 480), 25)
    if wanted.playlists:
        playlists(wanted.playlists, wanted.limit)


if __name__ == "__main__":
    main()
