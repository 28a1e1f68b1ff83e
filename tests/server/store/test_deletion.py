"""Deleting an hour holds nobody up, and a deletion that a kill interrupts is ended later."""

import subprocess
import sys
import textwrap
import threading
from itertools import pairwise
from pathlib import Path

import pytest

from mien.server.store import FILE_NAME, Store, deletion
from mien.server.store.deletion import delete_leftovers
from mien.server.store.files import delete_old
from mien.server.store.markers import NewMarker
from mien.storage import database
from mien.storage.errors import UnknownItemError
from tests.server.store.new_frames import seen

FRAMES = 1000


def record(store: Store, frames: int = FRAMES) -> int:
    """Stores an ended session that has a row in each table."""
    session = store.sessions.create("secret name", "film", "tiny", "0", thumbnails=True).id
    store.faces.add(session, [seen(number) for number in range(frames)])
    store.people.rename(session, 1, "Ada Lovelace")
    store.thumbnails.put(session, 1, b"her image" * 9)
    store.markers.add(session, NewMarker(0.5, "laughs aloud"))
    store.jobs.end(store.jobs.create(session, "analyze", "her talk").id, "done")
    store.series.store(store.sessions.end(session))
    return session


def count(store: Store, table: str) -> int:
    ((rows,),) = store.database.rows(f"SELECT count(*) FROM {table}")
    return int(rows)


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob(f"{FILE_NAME}*"))


def test_a_deleted_session_leaves_no_row_in_any_table(store: Store) -> None:
    kept, session = record(store, 30), record(store, 30)
    tables = [
        row["name"]
        for row in store.database.rows(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
    ]
    before = {table: count(store, table) for table in tables}
    assert {table for table, rows in before.items() if rows == 0} == {"feedback", "preferences"}
    store.sessions.delete(session)
    assert store.database.rows("PRAGMA foreign_key_check") == []
    assert [2 * count(store, table) for table in tables] == list(before.values())
    assert len(list(store.faces.all(kept))) == 30


def test_feedback_on_a_deleted_session_is_kept(store: Store) -> None:
    session = record(store, 3)
    face = store.faces.frames(session)[0].faces[0][0]
    of, recent = store.feedback.recorded_face(face)
    store.feedback.add("sad", recent, (of, face))
    store.sessions.delete(session)
    (kept,) = store.feedback.list()
    assert (kept.label, kept.session, kept.face) == ("sad", None, None)


def test_others_use_the_database_between_two_steps(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, other = record(store), record(store, 3)
    gone, rows_left = threading.Event(), []
    step = store.database.in_steps

    def watched(one_step):  # type: ignore[no-untyped-def]
        gone.set()
        step(one_step)

    monkeypatch.setattr(deletion, "_FACES", 50)
    monkeypatch.setattr(database, "_REST", 0.05)
    monkeypatch.setattr(database, "_PAGES", 10**6)
    monkeypatch.setattr(type(store.database), "in_steps", lambda _, one: watched(one))
    thread = threading.Thread(target=store.sessions.delete, args=(session,))
    thread.start()
    assert gone.wait(20)
    while count(store, "faces") > 3:
        rows_left.append(count(store, "faces"))
        with pytest.raises(UnknownItemError):
            store.sessions.get(session)
        assert [it.id for it in store.sessions.list()] == [other]
        store.sessions.change(other, notes=f"note {len(rows_left)}")
    thread.join()
    assert len(set(rows_left)) > 3
    assert store.sessions.get(other).notes == f"note {len(rows_left)}"


def test_space_is_freed_in_steps(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_WRITTEN_ANEW", 0)
    monkeypatch.setattr(database, "_PAGES", 8)
    monkeypatch.setattr(database, "_REST", 0)
    session = record(store)
    sizes = []
    free = type(store.database)._free_pages

    def watched(of: database.Database) -> bool:
        sizes.append(store.database.bytes)
        return free(of)

    monkeypatch.setattr(type(store.database), "_free_pages", watched)
    store.sessions.delete(session)
    freed = [before - after for before, after in pairwise(sizes)]
    assert len(freed) > 5
    assert set(freed) == {8 * 4096}
    assert store.database.rows("PRAGMA freelist_count")[0][0] == 0


def test_retention_stops_when_the_server_ends_and_goes_on_at_the_next_start(
    store: Store, tmp_path: Path
) -> None:
    for _ in range(3):
        record(store, 300)
    store.database.interrupt()
    assert delete_old(store, keep_days=-1) == 0
    store.close()
    again = Store.open(tmp_path)
    assert delete_old(again, keep_days=-1) == 3
    assert count(again, "faces") == 0
    again.close()


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from mien.server.store import Store
    from mien.storage import database
    from tests.server.store.test_deletion import record

    database._WRITTEN_ANEW = 0  # else the file is written anew, in one step
    store = Store.open(Path(sys.argv[1]))
    record(store, 3)
    session = record(store)
    steps = iter(range(int(sys.argv[2])))
    in_steps = store.database.in_steps

    def killed(step):
        def one() -> bool:
            if next(steps, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return step()
        in_steps(one)

    type(store.database).in_steps = lambda _, step: killed(step)
    store.sessions.delete(session)
"""


@pytest.mark.slow
@pytest.mark.parametrize("steps", [0, 1, 4])
def test_a_deletion_that_a_kill_interrupts_is_ended_later(tmp_path: Path, steps: int) -> None:
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path), str(steps)]
    root = Path(__file__).resolve().parents[3]
    assert subprocess.run(command, cwd=root, check=False).returncode == -9
    store = Store.open(tmp_path)
    (kept,) = store.sessions.list()
    assert count(store, "faces") == max(FRAMES - deletion._FACES * steps, 0) + 3
    if steps < FRAMES / deletion._FACES:
        (face,) = store.database.rows("SELECT max(id) FROM faces")[0]
        with pytest.raises(UnknownItemError, match=f"face {face} not found"):
            store.feedback.recorded_face(face)
    delete_leftovers(store.database)
    store.database.free()
    assert count(store, "faces") == count(store, "embeddings") == 3
    assert store.database.rows("PRAGMA foreign_key_check") == []
    assert len(everything(tmp_path)) < 250_000
    assert kept.frames == 3
    store.close()
