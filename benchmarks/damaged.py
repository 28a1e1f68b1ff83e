"""Opens damaged databases and model files, and counts how each ends.

    python -m benchmarks.damaged                       # 1,200 profiles, 500 sessions, 1,200 models
    python -m benchmarks.damaged --profiles 100 --studios 0 --models 0
    python -m benchmarks.damaged --repair 100          # what `mien doctor --repair` saves

Bytes are flipped, pages shuffled, ends cut off; and by SQL, values, types and tables are changed.
`damage_file` and `damage_database` are what a fuzzer may call, `use_profiles`, `use_studio` and
`use_model` what it may look at. Each input runs in a process of its own: a crash is an outcome.
"""

import argparse
import os
import pickle
import random
import resource
import shutil
import signal
import sqlite3
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np

from mien.emotions import EMOTIONS
from mien.errors import MienError
from mien.inference.classifier import Classifier, shipped_models
from mien.personalization.corrections import Correction, ModelId, write_crop
from mien.personalization.repair import repair_profiles
from mien.personalization.store import FILE_NAME as PROFILES
from mien.personalization.store import Profiles
from mien.personalization.transfer import export_profile
from mien.results import Box, Face, FrameResult
from mien.server.store import FILE_NAME as STUDIO
from mien.server.store import Store
from mien.server.store.columns import read_session
from mien.server.store.faces import NewFrame
from mien.server.store.files import delete_old
from mien.server.store.markers import NewMarker
from mien.server.store.recordings import to_recordings
from mien.server.store.repair import repair_studio
from mien.server.store.splitting import split_person
from mien.storage.repair import Repair

PAGE = 4096
_DEADLINE = 30  # seconds for one input
_MEMORY = 6 * 2**30
_MODEL = ModelId("default", "1.0", "0123456789abcdef")
_STRANGE: tuple[Any, ...] = (
    *(None, -1, 0, 7, 2**53 + 1, 2**63 - 1, -(2**63), 0.5, float("inf"), 1e300),
    *(
        "",
        "x",
        "[]",
        "{}",
        "[1, 2]",
        '{"a": "b"}',
        "null",
        "nan",
        "[" * 5000,
        "\ud83d".encode("utf-8", "surrogatepass"),
    ),
    *(b"", b"\0", b"\xff" * 7, np.full(7, np.nan).tobytes(), np.full(7, np.nan, "<f4").tobytes()),
)
Outcome = tuple[str, str]


