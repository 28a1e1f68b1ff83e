"""Measures how fast Studio opens an hour of five people, among 500 sessions.

    python benchmarks/studio_hour.py make FOLDER     # a Studio folder with such a session
    python benchmarks/studio_hour.py time FOLDER     # milliseconds of each request of its page

The hour has 10 frames a second and 180,000 faces with attributes and embeddings, drawn at random
with a fixed seed: labels last for seconds, and people leave the view now and then. `time` opens a
server on the folder in this process. The first answer is told apart from the later ones, and the
time of the processor from that until the answer, which other programs lengthen.
"""

import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray
from starlette.testclient import TestClient

from mien.emotions import EMOTIONS
from mien.results import Box, Face, FrameResult
from mien.server.app import create_app
from mien.server.settings import Settings
from mien.server.store import Store
from mien.server.store.faces import NewFrame

PEOPLE, FRAMES, RATE = 5, 36_000, 10
OTHERS, LENGTH = 499, 60
"""Further sessions, and the frames of each."""

_ROUNDS = 7
_ATTRIBUTES = ("yaw", "pitch", "roll", "side", "sharpness", "brightness", "usable", "usable_reason")


def make(folder: Path) -> int:
    """Makes the folder; returns the number of the long session."""
    generator = np.random.default_rng(17)
    store = Store.open(folder)
    for number in range(OTHERS):
        record(store, f"Session {number + 1}", frames_of(generator, LENGTH, 1 + number % 3))
    hour = record(store, "An hour of five people", frames_of(generator, FRAMES, PEOPLE))
    store.close()
    return hour


def record(store: Store, name: str, frames: Iterator[NewFrame]) -> int:
    """Stores a session that has ended; returns its number."""
    session = store.sessions.create(name, "live", "default", "1").id
    while some := list(islice(frames, 500)):
        store.faces.add(session, some)
    store.series.store(store.sessions.end(session))
    return session


def frames_of(generator: np.random.Generator, count: int, people: int) -> Iterator[NewFrame]:
    """Yields frames of people who come and go."""
    curves = np.stack([_probabilities(generator, count) for _ in range(people)])
    in_view = np.stack([_presence(generator, count) for _ in range(people)])
    embeddings = generator.normal(size=(64, 224)).astype(np.float32)
    for frame in range(count):
        shown = np.flatnonzero(in_view[:, frame])
        faces = tuple(_face(person, curves[person, frame]) for person in shown.tolist())
        result = FrameResult("live", 1280, 720, faces, frame, frame / RATE, attributes=_ATTRIBUTES)
        yield NewFrame(result, [embeddings[(frame + it) % 64] for it in range(len(faces))])


def _probabilities(generator: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Returns float64 (count, 7): a label holds for about four seconds, with noise over it."""
    changes = generator.random(count) < 1 / (4 * RATE)
    labels = generator.integers(0, len(EMOTIONS), count)[
        np.maximum.accumulate(np.arange(count) * changes)
    ]
    logits = generator.normal(0, 0.5, (count, len(EMOTIONS)))
    logits[np.arange(count), labels] += 3
    values = np.exp(logits)
    return values / values.sum(axis=1, keepdims=True)


def _presence(generator: np.random.Generator, count: int) -> NDArray[np.bool_]:
    """Returns when a person is in view: all the time but for about 3 s in each 5 min."""
    gone = np.zeros(count, bool)
    for start in np.flatnonzero(generator.random(count) < 1 / (300 * RATE)):
        gone[start : start + 3 * RATE] = True
    return ~gone


def _face(person: int, probabilities: NDArray[np.float64]) -> Face:
    values = tuple(probabilities.tolist())
    numbers = (4.2, -1.5, 0.3, 140.0, 0.61, 122.0, 1.0, 0.0)
    return Face(
        box=Box(100.0 + 200 * person, 200.0, 140.0, 160.0),
        probabilities=values,
        score=0.98,
        person=person + 1,
        smoothed=values,
        attributes=dict(zip(_ATTRIBUTES, numbers, strict=True)),
    )


def measure(folder: Path) -> None:
    """Prints the milliseconds of each request that opens the long session."""
    settings = Settings(folder=folder, requests_a_minute=1_000_000)
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        hour = client.get("/v1/sessions").json()["sessions"][0]["id"]
        url = f"/v1/sessions/{hour}"
        paths = {
            "session": url,
            "timeline, whole": f"{url}/timeline?points=700",
            "timeline, 5 minutes": f"{url}/timeline?points=700&start=1200&end=1500",
            "figures, whole": f"{url}/figures",
            "figures, 5 minutes": f"{url}/figures?start=1200&end=1500",
            "list of 50": "/v1/sessions",
            "list of 500": "/v1/sessions?limit=500",
        }
        print(f"{'milliseconds':22} {'first':>8} {'(CPU)':>8} {'later':>8} {'(CPU)':>8}")
        for name, path in paths.items():
            first, *later = [_time(client, path) for _ in range(1 + _ROUNDS)]
            usual = [median(times) for times in zip(*later, strict=True)]
            print(f"{name:22}", *(f"{value:8.1f}" for value in (*first, *usual)))


def _time(client: TestClient, path: str) -> tuple[float, float]:
    """Returns the milliseconds until the answer, and those of the processor: both threads'."""
    started, worked = time.perf_counter(), time.process_time()
    answer = client.get(path)
    took = (time.perf_counter() - started, time.process_time() - worked)
    wall, processor = (1000 * it if answer.is_success else float("nan") for it in took)
    return wall, processor


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", folder]:
            print(make(Path(folder)))
        case ["time", folder]:
            measure(Path(folder))
        case _:
            sys.exit(__doc__)
