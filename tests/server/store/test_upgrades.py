"""Studio's database of every earlier version is upgraded, and can be rolled back."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mien.server.store import FILE_NAME, Store, database
from mien.storage.copies import copy_of

VERSION_0_1 = Path(__file__).resolve().parents[1] / "version_0_1" / "studio"
EARLIER = range(1, len(database.MIGRATIONS))


def rows_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, with the version."""
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        tables = {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()
            for (name,) in names
        }
        return tables | {"version": connection.execute("PRAGMA user_version").fetchall()}


def write_session(path: Path) -> None:
    """Stores a session as the first version did; later ones have defaults for the rest."""
    with closing(database.Database(path)) as old, old.transaction() as write:
        write.execute(
            "INSERT INTO sessions (name, kind, status, started, model, model_version, frames, "
            "faces, last_frame) VALUES ('old', 'live', 'done', 1.0, 'tiny', '0', 1, 1, 0)"
        )
        write.execute("INSERT INTO people (session, number, name) VALUES (1, 1, 'Ada')")
        write.execute("INSERT INTO marks (session, time, note) VALUES (1, 0.5, 'laughs')")
        write.execute(
            "INSERT INTO faces (session, frame, time, person, x, y, width, height, score, unsure, "
            "probabilities) VALUES (1, 0, 0.0, 1, 1, 2, 3, 4, 0.9, 0, ?)",
            (bytes(56),),
        )
        write.execute("INSERT INTO embeddings (face, vector) VALUES (1, ?)", (bytes(8),))


def as_version(number: int, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(database, "MIGRATIONS", database.MIGRATIONS[:number])


@pytest.mark.parametrize("number", EARLIER)
def test_a_database_of_each_version_is_upgraded_and_rolled_back(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / FILE_NAME
    with monkeypatch.context() as patch:
        as_version(number, patch)
        write_session(path)
    before = rows_of(path)
    assert before["version"] == [(number,)]

    store = Store.open(tmp_path)
    (session,) = store.sessions.list("laughs")
    assert [person.name for person in store.people.list(session.id)] == ["Ada"]
    assert [len(frame.faces) for frame in store.faces.all(session.id)] == [1]
    store.sessions.change(session.id, name="new")
    store.close()

    copy_of(path).replace(path)
    with monkeypatch.context() as patch:
        as_version(number, patch)
        with closing(database.Database(path)) as old:
            assert [row["name"] for row in old.rows("SELECT name FROM sessions")] == ["old"]
    assert rows_of(path) == before


def test_the_folder_of_version_0_1_is_upgraded_and_rolled_back(tmp_path: Path) -> None:
    folder = tmp_path / "studio"
    shutil.copytree(VERSION_0_1, folder)
    names = (FILE_NAME, "profiles.sqlite")
    before = [rows_of(folder / name) for name in names]
    Store.open(folder).close()
    assert [rows_of(folder / name)["version"] for name in names] == [
        [(len(database.MIGRATIONS),)],
        [(2,)],
    ]
    for name in names:
        copy_of(folder / name).replace(folder / name)
    assert [rows_of(folder / name) for name in names] == before


def test_the_copy_of_an_upgrade_goes_when_a_session_is_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "studio"
    shutil.copytree(VERSION_0_1, folder)
    store = Store.open(folder)
    assert copy_of(folder / FILE_NAME).exists()
    store.sessions.delete(1)
    assert not copy_of(folder / FILE_NAME).exists()
    assert copy_of(folder / "profiles.sqlite").exists()
    store.close()
