"""A damaged database of Studio: one error that names the row, and a repair that saves the rest."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from mien.server.store import FILE_NAME, Store
from mien.server.store.columns import read_session
from mien.server.store.deletion import delete_row
from mien.server.store.markers import NewMarker
from mien.server.store.repair import repair_studio
from mien.storage.errors import DamagedError, is_sound
from tests.server.store.new_frames import seen
from tests.storage.damage import PAGE, destroy_page, set_value

FRAMES = 40


@pytest.fixture
def path(store: Store, tmp_path: Path) -> Path:
    """A closed file of three sessions."""
    for name in ("first", "second", "third"):
        session = store.sessions.create(name, "live", "tiny", "0").id
        store.faces.add(session, [seen(number, (1, 2)) for number in range(FRAMES)])
        store.markers.add(session, NewMarker(1.0, "note"))
        store.people.rename(session, 1, "Ada")
        store.jobs.end(store.jobs.create(session, "analyze", "talk.mp4").id, "done")
        store.series.store(store.sessions.end(session))
    store.preferences.keep_days = 30.0
    store.close()
    return tmp_path / FILE_NAME


def opened(path: Path) -> "closing[Store]":
    return closing(Store.open(path.parent))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("labels", "[1]"), ("labels", "{"), ("labels", '["a"]'), ("attributes", "3")),
        *(("started", "now"), ("frames", "x"), ("name", 3), ("kind", "song"), ("fps", b"1")),
    ],
)
def test_one_damaged_session_of_three_is_left_out_and_told(
    path: Path, column: str, value: object, caplog: pytest.LogCaptureFixture
) -> None:
    set_value(path, "sessions", column, value, "id = 2")
    with opened(path) as store:
        assert [it.name for it in store.sessions.list()] == ["third", "first"]
        assert [it.name for it in store.sessions.list(limit=2)] == ["third", "first"]
        with pytest.raises(DamagedError, match=r"^studio\.sqlite: session 2 is damaged"):
            store.sessions.get(2)
    assert "studio.sqlite: session 2 is damaged" in caplog.text
    repair = repair_studio(path)
    assert (repair.saved["sessions"], repair.saved["faces"]) == (3, 3 * 2 * FRAMES)
    with opened(path) as store:
        assert store.sessions.get(2).name == "Recovered session 2"
        assert "Assumed labels: angry" in store.sessions.get(2).notes
        assert len(read_session(store.database, store.people, store.sessions.get(2))) == 2 * FRAMES


Use = Callable[[Store], object]


@pytest.mark.parametrize(
    ("table", "column", "value", "use"),
    [
        ("faces", "probabilities", b"1234", lambda it: list(it.faces.all(1))),
        ("faces", "probabilities", np.full(7, 2.0).tobytes(), lambda it: list(it.faces.all(1))),
        ("faces", "attributes", '{"yaw": "left"}', lambda it: list(it.faces.all(1))),
        ("faces", "person", 99, lambda it: list(it.faces.all(1))),
        ("faces", "time", "soon", lambda it: list(it.faces.all(1))),
        ("people", "merged_into", 77, lambda it: it.people.roots(1)),
        ("people", "name", b"Ada", lambda it: it.people.list(1)),
        ("marks", "time", "soon", lambda it: it.markers.list(1)),
        ("jobs", "status", "lost", lambda it: it.jobs.get(1)),
        ("preferences", "value", '"x"', lambda it: it.preferences.keep_days),
    ],
)
def test_a_damaged_row_is_one_error_and_repaired(
    path: Path, table: str, column: str, value: object, use: Use
) -> None:
    first = "name = 'keep_days'" if table == "preferences" else "rowid = 1"
    set_value(path, table, column, value, "number = 1" if table == "people" else first)
    with opened(path) as store, pytest.raises(DamagedError, match="mien doctor --repair"):
        use(store)
    repair_studio(path)
    with opened(path) as store:
        if table != "jobs":  # whose only row was the damaged one
            use(store)
        assert len(store.sessions.list()) == 3


@pytest.mark.parametrize("column", ["probabilities", "smoothed", "held", "x", "person", "frame"])
def test_records_of_a_damaged_face_are_never_wrong(path: Path, column: str) -> None:
    set_value(path, "faces", column, "text", "id = 5")
    with opened(path) as store:
        session = store.sessions.get(1)
        with pytest.raises(DamagedError, match="face"):
            read_session(store.database, store.people, session)


def test_a_session_whose_deletion_was_interrupted_is_no_damage_and_stays_deleted(
    path: Path,
) -> None:
    with opened(path) as store, store.database.unconstrained() as write:
        delete_row(write, 2)  # a kill comes before its faces are deleted
    with closing(sqlite3.connect(path)) as connection:
        assert is_sound(connection)
    assert not repair_studio(path).needed
    with opened(path) as store:
        assert [it.id for it in store.sessions.list()] == [3, 1]


def test_a_circle_of_merges_ends(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE people SET merged_into = 3 - number WHERE session = 1")
    with opened(path) as store, pytest.raises(DamagedError, match="circular"):
        store.people.roots(1)
    repair_studio(path)
    with opened(path) as store:
        assert store.people.roots(1) == {1: 1, 2: 2}


@pytest.mark.parametrize("value", [b"no archive", "text", b""])
def test_a_damaged_series_is_read_from_the_faces(path: Path, value: object) -> None:
    with opened(path) as store:
        expected = store.series.read(store.sessions.get(1))
    set_value(path, "series", "columns", value)
    with opened(path) as store:
        series = store.series.read(store.sessions.get(1))
    np.testing.assert_array_equal(series.displayed, expected.displayed)


@pytest.mark.slow
def test_every_page_can_be_lost_and_the_rest_is_saved(path: Path) -> None:
    content = path.read_bytes()
    for page in range(1, len(content) // PAGE + 1):
        path.write_bytes(content)
        destroy_page(path, page)
        repair = repair_studio(path)
        assert repair.saved["faces"] >= 3 * 2 * FRAMES - 30
        with opened(path) as store:
            assert len(store.sessions.list()) == 3
            for session in store.sessions.list():
                read_session(store.database, store.people, session)
                assert session.faces == sum(len(it.faces) for it in store.faces.all(session.id))
        repair.copy.unlink()


def test_numbers_of_deleted_sessions_are_not_used_again(path: Path) -> None:
    with opened(path) as store:
        store.sessions.delete(3)
    set_value(path, "sessions", "name", 3, "id = 1")
    repair_studio(path)
    with opened(path) as store:
        assert store.sessions.create("new", "live", "tiny", "0").id == 4
