"""A database of an earlier version is migrated whole or not at all, and a copy of it is kept."""

import multiprocessing
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from collections import namedtuple
from contextlib import closing
from pathlib import Path

import pytest

from mien.storage.copies import copy_of
from mien.storage.database import Database
from mien.storage.errors import DiskFullError
from tests.disk import no_file_over

APPLICATION = 0x4D69
MIGRATIONS = (
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;",
    "ALTER TABLE notes ADD COLUMN length INTEGER; UPDATE notes SET length = length(text);",
    """
    CREATE TABLE words (note INTEGER NOT NULL REFERENCES notes ON DELETE CASCADE, word TEXT) STRICT;
    INSERT INTO words SELECT id, text FROM notes;
    CREATE INDEX words_of_note ON words (note);
    """,
)
NOTES = [(number, f"note {number} " * 20) for number in range(1, 301)]
WORDS = b"note 300 note 300"


def open_database(path: Path, versions: int = len(MIGRATIONS)) -> Database:
    """Opens a file as the Mien did that had so many versions of the tables."""
    return Database(path, APPLICATION, MIGRATIONS[:versions], exclusive=False, timeout=10)


def read_notes(path: Path, versions: int) -> list[tuple[int, str]]:
    with closing(open_database(path, versions)) as database:
        return [(row["id"], row["text"]) for row in database.rows("SELECT * FROM notes")]


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (number,) = connection.execute("PRAGMA user_version").fetchone()
    return int(number)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file that is two migrations old, with notes."""
    path = tmp_path / "notes.sqlite"
    with closing(open_database(path, 1)) as database, database.transaction() as write:
        write.executemany("INSERT INTO notes (id, text) VALUES (?, ?)", NOTES)
    return path


def test_a_file_two_migrations_old_is_upgraded_and_can_be_rolled_back(old: Path) -> None:
    with closing(open_database(old)) as database:
        assert [tuple(row) for row in database.rows("SELECT note, word FROM words")] == NOTES
        with database.transaction() as write:
            write.execute("INSERT INTO notes (text) VALUES ('later')")
    assert sorted(path.name for path in old.parent.iterdir()) == [
        "notes.sqlite",
        "notes.sqlite.old",
    ]
    assert copy_of(old).stat().st_mode & 0o777 == 0o600
    copy_of(old).replace(old)
    assert version_of(old) == 1
    assert read_notes(old, 1) == NOTES


def test_a_new_file_and_one_of_today_leave_no_copy(tmp_path: Path) -> None:
    for _ in range(2):
        open_database(tmp_path / "notes.sqlite").close()
    assert not copy_of(tmp_path / "notes.sqlite").exists()


def test_only_the_copy_of_the_last_upgrade_is_kept(old: Path) -> None:
    for versions in (2, 3):
        open_database(old, versions).close()
        assert version_of(copy_of(old)) == versions - 1
    assert len(list(old.parent.iterdir())) == 2


def test_a_copy_holds_what_only_the_log_held(tmp_path: Path) -> None:
    path, crashed = tmp_path / "notes.sqlite", tmp_path / "crashed" / "notes.sqlite"
    crashed.parent.mkdir()
    with closing(open_database(path, 1)) as database:
        with database.transaction() as write:
            write.executemany("INSERT INTO notes (id, text) VALUES (?, ?)", NOTES)
        assert WORDS not in path.read_bytes()
        for name in ("notes.sqlite", "notes.sqlite-wal"):
            shutil.copy(tmp_path / name, crashed.parent)
    open_database(crashed).close()
    assert read_notes(copy_of(crashed), 1) == NOTES


def test_a_copy_does_not_outlive_what_is_deleted(old: Path) -> None:
    with closing(open_database(old)) as database:
        assert WORDS in copy_of(old).read_bytes()
        with database.transaction() as write:
            write.execute("DELETE FROM notes")
        database.forget()
        assert not any(WORDS in path.read_bytes() for path in old.parent.iterdir())


UPGRADES = """
    import os, shutil, signal, sqlite3, sys
    from itertools import count
    from pathlib import Path
    from tests.storage.test_migrate import open_database

    old, folder, connect = Path(sys.argv[1]), Path(sys.argv[2]), sqlite3.connect

    def upgrade(path, last):
        seen = count(1)

        def trace(_):
            if next(seen) == last:
                os.kill(os.getpid(), signal.SIGKILL)

        def traced(*arguments, **options):
            connection = connect(*arguments, **options)
            connection.set_trace_callback(trace)
            return connection

        sqlite3.connect = traced
        open_database(path).close()

    for last in count(1):
        path = folder / str(last) / "notes.sqlite"
        path.parent.mkdir()
        shutil.copy(old, path)
        child = os.fork()
        if child == 0:
            upgrade(path, last)
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:  # it has no more statements
            break
"""


@pytest.mark.slow
def test_a_kill_before_any_statement_leaves_the_old_version_or_the_new(
    old: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "killed"
    folder.mkdir()
    command = [sys.executable, "-c", textwrap.dedent(UPGRADES), str(old), str(folder)]
    subprocess.run(command, cwd=Path(__file__).resolve().parents[2], check=True)
    versions = []
    for number in range(1, len(list(folder.iterdir())) + 1):
        path = folder / str(number) / old.name
        versions.append(version_of(path))
        if versions[-1] == 1:
            assert read_notes(path, 1) == NOTES
        assert read_notes(path, len(MIGRATIONS)) == NOTES
        assert read_notes(copy_of(path), 1) == NOTES
        assert len(list(path.parent.iterdir())) == 2
    whole = versions.index(len(MIGRATIONS))
    assert whole > 10
    assert set(versions[:whole]) == {1}
    assert set(versions[whole:]) == {len(MIGRATIONS)}


def _upgrade(path: Path) -> None:
    open_database(path).close()


@pytest.mark.slow
def test_two_processes_upgrade_one_file_at_once(old: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    both = [spawn.Process(target=_upgrade, args=(old,)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
        assert process.exitcode == 0
    assert read_notes(old, len(MIGRATIONS)) == NOTES
    assert version_of(copy_of(old)) == 1


def test_a_disk_that_fills_while_the_copy_is_made_leaves_the_old_version(old: Path) -> None:
    with (
        no_file_over(old.stat().st_size // 2),
        pytest.raises(DiskFullError, match="free disk space"),
    ):
        open_database(old)
    assert list(old.parent.iterdir()) == [old]
    assert read_notes(old, 1) == NOTES


def test_a_disk_that_fills_during_a_migration_leaves_the_old_version(old: Path) -> None:
    step = "CREATE TABLE large (a) STRICT; INSERT INTO large VALUES (zeroblob(4000000));"
    steps = (*MIGRATIONS, step.replace("(a)", "(a BLOB)"))
    size = old.stat().st_size
    with no_file_over(4 * size), pytest.raises(DiskFullError, match="free disk space"):
        Database(old, APPLICATION, steps, exclusive=False, timeout=10)
    assert version_of(old) == 1
    assert read_notes(old, 1) == NOTES
    assert read_notes(copy_of(old), 1) == NOTES


def test_an_upgrade_without_room_for_the_copy_is_refused(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**6))
    with pytest.raises(DiskFullError, match=r"notes\.sqlite: .* no room for a copy.*; free 67 MB"):
        open_database(old)
    assert list(old.parent.iterdir()) == [old]
    assert read_notes(old, 1) == NOTES
