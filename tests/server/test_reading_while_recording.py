"""Reading a session while somebody else records it, or deletes it."""

import os
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from mien.server.store import Store
from mien.server.store.people import People
from mien.server.store.sessions import Session
from tests.server.store.new_frames import seen

READERS = "list", "of", "roots"  # the ways to read the people of a session


@pytest.fixture
def session(store: Store) -> Session:
    """A recording of one person."""
    session = store.sessions.create("talk", "live", "tiny", "1")
    store.faces.add(session.id, [seen(0, [1])])
    return session


def meanwhile(monkeypatch: pytest.MonkeyPatch, do: Callable[[], Any], before: bool) -> None:
    """Does something once, before or after the people of a session are read."""
    left = [do]
    for name in READERS:
        read = getattr(People, name)

        def read_first(*given: Any, read: Any = read) -> Any:
            todo = left.pop() if left else None
            if todo and before:
                todo()
            found = read(*given)
            if todo and not before:
                todo()
            return found

        monkeypatch.setattr(People, name, read_first)


@pytest.mark.parametrize("part", ["", "/1", "/1/frames", "/1/people/1/faces", "/1/timeline"])
@pytest.mark.parametrize("event", ["a person comes", "it is deleted"])
@pytest.mark.parametrize("before", [True, False])
def test_a_session_can_be_read_while_it_changes(
    studio: TestClient,
    store: Store,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
    event: str,
    before: bool,
) -> None:
    def change() -> None:
        if event == "it is deleted":
            store.sessions.delete(session.id)
        else:
            store.faces.add(session.id, [seen(1, [2])])

    meanwhile(monkeypatch, change, before)
    answer = studio.get(f"/v1/sessions{part}")
    assert answer.status_code in ((200, 404) if event == "it is deleted" else (200,))


def test_what_is_stored_can_be_told_while_files_are_removed(
    studio: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = store.files.scratch()
    scan = os.scandir

    def scan_late(path: Any = ".") -> Any:
        if str(path) == str(folder):
            shutil.rmtree(folder, ignore_errors=True)
        return scan(path)

    monkeypatch.setattr(os, "scandir", scan_late)
    answer = studio.get("/v1/storage")
    assert answer.status_code == 200
    assert answer.json()["bytes"] > 0
    assert not folder.exists()
