"""Readers beside the one writer, and who else may open the file."""

import random
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from mien.storage.database import Database
from mien.storage.errors import StoreError
from tests.waiting import wait_until

_MIGRATIONS = ("CREATE TABLE words (id INTEGER PRIMARY KEY, word TEXT NOT NULL) STRICT;",)


def open_database(path: Path, timeout: float = 10, exclusive: bool = True) -> Database:
    return Database(path, 1, _MIGRATIONS, exclusive, timeout)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "words.sqlite"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = open_database(path)
    yield opened
    opened.close()


def words(database: Database) -> list[str]:
    return [row["word"] for row in database.rows("SELECT word FROM words ORDER BY id")]


def add(database: Database, word: str) -> None:
    with database.transaction() as write:
        write.execute("INSERT INTO words (word) VALUES (?)", (word,))


def test_a_reader_waits_for_no_transaction_and_sees_the_last_commit(database: Database) -> None:
    add(database, "before")
    found = list[str]()
    with database.transaction() as write:
        write.execute("INSERT INTO words (word) VALUES ('after')")
        reader = threading.Thread(target=lambda: found.extend(words(database)))
        reader.start()
        reader.join(20)
        assert found == ["before"]
        assert words(database) == ["before", "after"]  # a transaction sees its own changes
    assert words(database) == ["before", "after"]


def test_no_deleted_row_stays_where_pages_were_rearranged(database: Database, path: Path) -> None:
    """SQLite leaves copies of rows it moves, which `secure_delete` does not overwrite."""
    draw, kept, deleted = random.Random(0), list[tuple[int, str]](), list[str]()
    with database.transaction() as write:
        for number in range(20_000):
            if kept and draw.random() < 0.4:
                place = draw.randrange(len(kept))
                kept[place], kept[-1] = kept[-1], kept[place]
                row, word = kept.pop()
                write.execute("DELETE FROM words WHERE id = ?", (row,))
                deleted.append(word)
            else:
                word = f"word-{number}-" + "x" * draw.randrange(20, 300)
                kept.append((draw.randrange(2**40), word))
                write.execute("INSERT INTO words VALUES (?, ?)", kept[-1])
    database.forget()
    content = path.read_bytes()
    assert [word for word in deleted if f"{word[: word.rindex('-')]}-".encode() in content] == []
    assert sorted(words(database)) == sorted(word for _, word in kept)


def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(StoreError, match="is not writable"):
        database.rows("INSERT INTO words (word) VALUES ('x') RETURNING id")
    assert words(database) == []


def test_many_readers_share_some_connections(database: Database, path: Path) -> None:
    add(database, "x")
    threads = [threading.Thread(target=words, args=(database,)) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    opened = [it for it in Path("/proc/self/fd").iterdir() if it.exists() and it.samefile(path)]
    assert len(opened) <= 5


@pytest.mark.parametrize("exclusive", [True, False])
def test_a_second_program_is_refused_where_the_file_is_exclusive(
    path: Path, exclusive: bool
) -> None:
    first = open_database(path, exclusive=exclusive)
    if exclusive:
        with pytest.raises(StoreError, match=r"words\.sqlite: is in use by another program"):
            open_database(path, timeout=0.05)
    else:
        open_database(path, timeout=0.05, exclusive=False).close()
    first.close()
    open_database(path, timeout=0.05, exclusive=exclusive).close()


def earlier(path: Path) -> sqlite3.Connection:
    """Opens the file as Mien did before it had readers: the file itself is locked."""
    connection = sqlite3.connect(path, 0.05, isolation_level=None)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA user_version").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def test_an_earlier_version_is_refused_while_the_file_is_open(
    database: Database, path: Path
) -> None:
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        earlier(path)
    add(database, "still there")
    assert words(database) == ["still there"]


def test_the_file_is_refused_while_an_earlier_version_has_it(path: Path) -> None:
    open_database(path).close()
    other = earlier(path)
    with pytest.raises(StoreError, match="is in use by another program"):
        open_database(path, timeout=0.05)
    other.close()
    open_database(path).close()


def test_a_file_that_could_not_be_opened_is_not_kept_locked(path: Path) -> None:
    path.write_bytes(b"nonsense " * 1000)
    for _ in range(2):
        with pytest.raises(StoreError, match="is damaged, or not a database"):
            open_database(path, timeout=0.05)
    path.unlink()
    open_database(path, timeout=0.05).close()


def test_all_files_are_the_users_alone(database: Database, path: Path) -> None:
    add(database, "x")
    modes = {it.name: stat.S_IMODE(it.stat().st_mode) for it in path.parent.iterdir()}
    names = {path.name, *(f"{path.name}-{end}" for end in ("lock", "shm", "wal"))}
    assert modes == dict.fromkeys(names, 0o600)


def test_what_a_reader_kept_in_the_log_is_forgotten_later(path: Path) -> None:
    database = open_database(path, timeout=0.05)
    add(database, "a word to forget")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT * FROM words").fetchall()
    with database.transaction() as write:
        write.execute("DELETE FROM words")
    database.forget()
    assert database.unforgotten
    other.close()
    database.forget()
    assert not database.unforgotten
    files = [it.read_bytes() for it in path.parent.iterdir()]
    assert not any(b"a word to forget" in content for content in files)
    database.close()


def test_forgetting_waits_for_the_queries_of_readers(database: Database) -> None:
    add(database, "x")
    slow = (
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000) "
        "SELECT count(*) + (SELECT count(*) FROM words) FROM n"
    )
    reader = threading.Thread(target=database.rows, args=(slow,))
    reader.start()
    with database.transaction() as write:
        write.execute("DELETE FROM words")
    database.forget()
    assert not database.unforgotten
    reader.join()


def test_closing_waits_for_readers_and_may_be_repeated(path: Path) -> None:
    database = open_database(path)
    add(database, "x")

    def read() -> None:
        with suppress(sqlite3.ProgrammingError):
            while True:
                words(database)

    reader = threading.Thread(target=read)
    reader.start()
    database.close()
    wait_until(lambda: not reader.is_alive())
    database.close()
    with pytest.raises(sqlite3.ProgrammingError):
        words(database)
