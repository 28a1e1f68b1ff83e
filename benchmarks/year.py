"""Measures Studio after a year: 1,000 sessions of an hour each.

    python benchmarks/year.py make FOLDER [WHOLE]    # a Studio folder
    python benchmarks/year.py time FOLDER    # milliseconds to open, list and search it
    python benchmarks/year.py retain FOLDER COUNT    # while the oldest are deleted

Each session has its name, notes, people with names and images, 40 markers and the series of an hour
of 36,000 frames with two people, as Studio stores them. Each is a copy of one hour that is drawn at
random with a fixed seed. All faces of all sessions would take about 70 GB: WHOLE sessions have
theirs, with attributes and embeddings, and the others those of one frame in twenty.

`retain` starts a server that keeps the newest sessions only. Meanwhile one client lists, opens a
session, and stores frames of a recording, one request after the other.
"""

import json
import multiprocessing
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import numpy as np
from starlette.testclient import TestClient

from mien.server.app import create_app
from mien.server.run import run
from mien.server.settings import Settings
from mien.server.store import FILE_NAME, Store
from studio_hour import FRAMES, frames_of, record

SESSIONS, MARKERS = 1000, 40
WHOLE, THIN = 40, 20
_APART = 200_000  # between the numbers of the faces of two sessions
_DAY = 24 * 3600.0
_ROUNDS = 20
_TOPICS = ("Interview", "Lesson", "Usability test", "Rehearsal", "Consultation")
_NOTES = ("laughs", "looks away", "asks about the price", "pause", "reads the task aloud")
_NAMES = ("Ada", "Zoé", "Grace", "Alan", "Émile", "Mary", "Niels", "Chien-Shiung")


def make(folder: Path, whole: int) -> None:
    """Makes the folder, and prints what it holds."""
    store = Store.open(folder)
    record(store, "Session 1", frames_of(np.random.default_rng(20), FRAMES, 2))
    store.close()
    with closing(sqlite3.connect(folder / FILE_NAME, isolation_level=None)) as database:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("BEGIN")
        _copy(database, SESSIONS, 1, THIN)
        for session in range(2, SESSIONS):
            _copy(database, session, 1 if session <= whole else SESSIONS, 1)
        for session in range(1, SESSIONS + 1):
            _describe(database, session)
        database.execute("COMMIT")
        for table in ("sessions", "faces", "embeddings", "people", "marks", "series"):
            ((rows,),) = database.execute(f"SELECT count(*) FROM {table}")
            print(f"{table:12} {rows:12,}")
    print(f"{'bytes':12} {(folder / FILE_NAME).stat().st_size:12,}")


def _copy(database: sqlite3.Connection, session: int, source: int, every: int) -> None:
    """Copies a session, with one frame in `every`."""
    for table in ("sessions", "people", "series"):
        names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")][1:]
        key = "id" if table == "sessions" else "session"
        database.execute(
            f"INSERT INTO {table} ({key}, {', '.join(names)}) "
            f"SELECT ?, {', '.join(names)} FROM {table} WHERE {key} = ?",
            (session, source),
        )
    apart = (session - source) * _APART
    names = ", ".join(row[1] for row in database.execute("PRAGMA table_info(faces)"))
    rest = names.removeprefix("id, session, ")
    chosen = "session = ? AND frame % ? = 0"
    database.execute(
        f"INSERT INTO faces ({names}) SELECT id + ?, ?, {rest} FROM faces WHERE {chosen}",
        (apart, session, source, every),
    )
    database.execute(
        "INSERT INTO embeddings (face, vector, base) SELECT face + ?, vector, base FROM embeddings "
        f"WHERE face IN (SELECT id FROM faces WHERE {chosen})",
        (apart, source, every),
    )


def _describe(database: sqlite3.Connection, session: int) -> None:
    """Dates a session, and gives it a name, notes, names of people, images and markers."""
    started = time.time() - (SESSIONS - session + 1) * 365 / SESSIONS * _DAY
    database.execute(
        "UPDATE sessions SET name = ?, notes = ?, started = ?, ended = ? WHERE id = ?",
        (
            f"{_TOPICS[session % 5]} {session}",
            f"Room {session % 17}, second visit. " * 5,
            *(started, started + 3600, session),
        ),
    )
    for person in (1, 2):
        name = _NAMES[(3 * session + person) % len(_NAMES)]
        database.execute(
            "UPDATE people SET name = ? WHERE session = ? AND number = ?", (name, session, person)
        )
        database.execute(
            "INSERT INTO thumbnails (session, person, image) VALUES (?, ?, randomblob(3000))",
            (session, person),
        )
    database.executemany(
        "INSERT INTO marks (session, time, note, name) VALUES (?, ?, ?, ?)",
        [
            (session, 90.0 * at, f"{_NOTES[(session + at) % 5]}, minute {at}", f"task {at % 8}")
            for at in range(MARKERS)
        ],
    )


