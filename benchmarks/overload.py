"""Times the page's requests and one live client while other clients press /v1/analyze.

Usage: python benchmarks/overload.py [ROUNDS] [DATA]

Each of ROUNDS rounds, 3 by default, starts a server and takes some 25 seconds: 5 with the page
and a live client alone, 15 with 64 connections more that post DATA/media/one_face.jpg, each the
next one once the last is answered. The page asks each of its addresses twenty times a second, each
on a connection of its own. The live client sends 640x480 frames as Studio does: the next one once
the last one's result is there, 30 a second at most. "Cores lacked" is how long the server's threads
were ready to run while other processes had the cores: where it is not small, the machine is
overloaded, and not the server alone. All clients are processes of this machine and
share its cores with the server; those that press have the lowest priority. Printed are medians over
the rounds.
"""

import asyncio
import http.client
import itertools
import json
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from websockets.asyncio.client import connect

from serve_tools import Server, load_frames, unlimited

_CLIENTS = 64
_ALONE, _PRESSED = 5.0, 15.0  # seconds
_PAUSE = 0.05  # seconds between two requests of the page for one address
_FRAME = 1 / 30  # seconds
_JSON = {"Content-Type": "application/json"}
_SESSION = "/v1/sessions/1"  # changed, as the page does while it records
_PAGE = (_SESSION, "/healthz", "/", "/page/js/app.js", "/v1/models", "/v1/sessions")


def press(port: int, seconds: float, image: bytes) -> dict[str, Any]:
    """Posts images from all connections at once; returns how many were answered with what."""
    os.nice(19)
    head = f"POST /v1/analyze HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(image)}\r\n\r\n"
    request, statuses, until = head.encode() + image, Counter[str](), time.monotonic() + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.monotonic() < until:
            writer.write(request)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = answer.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]
            await reader.readexactly(int(length))
            statuses[answer.split()[1].decode()] += 1
        writer.close()

    async def all_of_them() -> None:
        await asyncio.gather(*(client() for _ in range(_CLIENTS)))

    asyncio.run(all_of_them())
    return {"rates": {status: count / seconds for status, count in statuses.items()}}


