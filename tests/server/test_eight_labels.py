"""A whole session of a model with eight labels, 64x64 RGB faces and one further output."""

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mien.emotions import UNSURE
from mien.inference.records import read_records
from mien.server.app import create_app
from mien.server.settings import Settings
from mien.server.store import FILE_NAME
from tests.conftest import EIGHT_LABEL_CARD
from tests.server.conftest import URL, image

LABELS = list(EIGHT_LABEL_CARD.labels)
Open = Callable[[], TestClient]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "studio"


@pytest.fixture
def open_server(settings: Settings, folder: Path, eight_label_model: Path) -> Open:
    """Makes a client of a server of the folder and the model."""
    server = replace(settings, folder=folder, model=str(eight_label_model))
    return lambda: TestClient(create_app(server), base_url=URL)


def analyze(client: TestClient) -> dict[str, Any]:
    """Returns the face of a cropped image, as the page gets it."""
    answer = client.post("/v1/analyze?crops=true&face_ids=true", content=image())
    (face,) = answer.json()["faces"]
    return dict(face)


def record(client: TestClient, face: dict[str, Any]) -> str:
    """Records two frames of one person, and returns the session's address."""
    started = client.post("/v1/sessions", json={"name": "Monday", "kind": "live"})
    url = f"/v1/sessions/{started.json()['id']}"
    shown = face | {"person": 0, "smoothed": face["probabilities"]}
    frames = [
        {"frame": number, "time": number / 10, "width": 64, "height": 64, "faces": [shown]}
        for number in range(2)
    ]
    stored = client.post(f"{url}/frames", json={"frames": frames})
    assert stored.json() == {"stored": 2, "last_frame": 1}, stored.text
    return url


def check_session(client: TestClient, url: str, face: dict[str, Any], folder: Path) -> None:
    """Checks that a session has the eight labels and the output wherever it is read."""
    found = client.get(url).json()
    assert (found["labels"], found["session"]["labels"]) == (LABELS, LABELS)
    first, second = client.get(f"{url}/frames").json()["frames"]
    for frame in (first, second):
        (stored,) = frame["faces"]
        assert list(stored["probabilities"].items()) == list(face["probabilities"].items())
        assert stored["attributes"] == face["attributes"]
    (curve,) = client.get(f"{url}/timeline").json()
    assert list(curve["values"]) == LABELS
    assert list(curve["seconds"]) == [*LABELS, UNSURE]
    for suffix in ("csv", "jsonl", "parquet"):
        path = folder.parent / f"export.{suffix}"
        path.write_bytes(client.get(f"{url}/records", params={"format": suffix}).content)
        records = read_records(path)
        assert list(records.labels) == LABELS
        assert records.raw[0] == pytest.approx(list(face["probabilities"].values()), abs=1e-6)
        arousal = records.attributes["arousal"].tolist()
        assert arousal == pytest.approx([face["attributes"]["arousal"]] * 2, abs=1e-6)


def test_a_session_of_eight_labels_is_recorded_corrected_exported_and_reopened(
    open_server: Open, folder: Path
) -> None:
    with open_server() as client:
        face = analyze(client)
        assert list(face["probabilities"]) == LABELS
        url = record(client, face)
        (stored,) = client.get(f"{url}/frames").json()["frames"][0]["faces"]
        client.post("/v1/profiles", json={"name": "Ada"})
        given = {"label": "contempt", "face": stored["id"]}
        plain = client.post("/v1/feedback", json=given)
        learned = client.post("/v1/feedback", json={**given, "profile": "Ada"})
        assert (plain.status_code, learned.status_code) == (201, 201), learned.text
        assert learned.json()["correction"] == 1
        assert list(learned.json()["probabilities"]) == LABELS
        check_session(client, url, face, folder)
        feedback = client.get("/v1/feedback").json()
    with open_server() as client:
        check_session(client, url, face, folder)
        assert client.get("/v1/feedback").json() == feedback
        assert feedback["counts"]["contempt"] == 2
        assert client.get(f"{url}/report").status_code == 200
    with closing(sqlite3.connect(folder / FILE_NAME)) as database:
        stored_here = database.execute("SELECT label, labels FROM feedback ORDER BY id").fetchall()
    assert stored_here == [("contempt", json.dumps(LABELS)), (None, None)]


def test_a_label_that_the_face_of_eight_labels_lacks_is_refused(open_server: Open) -> None:
    with open_server() as client:
        given = {"label": "joyful", "face_id": analyze(client)["face_id"]}
        answer = client.post("/v1/feedback", json=given)
        assert answer.status_code == 422
        message = answer.json()["error"]["message"]
        assert message == f"label: unknown label 'joyful'; choose from {', '.join(LABELS)}."
        assert client.get("/v1/feedback").json()["feedback"] == []


def test_a_frame_with_the_labels_of_another_model_is_refused(open_server: Open) -> None:
    with open_server() as client:
        started = client.post("/v1/sessions", json={"name": "Monday", "kind": "live"})
        url = f"/v1/sessions/{started.json()['id']}"
        seven = {label: 1 / 7 for label in LABELS if label != "contempt"}
        face = {"box": [0, 0, 9, 9], "probabilities": seven}
        frame = {"frame": 0, "width": 64, "height": 64, "faces": [face]}
        answer = client.post(f"{url}/frames", json={"frames": [frame]})
        assert answer.status_code == 422
        assert "give " + ", ".join(LABELS) in answer.json()["error"]["message"]
        assert client.get(f"{url}/frames").json()["frames"] == []


def test_the_records_of_a_session_without_frames_have_eight_labels(open_server: Open) -> None:
    with open_server() as client:
        started = client.post("/v1/sessions", json={"name": "Empty", "kind": "live"})
        answer = client.get(f"/v1/sessions/{started.json()['id']}/records")
    columns = next(csv.reader(io.StringIO(answer.text)))
    raw = [column for column in columns if column.startswith("raw_")]
    assert raw == [f"raw_{label}" for label in LABELS]
