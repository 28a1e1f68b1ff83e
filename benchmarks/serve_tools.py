"""What `serve.py` times the server with: servers, images, and clients of both kinds."""

import asyncio
import http.client
import itertools
import json
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from PIL import Image
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from mien.inference.media.sources import open_stream
from mien.server.run import run
from mien.server.settings import Settings

WARM_UP = 10  # frames a client
_SCRIPT = Path(__file__).with_name("serve_wrk.lua")


@dataclass(frozen=True)
class Server:
    """A server in a process of its own."""

    port: int
    process: subprocess.Popen[str]

    def resident(self) -> float:
        """Returns its resident memory, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024 / 1e6

    def post(self, image: bytes) -> int:
        """Has one image analyzed; returns the answer's status."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        line.request("POST", "/v1/analyze", image)
        status = line.getresponse().status
        line.close()
        return status


@contextmanager
def serving(*command: str) -> Iterator[Server]:
    """Runs a server that prints its address."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        line = process.stdout.readline()
        address = re.search(r"http://\S+:(\d+)", line)
        assert address, f"the server said {line!r}, which has no address"
        yield Server(int(address[1]), process)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def unlimited(folder: str) -> Iterator[Server]:
    """Runs a server that takes any number of requests a minute."""
    with serving(sys.executable, __file__, folder) as server:
        yield server


@contextmanager
def usual(folder: str) -> Iterator[Server]:
    """Runs `mien serve` as it comes."""
    mien = str(Path(sys.executable).with_name("mien"))
    with serving(mien, "serve", "--port", "0", "--folder", folder) as server:
        yield server


def encode(image: Image.Image, width: int, height: int) -> bytes:
    buffer = BytesIO()
    image.resize((width, height)).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def load_frames(clip: Path, width: int, height: int) -> list[bytes]:
    """Loads a clip to and fro, so that nothing jumps where it starts again."""
    with open_stream(clip) as stream:
        frames = [encode(Image.fromarray(frame.pixels), width, height) for frame in stream]
    return frames + frames[-2:0:-1]


def save(images: Sequence[bytes], folder: str) -> list[str]:
    """Writes images for wrk to read; returns their paths."""
    paths = [Path(folder, f"{number:03}.jpg") for number in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        path.write_bytes(image)
    return [str(path) for path in paths]


@dataclass(frozen=True)
class Load:
    """What wrk's clients were answered; `failed` counts connections."""

    seconds: float
    failed: int
    counts: dict[str, int]


def press(
    server: Server, paths: Sequence[str], clients: int, seconds: float, query: str = ""
) -> Load:
    """Has clients post images, each the next once the last is answered; needs wrk."""
    if not shutil.which("wrk"):
        sys.exit("wrk: is not here; install Debian's package wrk.")
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds:.0f}s", "--timeout=60s"]
    address = f"http://127.0.0.1:{server.port}/v1/analyze{query}"
    command += ["--script", str(_SCRIPT), address, "--", *paths]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Load(**json.loads(done.stdout.splitlines()[-1]))


@dataclass
class Watched:
    """What live clients were answered: seconds of each round trip, and how many of what else."""

    trips: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    async def watch(self, port: int, frames: Sequence[bytes], count: int) -> None:
        """Sends frames, each once the last one's answer is there."""
        try:
            async with connect(f"ws://127.0.0.1:{port}/v1/live", open_timeout=60) as live:
                for number, frame in enumerate(itertools.islice(itertools.cycle(frames), count)):
                    started = time.perf_counter()
                    await live.send(frame)
                    answer = json.loads(await live.recv())
                    if "error" in answer:
                        self.refused[answer["error"]["code"]] += 1
                    elif number >= WARM_UP:
                        self.trips.append(time.perf_counter() - started)
        except InvalidStatus as error:
            told = error.response.headers.get("retry-after")
            self.refused[f"{error.response.status_code}{'' if told else ' bare'}"] += 1


def watch(server: Server, frames: Sequence[bytes], clients: int, count: int) -> Watched:
    """Runs live clients of one server, all at once."""
    watched = Watched()

    async def all_of_them() -> None:
        await asyncio.gather(*(watched.watch(server.port, frames, count) for _ in range(clients)))

    asyncio.run(all_of_them())
    return watched


if __name__ == "__main__":
    settings = Settings(port=0, folder=Path(sys.argv[1]), requests_a_minute=10**9)
    run(settings, on_start=lambda text: print(text, flush=True))