def measure(folder: Path) -> None:
    """Prints how long opening, listing and searching take."""
    started = time.perf_counter()
    Store.open(folder).close()
    print(f"{'milliseconds':30} {'first':>8} {'median':>8} {'most':>8}")
    print(f"{'open the database':30} {1000 * (time.perf_counter() - started):8.1f}")
    settings = Settings(folder=folder, requests_a_minute=1_000_000)
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        paths = {
            "list of 50": "/v1/sessions",
            "the last page of 50": "/v1/sessions?before=51",
            "list of 500": "/v1/sessions?limit=500",
            "search, a name of one": "/v1/sessions?text=interview 500",
            "search, a note of all": "/v1/sessions?text=PRICE",
            "search, found nowhere": "/v1/sessions?text=zebra",
            "interrupted ones, none": "/v1/sessions?status=interrupted",
            "session": "/v1/sessions/500",
            "timeline": "/v1/sessions/500/timeline?points=700",
            "storage": "/v1/storage",
        }
        for name, path in paths.items():
            first, *later = [_time(lambda path=path: client.get(path)) for _ in range(_ROUNDS + 1)]
            print(f"{name:30} {first:8.1f} {median(later):8.1f} {max(later):8.1f}")


def _time(request: Callable[[], object]) -> float:
    """Returns milliseconds."""
    started = time.perf_counter()
    request()
    return 1000 * (time.perf_counter() - started)


def retain(folder: Path, deleted: int) -> None:
    """Prints the latencies of requests while a server deletes the oldest sessions."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as database:
        starts = [row[0] for row in database.execute("SELECT started FROM sessions ORDER BY id")]
    days = (time.time() - starts[deleted] + 60) / _DAY
    ours, theirs = multiprocessing.Pipe()
    spawn = multiprocessing.get_context("spawn")
    server = spawn.Process(target=_serve, args=(folder, days, theirs))
    server.start()
    try:
        _probe(urlsplit(ours.recv()).netloc, len(starts) - deleted)
    finally:
        server.terminate()
        server.join()
    print(f"bytes of the log: {sum(it.stat().st_size for it in folder.glob(FILE_NAME + '-*')):,}")


def _serve(folder: Path, days: float, started: Connection) -> None:
    settings = Settings(folder=folder, port=0, keep_days=days, requests_a_minute=1_000_000)
    run(settings, lambda addresses: started.send(addresses.local))


def _probe(address: str, left: int) -> None:
    client = HTTPConnection(address)
    new = {"name": "Now", "kind": "live"}
    url = f"/v1/sessions/{_ask(client, 'POST', '/v1/sessions', new)['id']}"
    probes = {
        "list": lambda _: _ask(client, "GET", "/v1/sessions"),
        "session": lambda _: _ask(client, "GET", "/v1/sessions/990"),
        "store": lambda number: _ask(client, "POST", f"{url}/frames", _frames(number)),
        "health": lambda _: _ask(client, "GET", "/healthz"),
    }
    took: dict[str, list[float]] = {name: [] for name in probes}
    begun, size, quiet = time.monotonic(), 0, 0
    for number in count():
        for name, probe in probes.items():
            took[name].append(_time(lambda probe=probe, number=number: probe(number)))
        time.sleep(0.02)
        if number % 50 == 0:
            found = _ask(client, "GET", "/v1/storage")
            quiet = (
                quiet + 1 if found["bytes"] > size - 10**6 and found["sessions"] <= left + 1 else 0
            )
            size = found["bytes"]
            if quiet == 5:
                break
    print(f"{time.monotonic() - begun:.0f} seconds; {size:,} bytes left")
    print(f"{'milliseconds':12} {'count':>6} {'median':>8} {'p99':>8} {'most':>8}")
    for name, times in took.items():
        figures = (median(times), float(np.percentile(times, 99)), max(times))
        print(f"{name:12} {len(times):6}", *(f"{value:8.1f}" for value in figures))
    over = sorted(round(value) for times in took.values() for value in times if value > 100)
    print(f"over 100 ms: {over}")


def _frames(number: int) -> dict[str, object]:
    shares = dict.fromkeys(("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"), 0.0)
    face = {"box": [100, 100, 100, 120], "probabilities": {**shares, "happy": 1.0}, "person": 1}
    frames = [
        {"frame": 10 * number + at, "time": number + at / 10, "width": 640, "height": 480}
        | {"faces": [face]}
        for at in range(10)
    ]
    return {"frames": frames}


def _ask(client: HTTPConnection, method: str, path: str, body: object = None) -> dict[str, object]:
    headers = {} if body is None else {"Content-Type": "application/json"}
    client.request(method, path, None if body is None else json.dumps(body), headers)
    response = client.getresponse()
    content = response.read()
    assert response.status < 300, content
    return json.loads(content) if content else {}


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", folder, *whole]:
            make(Path(folder), int(whole[0]) if whole else WHOLE)
        case ["time", folder]:
            measure(Path(folder))
        case ["retain", folder, number]:
            retain(Path(folder), int(number))
        case _:
            sys.exit(__doc__)