def damage_file(rng: random.Random, data: bytes) -> bytes:
    """Returns a file's bytes with one kind of damage."""
    content = bytearray(data)
    pages = max(1, len(content) // PAGE)
    at = rng.randrange(pages) * PAGE
    match rng.randrange(7):
        case 0:
            for _ in range(rng.choice((1, 1, 4, 64))):
                content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        case 1:  # near the start, where headers and schemas lie
            content[rng.randrange(min(len(content), 2 * PAGE))] = rng.randrange(256)
        case 2:
            del content[rng.randrange(len(content)) :]
        case 3:
            content[at : at + PAGE] = bytes(PAGE)
        case 4:
            other = rng.randrange(pages) * PAGE
            content[at : at + PAGE], content[other : other + PAGE] = (
                content[other : other + PAGE],
                content[at : at + PAGE],
            )
        case 5:
            content[at : at + PAGE] = rng.randbytes(len(content[at : at + PAGE]))
        case _:
            start = rng.randrange(len(content))
            del content[start : start + rng.choice((1, 16, PAGE))]
    return bytes(content)


def damage_database(rng: random.Random, path: Path) -> None:
    """Changes a database by SQL: values, their types, a table or the schema."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        tables = [name for (name,) in connection.execute(_TABLES)]
        table = rng.choice(tables)
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        column = rng.choice(columns)
        connection.execute("PRAGMA writable_schema = ON")
        match rng.randrange(10):
            case 0:
                connection.execute(f"DROP TABLE {table}")
            case 1:
                connection.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO other")
            case 2:
                connection.execute(f"ALTER TABLE {table} ADD COLUMN other TEXT")
            case 3:
                (sql,) = connection.execute(_SCHEMA, (table,)).fetchone()
                at = rng.randrange(len(sql))
                sql = sql[:at] + rng.choice("xX(,'0 ") + sql[at + 1 :]
                connection.execute(_SET_SCHEMA, (sql, table))
            case _:
                _change_value(connection, path, rng, table, column)


_TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
_SCHEMA = "SELECT sql FROM sqlite_schema WHERE name = ?"
_SET_SCHEMA = "UPDATE sqlite_schema SET sql = ? WHERE name = ?"


def _change_value(
    connection: sqlite3.Connection, path: Path, rng: random.Random, table: str, column: str
) -> None:
    """Writes a value of any type, which a table that is STRICT would refuse."""
    (sql,) = connection.execute(_SCHEMA, (table,)).fetchone()
    loose = sql.replace("STRICT, ", "").replace(") STRICT", ")").replace("NOT NULL", "")
    types = ("INTEGER", "REAL", "TEXT")  # whose affinity would turn one value into another
    for kind in types:
        loose = loose.replace(f" {kind},", ",").replace(f" {kind} ", " ")
    connection.execute(_SET_SCHEMA, (loose, table))
    with suppress(sqlite3.Error), closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA ignore_check_constraints = ON")
        value = rng.choice(_STRANGE)
        rows = [row for (row,) in other.execute(f"SELECT DISTINCT {column} FROM {table} LIMIT 50")]
        place = rng.choice(rows) if rows else None
        cast = "CAST(? AS TEXT)" if isinstance(value, bytes) and rng.random() < 0.3 else "?"
        other.execute(
            f"UPDATE {table} SET {column} = {cast} WHERE {column} IS ?",
            (value, place),
        )
    connection.execute(_SET_SCHEMA, (sql, table))


def make_profiles(folder: Path) -> None:
    """Writes a database of two profiles, with undone corrections and stored crops."""
    rng = np.random.default_rng(1)
    with closing(Profiles.open(folder)) as profiles:
        for name in ("Ada", "Grace"):
            profiles.create(name)
            for _ in range(3):
                profiles.teach(name, [_correction(rng) for _ in range(4)])
            profiles.undo(name, 2)


def _correction(rng: np.random.Generator) -> Correction:
    crop = rng.integers(0, 256, (48, 48), np.uint8)
    return Correction(
        str(rng.choice(EMOTIONS)),
        rng.normal(size=256).astype(np.float32),
        rng.dirichlet(np.ones(7)).astype(np.float32),
        _MODEL,
        write_crop(crop) if rng.random() < 0.3 else None,
    )


def make_studio(folder: Path, frames: int = 150) -> None:
    """Writes a database of four sessions, with whatever a session may have."""
    rng = np.random.default_rng(2)
    store = Store.open(folder)
    make_profiles_in(store.profiles)
    for kind in ("live", "film", "photo", "live"):
        session = store.sessions.create(f"a {kind}", kind, "default", "1.0", 30.0, clock=1e9)  # type: ignore[arg-type]
        store.faces.add(session.id, [_frame(rng, number) for number in range(frames)])
        store.markers.add(session.id, NewMarker(1.0, "a note", 0.5, 1, "task", "A"))
        store.people.rename(session.id, 1, "Ada")
        store.people.merge(session.id, 3, 2)
        store.thumbnails.put(session.id, 1, b"\xff\xd8\xff" + rng.bytes(900))
        store.jobs.end(store.jobs.create(session.id, "analyze", "talk.mp4").id, "done")
        store.series.store(store.sessions.end(session.id))
    _, face = store.feedback.recorded_face(1)
    store.feedback.add("happy", face, (1, 1), b"picture")
    store.feedback.link(1, 1, (1, 3))
    store.preferences.keep_days = 10_000.0
    store.close()


def make_profiles_in(profiles: Profiles) -> None:
    """Creates one profile with one correction."""
    profiles.create("Ada")
    profiles.teach("Ada", [_correction(np.random.default_rng(3))])


def _frame(rng: np.random.Generator, number: int) -> NewFrame:
    def values() -> tuple[float, ...]:
        return tuple(rng.dirichlet(np.ones(7)).tolist())

    faces = tuple(
        Face(
            box=Box(10.0, 20.0, 30.0, 40.5),
            probabilities=values(),
            score=0.9,
            person=person,
            smoothed=values(),
            attributes={"yaw": 1.5, "side": 40.0},
        )
        for person in (1, 2, 3)
    )
    vectors = rng.normal(size=(3, 32)).astype(np.float32)
    result = FrameResult("film", 640, 360, faces, number, number / 30, attributes=("yaw", "side"))
    return NewFrame(result, vectors, np.array([face.probabilities for face in faces]))


def use_profiles(folder: Path) -> Iterator[Callable[[], object]]:
    """Yields what a program does with the profiles of a folder, step by step."""
    profiles = Profiles.open(folder)
    rng = np.random.default_rng(4)
    for name in ("Ada", "Grace"):
        yield profiles.list
        yield lambda name=name: profiles.get(name)
        yield lambda name=name: profiles.versions(name)
        yield lambda name=name: profiles.corrections(name)
        yield lambda name=name: profiles.labels(profiles.get(name).id)
        yield lambda name=name: profiles.correction(profiles.get(name).id, 1)
        yield lambda name=name: profiles.adapter(name, _MODEL)
        yield lambda name=name: export_profile(profiles, name)
        yield lambda name=name: profiles.teach(name, [_correction(rng)])
        yield lambda name=name: profiles.undo(name)
        yield lambda name=name: profiles.undo(name, 1)
        yield lambda name=name: profiles.rollback(name, 1)
        yield lambda name=name: profiles.adapter(name, _MODEL)
        yield lambda name=name: profiles.delete(name)
    yield lambda: profiles.create("Alan")
    yield profiles.close


def use_studio(folder: Path) -> Iterator[Callable[[], object]]:
    """Yields what a server does with the database of a folder, step by step."""
    store = Store.open(folder)
    sessions = store.sessions
    yield lambda: [
        *(store.people.of([it.id for it in sessions.list()]), store.thumbnails.of([1, 2, 3, 4])),
        *(store.series.summaries(sessions.list()), sessions.list("ada"), sessions.totals()),
    ]
    yield store.series.store_missing
    yield lambda: store.jobs.list() and store.jobs.get(1)
    yield store.feedback.list
    yield store.feedback.counts
    yield lambda: store.preferences.keep_days
    for number in (1, 2, 3, 4):
        yield lambda number=number: store.people.roots(number)
        yield lambda number=number: list(store.faces.all(number))
        yield lambda number=number: store.markers.list(number)
        yield lambda number=number: store.thumbnails.get(number, 1)
        yield lambda number=number: store.series.read(sessions.get(number))
        yield lambda number=number: read_session(store.database, store.people, sessions.get(number))
        yield lambda number=number: to_recordings(store, sessions.get(number))
        yield lambda number=number: store.feedback.recorded_face(3 * number)
        yield lambda number=number: store.people.merge(number, 3, None)
        yield lambda number=number: split_person(
            *(store.database, store.people, store.series, sessions.get(number), 1, 1.0, 2.0)
        )
        yield lambda number=number: sessions.change(number, "other", "notes")
    yield lambda: sessions.create("new", "live", "default", "1.0")
    yield lambda: sessions.delete(2)
    yield lambda: delete_old(store, 1e-9)
    yield store.close


def use_model(path: Path) -> Iterator[Callable[[], object]]:
    """Yields what a program does with a model file, step by step."""
    classifier = Classifier(path)
    faces = np.zeros((2, *classifier.card.face.shape), np.uint8)
    yield lambda: classifier.predict(faces)


def run_steps(steps: Iterator[Callable[[], object]]) -> Outcome:
    """Runs all steps; returns "fine", "clear error" or the class of an error that is none."""
    clear = ""
    while True:
        try:
            step = next(steps)
        except StopIteration:
            return ("clear error", clear) if clear else ("fine", "")
        except MienError as error:
            return "clear error", str(error)
        except Exception as error:
            return _name(error), traceback.format_exc()
        try:
            step()
        except MienError as error:
            clear = clear or str(error)
        except Exception as error:
            return _name(error), traceback.format_exc()


def _name(error: Exception) -> str:
    return type(error).__name__


def isolated(work: Callable[[], Any]) -> Any:
    """Returns what some work returns in a process of its own; an outcome where that ends early."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.alarm(_DEADLINE)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        with os.fdopen(writer, "wb") as pipe:
            pickle.dump(work(), pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        content = pipe.read()
    _, status = os.waitpid(child, 0)
    if content:
        return pickle.loads(content)
    hung = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM
    return ("hang" if hung else "crash", f"status {status}")


def _damage_copy(rng: random.Random, seed: Path, folder: Path, file: str) -> None:
    shutil.copytree(seed, folder)
    path = folder / file
    if rng.random() < 0.5:
        path.write_bytes(damage_file(rng, path.read_bytes()))
        return
    for _ in range(rng.choice((1, 1, 3))):
        with suppress(sqlite3.Error, TypeError, IndexError):  # the first change ruled it out
            damage_database(rng, path)


def count_databases(
    count: int,
    file: str,
    make: Callable[[Path], None],
    use: Callable[[Path], Iterator[Callable[[], object]]],
) -> Iterator[Outcome]:
    """Yields the outcome of each damaged database."""
    with tempfile.TemporaryDirectory() as place:
        seed = Path(place, "seed")
        make(seed)
        for number in range(count):
            folder = Path(place, "damaged")
            _damage_copy(random.Random(number), seed, folder, file)
            yield isolated(lambda folder=folder: run_steps(use(folder)))
            shutil.rmtree(folder)


def count_models(count: int) -> Iterator[Outcome]:
    """Yields the outcome of each damaged model file."""
    seeds = [path.read_bytes() for path in shipped_models().values()]
    with tempfile.TemporaryDirectory() as place:
        path = Path(place, "model.onnx")
        for number in range(count):
            rng = random.Random(number)
            path.write_bytes(_damage_model(rng, rng.choice(seeds)))
            yield isolated(lambda: run_steps(use_model(path)))


def _damage_model(rng: random.Random, data: bytes) -> bytes:
    """Damages a model file; every other time its card, which is a small part of it."""
    at = data.find(b"mien.")
    if rng.random() < 0.5 or at < 0:
        return damage_file(rng, data)
    content = bytearray(data)
    for _ in range(rng.choice((1, 3, 9))):
        content[rng.randrange(at - 8, len(content))] = rng.randrange(256)
    return bytes(content)


def print_counts(name: str, outcomes: Iterator[Outcome], examples: int) -> None:
    """Prints how many inputs had which outcome, and examples of those that should not be."""
    start, counts, shown = time.perf_counter(), Counter[str](), Counter[str]()
    for kind, text in outcomes:
        counts[kind] += 1
        if kind not in ("fine", "clear error") and shown[text[-300:]] < 1 and len(shown) < examples:
            shown[text[-300:]] += 1
            print(text, flush=True)
    listed = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
    print(
        f"{name}: {sum(counts.values())} damaged, {listed} ({time.perf_counter() - start:.0f} s)",
        flush=True,
    )


def count_repairs(
    count: int,
    file: str,
    make: Callable[[Path], None],
    use: Callable[[Path], Iterator[Callable[[], object]]],
    repair: Callable[[Path], Repair],
) -> Iterator[tuple[float, Outcome]]:
    """Destroys one page of a hundred; yields the share of rows saved, and how their use ends."""
    with tempfile.TemporaryDirectory() as place:
        seed, folder = Path(place, "seed"), Path(place, "damaged")
        make(seed)
        whole = sum(repair(seed / file).saved.values())
        for number in range(count):
            rng = random.Random(number)
            shutil.copytree(seed, folder)
            content = bytearray((folder / file).read_bytes())
            pages = len(content) // PAGE
            for page in rng.sample(range(pages), max(1, pages // 100)):
                content[page * PAGE : (page + 1) * PAGE] = rng.randbytes(PAGE)
            (folder / file).write_bytes(content)
            saved = sum(repair(folder / file).saved.values())
            yield saved / whole, isolated(lambda: run_steps(use(folder)))
            shutil.rmtree(folder)


def print_repairs(name: str, found: Iterator[tuple[float, Outcome]]) -> None:
    """Prints the share of rows saved, and how many repaired files are used without an error."""
    shares, outcomes = zip(*found, strict=True)
    kinds = Counter(kind for kind, _ in outcomes)
    print(
        f"{name}: {len(shares)} repaired, rows saved: mean {np.mean(shares):.2%}, "
        f"median {np.median(shares):.2%}, least {min(shares):.2%}; then {dict(kinds)}",
        flush=True,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Damages, opens and counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profiles", type=int, default=1200)
    parser.add_argument("--studios", type=int, default=500)
    parser.add_argument("--models", type=int, default=1200)
    parser.add_argument("--examples", type=int, default=0, help="tracebacks to print")
    parser.add_argument("--repair", type=int, default=0, metavar="N", help="of each kind instead")
    chosen = parser.parse_args(arguments)
    if chosen.repair:
        profiles = count_repairs(
            chosen.repair, PROFILES, make_profiles, use_profiles, repair_profiles
        )
        print_repairs("profiles", profiles)
        studios = count_repairs(chosen.repair, STUDIO, make_studio, use_studio, repair_studio)
        print_repairs("studios", studios)
        return
    databases = (
        ("profiles", chosen.profiles, PROFILES, make_profiles, use_profiles),
        ("studios", chosen.studios, STUDIO, make_studio, use_studio),
    )
    for name, count, file, make, use in databases:
        if count:
            print_counts(name, count_databases(count, file, make, use), chosen.examples)
    if chosen.models:
        print_counts("models", count_models(chosen.models), chosen.examples)


if __name__ == "__main__":
    main()
