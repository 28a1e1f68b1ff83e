"""Databases of profiles and of Studio, and exported profiles."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np

from mien.emotions import EMOTIONS
from mien.personalization.corrections import Correction, ModelId, write_crop
from mien.personalization.store import FILE_NAME as PROFILES
from mien.personalization.store import Profiles
from mien.personalization.transfer import export_profile
from mien.server.store import FILE_NAME as STUDIO
from mien.server.store import Store
from mien.server.store.faces import NewFrame
from mien.server.store.markers import NewMarker
from reliability.fuzz.seeds import Seeds
from reliability.fuzz.seeds.tables import results

MODEL = ModelId("tiny", "0.1.0", "f" * 64)
"""Of the corrections in the profiles."""

_NEUTRAL = np.array([0.05] * 6 + [0.7], np.float32)
_EARLIER = Path(__file__).parents[3] / "tests"


def _correction(seed: int) -> Correction:
    rng = np.random.default_rng(seed)
    crop = write_crop(np.full((16, 16), seed, np.uint8)) if seed == 0 else None
    embedding = rng.normal(size=8).astype(np.float32)
    return Correction(EMOTIONS[seed % 7], embedding, _NEUTRAL, MODEL, crop)


@contextmanager
def _settled() -> Iterator[Path]:
    """Stops the clock, so that rows are the same each time; yields an empty folder."""
    with TemporaryDirectory() as folder, patch("time.time", return_value=1.7e9):
        yield Path(folder)


def _teach(profiles: Profiles) -> None:
    profiles.create("Ada")
    profiles.teach("Ada", [_correction(seed) for seed in range(4)])
    profiles.teach("Ada", [_correction(seed) for seed in range(4, 6)])
    profiles.undo("Ada")
    profiles.create("Bob")


def profile_databases() -> Seeds:
    """Two profiles, one with corrections and versions, and a database of version 0.1."""
    with _settled() as folder:
        with closing(Profiles.open(folder)) as profiles:
            _teach(profiles)
        new = _content(folder / PROFILES)
    return {"new.sqlite": new, **_earlier("personalization", "profiles.sqlite")}


def studio_databases() -> Seeds:
    """Sessions with faces, people, markers, a job and a thumbnail; and one of version 0.1."""
    with _settled() as folder:
        with closing(Store.open(folder)) as store:
            _record(store)
        new = _content(folder / STUDIO)
    return {"new.sqlite": new, **_earlier("server", "studio/studio.sqlite")}


def profiles() -> Seeds:
    """An exported profile, and one that version 0.1 exported."""
    with _settled() as folder, closing(Profiles.open(folder)) as store:
        _teach(store)
        exported = export_profile(store, "Ada")
    return {"ada.mien-profile": exported, **_earlier("personalization", "ada.mien-profile")}


def _record(store: Store) -> None:
    labels = tuple(EMOTIONS)
    session = store.sessions.create("talk", "live", MODEL.name, MODEL.version, labels=labels)
    vectors = [np.ones(8, np.float32)] * 2
    frames = [NewFrame(result, vectors[: len(result.faces)]) for result in results()]
    store.faces.add(session.id, frames)
    store.people.rename(session.id, 0, "Ann")
    store.markers.add(session.id, NewMarker(name="stimulus", time=0.1, duration=0.1))
    store.thumbnails.put(session.id, 1, b"\xff\xd8\xff\xd9")
    store.series.store(store.sessions.end(session.id))
    film = store.sessions.create("film.mp4", "film", MODEL.name, MODEL.version, labels=labels)
    store.jobs.note(store.jobs.create(film.id, "analyze", "film.mp4").id, "a note")
    store.preferences.keep_days = 30.0


def _content(path: Path) -> bytes:
    """Returns a database as one file, its log included."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


def _earlier(part: str, name: str) -> Seeds:
    path = _EARLIER / part / "version_0_1" / name
    return {f"earlier{path.suffix}": path.read_bytes()} if path.exists() else {}


def split_profile(data: bytes) -> tuple[bytes, Sequence[object] | dict[str, object]]:
    """Returns the format and the content of an exported profile."""
    head, _, body = data.partition(b"\n")
    content: dict[str, object] = json.loads(body)
    return head.partition(b" ")[0], content
