"""Lists of sessions, page by page, and recordings that go on."""

import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.personalization.corrections import ModelId
from mien.server.store import Store
from mien.server.store import faces as faces_module
from mien.server.store.faces import Recorder
from mien.server.store.files import delete_old
from mien.server.store.recent import RecentFace, RecentFaces
from mien.storage.errors import ItemConflictError, UnknownItemError
from tests.server.store.new_frames import seen

KINDS = ("live", "film", "photo")
DAY = 24 * 3600


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.sampled_from(["Straße", "talk", "50%_"]), st.sampled_from(KINDS))),
    st.sampled_from(["", "STRASSE", "al", "%", "_"]),
    st.none() | st.sampled_from(KINDS),
    st.integers(1, 4),
)
def test_pages_are_those_of_a_filtered_list(
    made: list[tuple[str, str]], text: str, kind: str | None, limit: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder))
        sessions = [store.sessions.create(name, it, "tiny", "0") for name, it in made]
        wanted = [
            one.id
            for one in reversed(sessions)
            if text.casefold() in one.name.casefold() and kind in (None, one.kind)
        ]
        found: list[int] = []
        before = None
        while page := store.sessions.list(text, kind, None, before, limit):
            assert len(page) <= limit
            found += [one.id for one in page]
            before = found[-1]
        assert found == wanted
        store.close()


def test_a_number_is_never_given_twice(store: Store) -> None:
    first = store.sessions.create("a", "live", "tiny", "0").id
    store.sessions.delete(first)
    assert store.sessions.create("b", "live", "tiny", "0").id > first


def test_a_session_that_is_worked_on_is_not_deleted(store: Store) -> None:
    session = store.sessions.create("a", "film", "tiny", "0").id
    job = store.jobs.create(session, "analyze", "a.mp4").id
    with pytest.raises(ItemConflictError, match=f"job {job} still works"):
        store.sessions.delete(session)
    store.jobs.end(job, "done")
    store.sessions.delete(session)
    with pytest.raises(UnknownItemError):
        store.sessions.get(session)


def test_what_a_stop_left_is_marked_and_tidied(store: Store, tmp_path: Path) -> None:
    session = store.sessions.create("a", "film", "tiny", "0").id
    kept = store.sessions.create("b", "film", "tiny", "0").id
    store.jobs.create(session, "analyze", "a.mp4")
    for one in (session, kept):
        store.files.video(one).write_bytes(b"film")
    store.sessions.keep_video(kept, "video/mp4")
    (store.files.scratch() / "film").write_bytes(b"half")
    store.close()
    again = Store.open(tmp_path)
    assert [one.status for one in again.jobs.list()] == ["interrupted"]
    assert {one.status for one in again.sessions.list()} == {"interrupted"}
    videos = [path.name for path in (tmp_path / "films").iterdir()]
    assert videos == [f"{kept}"]
    assert list((tmp_path / "scratch").iterdir()) == []
    again.close()


def grow_old(store: Store, session: int, days: float) -> None:
    with store.database.transaction() as write:
        write.execute(
            "UPDATE sessions SET started = started - ? WHERE id = ?", (days * DAY, session)
        )


def test_old_sessions_go_with_their_videos(store: Store) -> None:
    old, new, working = (store.sessions.create(it, "film", "tiny", "0").id for it in "abc")
    store.files.video(old).write_bytes(b"film")
    for session in (old, working):
        grow_old(store, session, 31)
        store.sessions.end(session)
    grow_old(store, new, 29)
    store.sessions.end(new)
    store.jobs.create(working, "annotate", "c")
    assert delete_old(store, keep_days=30) == 1
    assert [one.id for one in store.sessions.list()] == [working, new]
    assert not store.files.video(old).exists()


def test_a_recorder_writes_when_its_time_has_come(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = store.sessions.create("a", "film", "tiny", "0").id
    monkeypatch.setattr(faces_module, "EVERY", 0.05)
    one = Recorder(store.faces, session)
    assert not one.write(seen(0))
    time.sleep(0.06)
    assert one.write(seen(1))
    assert not one.write(seen(2))
    assert store.sessions.get(session).frames == 2
    one.flush()
    assert store.sessions.get(session).frames == 3


def test_the_last_faces_are_remembered() -> None:
    recent = RecentFaces(kept=3)
    names = [
        recent.add(RecentFace(np.array([at], np.float32), (0.0,) * 7, ModelId("tiny", "0", "")))
        for at in range(5)
    ]
    found = [recent.get(name) for name in names]
    assert [one and one.embedding.item() for one in found] == [None, None, 2, 3, 4]
    assert recent.get("nonsense") is None


PEOPLE = range(6)
moves = st.lists(st.tuples(st.sampled_from(PEOPLE), st.none() | st.sampled_from(PEOPLE)))


def make(store: Store) -> int:
    session = store.sessions.create("a", "live", "tiny", "0").id
    store.faces.add(session, [seen(0, PEOPLE)])
    return session


@settings(max_examples=25)
@given(moves)
def test_merges_are_as_in_a_simple_forest(made: list[tuple[int, int | None]]) -> None:
    parents: dict[int, int | None] = dict.fromkeys(PEOPLE)

    def root(number: int) -> int:
        parent = parents[number]
        return number if parent is None else root(parent)

    def is_above(upper: int, lower: int) -> bool:
        parent = parents[lower]
        return upper == lower or (parent is not None and is_above(upper, parent))

    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder))
        session = make(store)
        for number, into in made:
            if into is not None and is_above(number, into):
                with pytest.raises(ItemConflictError, match="undo that merge first"):
                    store.people.merge(session, number, into)
            else:
                store.people.merge(session, number, into)
                parents[number] = into
        assert store.people.roots(session) == {number: root(number) for number in PEOPLE}
        (frame,) = store.faces.frames(session)
        assert [face.person for _, face in frame.faces] == [root(number) for number in PEOPLE]
        for number in PEOPLE:
            store.people.merge(session, number, None)
        (frame,) = store.faces.frames(session)
        assert [face.person for _, face in frame.faces] == list(PEOPLE)
        store.close()


def test_names_are_kept_through_merges(store: Store) -> None:
    session = make(store)
    store.people.rename(session, 1, "Ada")
    store.people.merge(session, 1, 2)
    store.people.merge(session, 1, None)
    assert store.people.list(session)[1].name == "Ada"


@pytest.mark.parametrize(("number", "into"), [(99, 1), (1, 99), (99, None)])
def test_people_who_are_not_there(number: int, into: int | None, store: Store) -> None:
    session = make(store)
    with pytest.raises(UnknownItemError, match="has no person 99"):
        store.people.merge(session, number, into)
    with pytest.raises(UnknownItemError, match="has no person 99"):
        store.people.rename(session, 99, "Ada")


def test_people_of_other_sessions_are_left_alone(store: Store) -> None:
    first, second = make(store), make(store)
    store.people.merge(first, 1, 2)
    store.people.rename(first, 3, "Ada")
    assert store.people.roots(second) == {number: number for number in PEOPLE}
    assert not any(one.name for one in store.people.list(second))
