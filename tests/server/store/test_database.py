"""The file: what spoils it, and what it must outlive."""

import sqlite3
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mien.server.store import FILE_NAME, Store, database
from mien.server.store.markers import NewMarker
from mien.storage.errors import DiskFullError, StoreError
from tests.disk import no_file_over
from tests.server.store.new_frames import seen


def record(store: Store, frames: int = 50) -> int:
    session = store.sessions.create("secret name", "live", "tiny", "0").id
    store.faces.add(session, [seen(number) for number in range(frames)])
    return session


def refused(folder: Path) -> str:
    with pytest.raises(StoreError) as caught:
        Store.open(folder)
    message = str(caught.value)
    assert str(folder) in message
    assert "\n" not in message
    return message


@pytest.fixture
def closed(store: Store, tmp_path: Path) -> Path:
    """The file of a store that was closed, with a session in it."""
    record(store)
    store.close()
    return tmp_path / FILE_NAME


def test_what_is_stored_is_there_again(closed: Path) -> None:
    again = Store.open(closed.parent)
    assert [one.faces for one in again.sessions.list()] == [50]
    assert len(list(again.faces.all(1))) == 50
    again.close()


@pytest.mark.parametrize("content", [b"nonsense " * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_refused_and_kept(content: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    assert "is damaged, or not a database; run 'mien doctor --repair'" in refused(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == content


def test_pages_that_rot_are_told_of_when_they_are_read(store: Store, tmp_path: Path) -> None:
    record(store, 2000)
    store.close()
    content = bytearray((tmp_path / FILE_NAME).read_bytes())
    content[len(content) // 2 :] = b"\xa5" * (len(content) - len(content) // 2)
    (tmp_path / FILE_NAME).write_bytes(content)
    again = Store.open(tmp_path)
    assert again.sessions.get(1).frames == 2000
    with pytest.raises(StoreError, match=r"^studio\.sqlite: is damaged"):
        list(again.faces.all(1))
    again.close()


def test_a_file_that_rots_from_the_start_is_refused(closed: Path) -> None:
    content = bytearray(closed.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    closed.write_bytes(content)
    assert "is damaged" in refused(closed.parent)


def test_a_newer_version_is_refused_and_unchanged(closed: Path) -> None:
    with sqlite3.connect(closed) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    before = closed.read_bytes()
    assert "written by a newer Mien (version 999" in refused(closed.parent)
    assert closed.read_bytes() == before


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("CREATE TABLE mine (a)")
    connection.close()
    assert "holds another program's data" in refused(tmp_path)


def test_a_locked_file_is_told(closed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_TIMEOUT", 0.05)
    other = sqlite3.connect(closed)
    other.execute("BEGIN EXCLUSIVE")
    assert "is in use by another program" in refused(closed.parent)
    other.close()


def test_a_second_server_is_refused(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_TIMEOUT", 0.05)
    session = record(store)
    assert "is in use by another program" in refused(tmp_path)
    assert store.sessions.get(session).status == "recording"


@pytest.mark.parametrize("place", ["file/inside", "file"])
def test_a_folder_that_cannot_be_made(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "choose another one" in refused(tmp_path / place)


def test_a_folder_that_may_not_be_written() -> None:
    with pytest.raises(StoreError, match=r"choose another"):
        Store.open(Path("/proc/mien"))


def test_a_full_disk_loses_nothing_that_was_stored(store: Store, tmp_path: Path) -> None:
    session = record(store)
    size = sum(path.stat().st_size for path in tmp_path.iterdir() if path.is_file())
    full = pytest.raises(
        DiskFullError, match=r"^studio\.sqlite: cannot be written .*; free disk space"
    )
    with no_file_over(size), full:
        for number in range(50, 5000, 100):
            store.faces.add(session, [seen(at) for at in range(number, number + 100)])
    kept = store.sessions.get(session)
    assert kept.frames == len(list(store.faces.all(session))) >= 50
    assert store.faces.add(session, [seen(9999)]) == 1


def test_what_is_deleted_is_in_no_file(store: Store, tmp_path: Path) -> None:
    session = record(store)
    store.people.rename(session, 1, "Ada Lovelace")
    store.markers.add(session, NewMarker(0.5, "laughs aloud"))
    words = (b"secret name", b"Ada Lovelace", b"laughs aloud")
    assert all(word in everything(tmp_path) for word in words)
    store.sessions.delete(session)
    assert not any(word in everything(tmp_path) for word in words)


def test_deleting_gives_room_back(store: Store, tmp_path: Path) -> None:
    size = len(everything(tmp_path))
    session = record(store, 2000)
    assert len(everything(tmp_path)) > size + 200_000
    store.sessions.delete(session)
    assert len(everything(tmp_path)) < size + 100_000


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_many_threads_at_once(store: Store) -> None:
    def work(_: int) -> int:
        session = record(store, 20)
        return sum(len(one.faces) for one in store.faces.all(session))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(40))) == [20] * 40
    assert len(store.sessions.list(limit=99)) == 40


def test_every_commit_waits_for_the_disk(store: Store) -> None:
    assert [tuple(row) for row in store.database.rows("PRAGMA synchronous")] == [(2,)]
    assert [tuple(row) for row in store.database.rows("PRAGMA journal_mode")] == [("wal",)]


WRITER = """
    import sys
    from pathlib import Path
    from mien.server.store import Store
    from mien.server.store.markers import NewMarker
    from tests.server.store.new_frames import seen
    store = Store.open(Path(sys.argv[1]))
    session = store.sessions.create("killed", "live", "tiny", "0").id
    for first in range(0, 10**6, 5):
        store.faces.add(session, [seen(first + at) for at in range(5)])
        store.markers.add(session, NewMarker(first, "said"))
        print(first + 4, flush=True)
"""


@pytest.mark.slow
def test_kills_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    for round_number in range(1, 5):
        command = [sys.executable, "-c", textwrap.dedent(WRITER), str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout
            for _ in range(3 * round_number):
                last = int(writer.stdout.readline())
            writer.kill()
            rest = writer.stdout.read().split()
        last = int(rest[-1]) if rest else last
        store = Store.open(tmp_path)
        session = store.sessions.list()[0]
        assert (session.id, session.status) == (round_number, "interrupted")
        assert session.last_frame >= last
        numbers = [one.frame for one in store.faces.all(session.id)]
        assert numbers == list(range(session.last_frame + 1))
        assert len(store.markers.list(session.id)) >= (last + 1) // 5
        store.close()


def version(path: Path) -> int:
    connection = sqlite3.connect(path)
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(number)


def test_a_new_file_is_of_the_newest_version(store: Store, tmp_path: Path) -> None:
    store.close()
    assert version(tmp_path / FILE_NAME) == len(database.MIGRATIONS)


def test_an_older_file_keeps_its_rows(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = store.sessions.create("old", "live", "tiny", "0").id
    store.markers.add(session, NewMarker(1.0, "kept"))
    store.close()
    step = "CREATE TABLE extra (a TEXT) STRICT;"
    monkeypatch.setattr(database, "MIGRATIONS", (*database.MIGRATIONS, step))
    again = Store.open(tmp_path)
    assert [one.note for one in again.markers.list(1)] == ["kept"]
    assert again.database.rows("SELECT * FROM extra") == []
    again.close()
    assert version(tmp_path / FILE_NAME) == len(database.MIGRATIONS)


def test_a_step_that_fails_leaves_the_file_as_it_was(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.close()
    before = version(tmp_path / FILE_NAME)
    step = "CREATE TABLE extra (a TEXT); DROP TABLE missing;"
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", (*database.MIGRATIONS, step))
        with pytest.raises(sqlite3.OperationalError, match="no such table: missing"):
            Store.open(tmp_path)
    assert version(tmp_path / FILE_NAME) == before
    again = Store.open(tmp_path)
    assert again.sessions.list() == []
    again.close()


def test_a_file_from_before_profiles_keeps_its_feedback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = database.MIGRATIONS[:1]
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", first)
        old = database.Database(tmp_path / FILE_NAME)
        with old.transaction() as write:
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
        patch.setattr(database, "MIGRATIONS", database.MIGRATIONS[:2])
        old = database.Database(tmp_path / FILE_NAME)
        with old.transaction() as write:
            write.execute(
                "INSERT INTO sessions (name, kind, status, started, model, model_version) "
                "VALUES ('old', 'live', 'done', 1.0, 'tiny', '0')"
            )
        old.close()
    again = Store.open(tmp_path)
    (kept,) = again.sessions.list()
    assert (kept.name, kept.profile) == ("old", None)
    again.close()
