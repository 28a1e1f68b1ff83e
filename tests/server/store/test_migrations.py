"""From the file of one version to that of the next."""

import sqlite3
from pathlib import Path

import pytest

from mien.server.store import FILE_NAME, Store, migrations


def version(path: Path) -> int:
    connection = sqlite3.connect(path)
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(number)


def test_a_new_file_is_of_the_newest_version(store: Store, tmp_path: Path) -> None:
    store.close()
    assert version(tmp_path / FILE_NAME) == len(migrations.MIGRATIONS)


def test_an_older_file_keeps_its_rows(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.marks.add(store.sessions.create("old", "live", "tiny", "0").id, 1.0, "kept")
    store.close()
    step = "CREATE TABLE extra (a TEXT) STRICT;"
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, step))
    again = Store.open(tmp_path)
    assert [one.note for one in again.marks.list(1)] == ["kept"]
    assert again.database.rows("SELECT * FROM extra") == []
    again.close()
    assert version(tmp_path / FILE_NAME) == len(migrations.MIGRATIONS)


def test_a_step_that_fails_leaves_the_file_as_it_was(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.close()
    before = version(tmp_path / FILE_NAME)
    step = "CREATE TABLE extra (a TEXT); DROP TABLE missing;"
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, step))
        with pytest.raises(sqlite3.OperationalError, match="no such table: missing"):
            Store.open(tmp_path)
    assert version(tmp_path / FILE_NAME) == before
    again = Store.open(tmp_path)
    assert again.sessions.list() == []
    again.close()


def test_a_file_from_before_profiles_keeps_its_feedback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = migrations.MIGRATIONS[:1]
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", first)
        old = Store.open(tmp_path)
        with old.database.transaction() as write:
            write.execute(
                "INSERT INTO feedback (created, label, embedding, probabilities, model, "
                "model_version) VALUES (1.0, 'sad', ?, ?, 'tiny', '0')",
                (bytes(12), bytes(56)),
            )
        old.close()
    again = Store.open(tmp_path)
    (kept,) = again.feedback.list()
    assert (kept.label, kept.profile, kept.correction) == ("sad", None, None)
    again.close()
    assert version(tmp_path / FILE_NAME) > len(first)


def test_a_session_from_before_profiles_was_answered_by_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:2])
        old = Store.open(tmp_path)
        with old.database.transaction() as write:
            write.execute(
                "INSERT INTO sessions (name, kind, status, started, model, model_version) "
                "VALUES ('old', 'live', 'done', 1.0, 'tiny', '0')"
            )
        old.close()
    again = Store.open(tmp_path)
    (kept,) = again.sessions.list()
    assert (kept.name, kept.profile) == ("old", None)
    again.close()
