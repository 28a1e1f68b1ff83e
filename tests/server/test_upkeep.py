"""Recordings whose page died or slept, and sessions that grow old."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mien.server import upkeep
from mien.server.app import create_app
from mien.server.settings import Settings
from mien.server.store import Store
from mien.server.store.liveness import Liveness
from mien.server.upkeep import end_silent
from mien.storage.errors import DiskFullError
from tests.server.conftest import URL
from tests.server.store.new_frames import seen
from tests.server.store.studio import open_studio, refusal
from tests.server.test_sessions import send, shown, start
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

Open = Callable[[], AbstractContextManager[TestClient]]


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_here(tmp_path: Path, tiny_model: Path) -> Open:
    return lambda: open_studio(tmp_path / "studio", tiny_model)


@pytest.fixture
def studio(open_here: Open, clock: Clock) -> Iterator[TestClient]:
    with open_here() as client:
        client.app.state.store = replace(  # type: ignore[attr-defined]
            store_of(client), liveness=Liveness(clock)
        )
        yield client


def store_of(client: TestClient) -> Store:
    store: Store = client.app.state.store  # type: ignore[attr-defined]
    return store


def status(client: TestClient, url: str) -> Any:
    return client.get(url).json()["session"]["status"]


def test_a_recording_whose_page_died_is_interrupted_after_30_seconds(
    studio: TestClient, clock: Clock
) -> None:
    url = start(studio)
    clock.now += 29
    send(studio, url, shown(0), shown(1))
    clock.now += 29
    end_silent(store_of(studio))
    assert status(studio, url) == "recording"
    clock.now += 1
    end_silent(store_of(studio))
    session = studio.get(url).json()["session"]
    assert (session["status"], session["frames"]) == ("interrupted", 2)
    assert session["ended"] >= session["started"]
    assert session["strip"] == ["neutral", "neutral"]


@pytest.mark.parametrize("path", ["alive", "marks", "frames"])
def test_each_sign_of_life_keeps_a_recording(studio: TestClient, clock: Clock, path: str) -> None:
    url = start(studio)
    body = {"alive": None, "marks": {"time": 1}, "frames": {"frames": [shown(0)]}}[path]
    clock.now += 20
    assert studio.post(f"{url}/{path}", json=body).status_code in {200, 201, 204}
    clock.now += 20
    end_silent(store_of(studio))
    assert status(studio, url) == "recording"


def test_a_page_that_slept_goes_on_in_its_session(studio: TestClient, clock: Clock) -> None:
    url = start(studio)
    send(studio, url, shown(0))
    clock.now += 3600
    end_silent(store_of(studio))
    assert send(studio, url, shown(0), shown(1)) == {"stored": 1, "last_frame": 1}
    session = studio.get(url).json()["session"]
    assert (session["status"], session["ended"]) == ("recording", None)
    clock.now += 31
    end_silent(store_of(studio))
    assert studio.post(f"{url}/alive").status_code == 204
    assert status(studio, url) == "recording"
    clock.now += 31
    end_silent(store_of(studio))
    assert studio.patch(url, json={"status": "done"}).json()["status"] == "done"
    refusal(studio.post(f"{url}/frames", json={"frames": [shown(2)]}), 409)
    refusal(studio.post(f"{url}/alive"), 409)
    refusal(studio.post("/v1/sessions/99/alive"), 404)
    assert [it["frame"] for it in studio.get(f"{url}/frames").json()["frames"]] == [0, 1]


def test_a_marker_of_an_interrupted_session_does_not_resume_it(
    studio: TestClient, clock: Clock
) -> None:
    url = start(studio)
    clock.now += 31
    end_silent(store_of(studio))
    studio.post(f"{url}/marks", json={"time": 1})
    assert status(studio, url) == "interrupted"


def test_photos_whose_client_died_are_interrupted_after_a_minute(
    studio: TestClient, clock: Clock
) -> None:
    url = start(studio, kind="photo")
    clock.now += 59
    end_silent(store_of(studio))
    assert status(studio, url) == "recording"
    clock.now += 1
    end_silent(store_of(studio))
    assert status(studio, url) == "interrupted"


def test_a_client_that_adds_photos_slowly_ends_its_session_as_ever(
    studio: TestClient, clock: Clock
) -> None:
    url = start(studio, kind="photo")
    for number in range(3):
        clock.now += 3600
        end_silent(store_of(studio))
        assert status(studio, url) == "interrupted"
        assert send(studio, url, shown(number, (None,)))["last_frame"] == number
        assert status(studio, url) == "recording"
    clock.now += 3600
    end_silent(store_of(studio))
    done = studio.patch(url, json={"status": "done"}).json()
    assert (done["status"], done["frames"]) == ("done", 3)


def test_a_change_of_the_machines_time_ends_no_recording(
    studio: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = start(studio)
    now = time.time()
    for jump in (-86_400, 10 * 86_400):
        monkeypatch.setattr(time, "time", lambda jump=jump: now + jump)
        send(studio, url, shown(0))
        end_silent(store_of(studio))
        assert status(studio, url) == "recording"
    monkeypatch.setattr(time, "time", lambda: now - 86_400)
    ended = studio.patch(url, json={"status": "done"}).json()
    assert ended["ended"] >= ended["started"]


def test_a_restart_of_the_server_leaves_a_recording_where_it_was(open_here: Open) -> None:
    with open_here() as client:
        url = start(client)
        send(client, url, shown(0))
    with open_here() as client:
        assert status(client, url) == "interrupted"
        assert send(client, url, shown(0), shown(1))["last_frame"] == 1
        assert status(client, url) == "recording"


def test_a_full_disk_delays_an_interruption(
    studio: TestClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, url, other = store_of(studio), start(studio), start(studio)
    clock.now += 31

    def full(*_: Any) -> Any:
        raise DiskFullError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(type(store.sessions), "end", full)
        with pytest.raises(DiskFullError):
            end_silent(store)
    assert status(studio, url) == status(studio, other) == "recording"
    end_silent(store)
    assert status(studio, url) == status(studio, other) == "interrupted"


@pytest.fixture
def serve(settings: Settings, tmp_path: Path) -> Callable[..., TestClient]:
    """Makes a client of a server of one folder."""
    return lambda **options: TestClient(
        create_app(replace(settings, folder=tmp_path, **options)), base_url=URL
    )


def test_how_long_sessions_are_kept_holds_after_a_restart(
    serve: Callable[..., TestClient], tmp_path: Path
) -> None:
    with serve() as client:
        start(client)
        found = client.get("/v1/storage").json()
        assert (found["folder"], found["sessions"], found["keep_days"]) == (f"{tmp_path}", 1, None)
        assert found["bytes"] >= sum(it.stat().st_size for it in tmp_path.glob("*.sqlite"))
        assert (found["video_bytes"], found["free_bytes"] > 0) == (0, True)
        assert client.patch("/v1/storage", json={"keep_days": 30}).json()["keep_days"] == 30
        for wrong in ({"keep_days": 0}, {"keep_days": "x"}, {}, {"days": 3}):
            refusal(client.patch("/v1/storage", json=wrong), 422)
    with serve() as client:
        assert client.get("/v1/storage").json()["keep_days"] == 30
    with serve(keep_days=7) as client:
        found = client.get("/v1/storage").json()
        assert (found["keep_days"], found["keep_days_is_fixed"]) == (7, True)
        answer = client.patch("/v1/storage", json={"keep_days": None})
        assert "started with --keep-days 7, which decides" in refusal(answer, 409)
    with serve() as client:
        assert client.patch("/v1/storage", json={"keep_days": None}).json()["keep_days"] is None


def test_what_is_older_than_chosen_is_deleted_at_the_next_start(
    serve: Callable[..., TestClient],
) -> None:
    with serve() as client:
        url = start(client)
        client.patch(url, json={"status": "done"})
        client.patch("/v1/storage", json={"keep_days": 1})
        with store_of(client).database.transaction() as write:
            write.execute("UPDATE sessions SET started = started - 2 * 86400")
    with serve() as client:
        wait_until(lambda: client.get(url).status_code == 404)


def test_sessions_of_earlier_versions_get_their_strip(
    serve: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "_POLL", 0.01)
    with serve() as client:
        url, store = start(client), store_of(client)
        store.faces.add(1, [seen(at) for at in range(120)])
        store.sessions.end(1)
        assert client.get(url).json()["session"]["strip"] == []
    with serve() as client:
        wait_until(lambda: client.get(url).json()["session"]["strip"] != [])
        assert len(client.get(url).json()["session"]["strip"]) == 60
