"""A disk that is full, and a database that rots, while the server runs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mien.server.app import create_app
from mien.server.settings import Settings
from mien.server.store import FILE_NAME
from tests.disk import no_file_over
from tests.server.conftest import URL, image
from tests.server.store.studio import refusal
from tests.server.test_sessions import shown

Open = Callable[[], TestClient]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "studio"


@pytest.fixture
def open_server(settings: Settings, folder: Path) -> Open:
    """Makes a client of a server of the folder."""
    return lambda: TestClient(create_app(replace(settings, folder=folder)), base_url=URL)


@pytest.fixture
def client(open_server: Open) -> Iterator[TestClient]:
    with open_server() as client:
        yield client


def record(client: TestClient, name: str = "Monday") -> str:
    answer = client.post("/v1/sessions", json={"name": name, "kind": "live"})
    assert answer.status_code == 201
    return f"/v1/sessions/{answer.json()['id']}"


def send(client: TestClient, url: str, first: int, count: int) -> Any:
    frames = [shown(number) for number in range(first, first + count)]
    return client.post(f"{url}/frames", json={"frames": frames})


def test_a_full_disk_keeps_what_was_acknowledged_and_goes_on(
    client: TestClient, folder: Path
) -> None:
    url = record(client)
    assert send(client, url, 0, 50).status_code == 200
    size, stored = sum(path.stat().st_size for path in folder.iterdir() if path.is_file()), 50
    with no_file_over(size):
        while (answer := send(client, url, stored, 50)).status_code == 200:
            stored += 50
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (507, "disk_full")
        assert error["message"].startswith("studio.sqlite: cannot be written")
        assert client.get(url).json()["session"]["frames"] == stored
        assert client.post("/v1/analyze?crops=true", content=image()).status_code == 200
    assert send(client, url, stored, 50).json() == {"stored": 50, "last_frame": stored + 49}


def test_a_recording_on_a_full_disk_lives_and_ends_once_there_is_room(
    client: TestClient, folder: Path
) -> None:
    url = record(client)
    assert send(client, url, 0, 50).status_code == 200
    size = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    with no_file_over(size):
        while send(client, url, 50, 1000).status_code == 200:
            pass
        assert client.post(f"{url}/alive").status_code == 204
        assert client.get("/v1/storage").status_code == 200
    assert client.patch(url, json={"status": "done"}).json()["status"] == "done"
    assert client.get(url).json()["session"]["strip"] != []


def test_a_database_that_rots_is_told_and_the_rest_goes_on(
    open_server: Open, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with open_server() as client:
        url = record(client)
        for first in range(0, 2000, 100):
            assert send(client, url, first, 100).status_code == 200
    content = bytearray((folder / FILE_NAME).read_bytes())
    content[len(content) // 2 :] = b"\xa5" * (len(content) - len(content) // 2)
    (folder / FILE_NAME).write_bytes(content)
    with open_server() as client:
        answer = client.get(f"{url}/frames", params={"limit": 1000})
        assert refusal(answer, 500).startswith("studio.sqlite: is damaged")
        assert answer.json()["error"]["code"] == "storage"
        assert client.get(url).json()["session"]["frames"] == 2000
        assert client.post("/v1/analyze?crops=true", content=image()).status_code == 200
    assert "studio.sqlite: is damaged" in caplog.text