def visit(port: int, seconds: float, path: str) -> dict[str, Any]:
    """Asks for an address now and then; returns the milliseconds that answers took."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    until, taken, failed = time.monotonic() + seconds, [], 0
    while (started := time.monotonic()) < until or not taken:
        if path == _SESSION:
            line.request("PATCH", path, json.dumps({"notes": f"{started}"}), _JSON)
        else:
            line.request("GET", path)
        answer = line.getresponse()
        answer.read()
        taken.append(1000 * (time.monotonic() - started))
        failed += answer.status != 200
        time.sleep(_PAUSE)
    return {"taken": taken, "failed": failed}


def watch(port: int, seconds: float, frames: Sequence[bytes]) -> dict[str, Any]:
    """Sends live frames; returns milliseconds of round trips, and the errors and notices."""
    trips, told = [], Counter[str]()

    async def client() -> None:
        async with connect(f"ws://127.0.0.1:{port}/v1/live", open_timeout=60) as live:
            until = time.monotonic() + seconds
            for frame in itertools.cycle(frames):
                if (started := time.monotonic()) >= until:
                    break
                await live.send(frame)
                answer = json.loads(await live.recv())
                trip = time.monotonic() - started
                if "error" in answer:
                    told[answer["error"]["code"]] += 1
                else:
                    told.update(["behind"] if answer.get("behind") else [])
                    trips.append(1000 * trip)
                await asyncio.sleep(_FRAME - trip)

    asyncio.run(client())
    return {"trips": trips, "told": told, "fps": len(trips) / seconds}


def measure(
    port: int, seconds: float, frames: Sequence[bytes], image: bytes | None
) -> dict[str, Any]:
    """Runs all clients at once, each in a process of its own."""
    jobs: dict[str, tuple[Callable[..., dict[str, Any]], Any]] = {
        **{path: (visit, path) for path in _PAGE},
        "live": (watch, frames),
    }
    if image is not None:
        jobs["press"] = press, image
    context, pipes, processes = multiprocessing.get_context("fork"), {}, []
    for name, (job, value) in jobs.items():
        pipes[name], end = context.Pipe(duplex=False)
        processes.append(context.Process(target=_report, args=(end, job, port, seconds, value)))
        processes[-1].start()
    results = {name: pipe.recv() for name, pipe in pipes.items()}
    for process in processes:
        process.join()
    return results


def _report(
    end: Connection, job: Callable[..., dict[str, Any]], port: int, seconds: float, value: Any
) -> None:
    result = job(port, seconds, value)
    used = resource.getrusage(resource.RUSAGE_SELF)
    end.send({**result, "cpu": (used.ru_utime + used.ru_stime) / seconds})


def busy(server: Server) -> float:
    """Returns the seconds of processor time that a server has used."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def lacked(server: Server) -> float:
    """Returns the seconds that a server's threads could have run, had a core been free."""
    tasks = Path(f"/proc/{server.process.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[1]) for task in tasks) / 1e9


def create_session(port: int) -> str:
    """Starts a recording; returns its address."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("POST", "/v1/sessions", json.dumps({"name": "overload", "kind": "live"}), _JSON)
    session = json.load(line.getresponse())
    line.close()
    return f"/v1/sessions/{session['id']}"


def run_round(frames: Sequence[bytes], image: bytes) -> dict[str, dict[str, float]]:
    figures = {}
    with tempfile.TemporaryDirectory() as folder, unlimited(folder) as server:
        server.post(image)
        assert create_session(server.port) == _SESSION
        visit(server.port, 0, "/v1/models")  # opens them all
        for name, seconds, pressed in (("alone", _ALONE, None), ("pressed", _PRESSED, image)):
            before, lacking = busy(server), lacked(server)
            results = measure(server.port, seconds, frames, pressed)
            figures[name] = {
                **summarize(results),
                "server, cores used": (busy(server) - before) / seconds,
                "server, cores lacked": (lacked(server) - lacking) / seconds,
            }
    return figures


def summarize(results: dict[str, Any]) -> dict[str, float]:
    figures: dict[str, float] = {}
    for path in _PAGE:
        middle, most = np.percentile(results[path]["taken"], [50, 99])
        figures |= {f"{path} p50, ms": middle, f"{path} p99, ms": most}
    together = list(itertools.chain(*(results[path]["taken"] for path in _PAGE)))
    figures["page requests that failed"] = sum(results[path]["failed"] for path in _PAGE)
    figures["all of the page p99, ms"] = float(np.percentile(together, 99))
    live = results["live"]
    middle, most = np.percentile(live["trips"], [50, 99]) if live["trips"] else (np.nan, np.nan)
    figures |= {"live, fps": live["fps"], "live p50, ms": middle, "live p99, ms": most}
    figures |= {f"live answers '{name}'": count for name, count in live["told"].items()}
    for status, rate in sorted(results.get("press", {"rates": {}})["rates"].items()):
        figures[f"analyze {status}, 1/s"] = rate
    figures["clients, cores"] = sum(result["cpu"] for result in results.values())
    return figures


def main(rounds: str = "3", data: str = "../shared/data") -> None:
    media = Path(data, "media")
    frames = load_frames(media / "one_face.mp4", 640, 480)
    image = media.joinpath("one_face.jpg").read_bytes()
    done = [run_round(frames, image) for _ in range(int(rounds))]
    names = list(
        dict.fromkeys(name for figures in done for part in figures.values() for name in part)
    )
    print(f"| median of {rounds} rounds | alone | pressed by {_CLIENTS} |\n| --- | --- | --- |")
    for name in names:
        cells = [
            statistics.median(figures[part].get(name, 0) for figures in done) for part in done[0]
        ]
        print(f"| {name} | {' | '.join(f'{cell:.1f}' for cell in cells)} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
