"""Names and merges."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.server.errors import ConflictError, NotFoundError
from mien.server.store import Store
from tests.server.store.seen import seen

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
                with pytest.raises(ConflictError, match="undo that merge first"):
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
    with pytest.raises(NotFoundError, match="has no person 99"):
        store.people.merge(session, number, into)
    with pytest.raises(NotFoundError, match="has no person 99"):
        store.people.rename(session, 99, "Ada")


def test_people_of_other_sessions_are_left_alone(store: Store) -> None:
    first, second = make(store), make(store)
    store.people.merge(first, 1, 2)
    store.people.rename(first, 3, "Ada")
    assert store.people.roots(second) == {number: number for number in PEOPLE}
    assert not any(one.name for one in store.people.list(second))
