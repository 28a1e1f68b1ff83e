"""A Studio folder that an earlier version of Mien wrote opens and migrates without loss."""

import csv
import io
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from mien.emotions import EMOTIONS
from mien.server.app import create_app
from mien.server.settings import Settings
from mien.server.store import FILE_NAME, Store
from tests.server.conftest import URL, encode

VERSION_0_1 = Path(__file__).parent / "version_0_1"
ANSWERS: dict[str, Any] = json.loads((VERSION_0_1 / "answers.json").read_text("utf-8"))
SESSIONS: dict[str, Any] = ANSWERS["sessions"]
LEFT = "4"
"""The session that was still recording when the server stopped."""

every_session = pytest.mark.parametrize("session", sorted(SESSIONS))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the folder of version 0.1."""
    folder = tmp_path_factory.mktemp("old") / "studio"
    shutil.copytree(VERSION_0_1 / "studio", folder)
    return folder


@pytest.fixture(scope="module")
def studio(folder: Path) -> Iterator[TestClient]:
    """A server of this version on the folder of version 0.1."""
    settings = Settings(
        folder=folder, model=str(VERSION_0_1 / "tiny.onnx"), requests_a_minute=1_000_000
    )
    with TestClient(create_app(settings), base_url=URL) as client:
        yield client


def get(studio: TestClient, url: str) -> Any:
    answer = studio.get(url)
    assert answer.status_code == 200, answer.text
    return answer.json()


def assert_holds(found: Any, expected: Any) -> None:
    """Everything that version 0.1 answered is there; this version may say more."""
    if isinstance(expected, dict):
        assert set(expected) <= set(found)
        for key, value in expected.items():
            assert_holds(found[key], value)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for item, value in zip(found, expected, strict=True):
            assert_holds(item, value)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=1e-6)
    else:
        assert found == expected


def test_all_sessions_of_version_0_1_are_listed(studio: TestClient) -> None:
    listed = get(studio, "/v1/sessions")["sessions"]
    assert sorted(str(session["id"]) for session in listed) == sorted(SESSIONS)


@every_session
def test_a_session_of_version_0_1_keeps_its_facts_people_and_marks(
    studio: TestClient, session: str
) -> None:
    expected = SESSIONS[session]["session"]
    if session == LEFT:
        changed = {**expected["session"], "status": "interrupted"}
        del changed["ended"]
        expected = {**expected, "session": changed}
    found = get(studio, f"/v1/sessions/{session}")
    assert_holds(found, expected)
    assert found["labels"] == list(EMOTIONS)


@every_session
def test_a_session_of_version_0_1_keeps_its_frames_and_timeline(
    studio: TestClient, session: str
) -> None:
    expected = SESSIONS[session]
    assert_holds(get(studio, f"/v1/sessions/{session}/frames")["frames"], expected["frames"])
    assert_holds(get(studio, f"/v1/sessions/{session}/timeline"), expected["timeline"])


@every_session
def test_the_records_of_a_session_of_version_0_1_are_the_same(
    studio: TestClient, session: str
) -> None:
    answer = studio.get(f"/v1/sessions/{session}/records")
    assert answer.status_code == 200
    found = list(csv.DictReader(io.StringIO(answer.text)))
    for column in ("clock", "condition", "excluded"):  # of a later version
        assert {row.pop(column) for row in found} == {""}
    told = {column: {row.pop(column) for row in found} - {""} for column in ("name", "event")}
    names = {person["name"] for person in SESSIONS[session]["session"]["people"]}
    notes = {marker["note"] for marker in SESSIONS[session]["session"]["marks"]}
    assert told["name"] <= names
    assert len(told["event"]) <= len(notes)
    assert found == list(csv.DictReader(io.StringIO(SESSIONS[session]["records"])))


def test_the_jobs_of_version_0_1_and_their_videos_are_there(studio: TestClient) -> None:
    assert_holds(get(studio, "/v1/jobs")["jobs"], ANSWERS["jobs"])
    for name, path in (("film", "3"), ("annotated", "3.mp4")):
        answer = studio.get(f"/v1/sessions/3/{name}")
        assert answer.status_code == 200
        assert answer.content == (VERSION_0_1 / "studio" / "films" / path).read_bytes()


def test_all_feedback_of_version_0_1_is_there(studio: TestClient) -> None:
    assert len(ANSWERS["feedback"]) == 6
    assert_holds(get(studio, "/v1/feedback")["feedback"], ANSWERS["feedback"])


def test_the_profile_of_version_0_1_adapts_as_it_did(studio: TestClient) -> None:
    assert_holds(get(studio, "/v1/profiles/Ada"), ANSWERS["profile"])
    for number, expected in enumerate(ANSWERS["adapted"]):
        pixels = np.random.default_rng(400 + number).integers(0, 40, (48, 48, 1), np.uint8)
        answer = studio.post(
            "/v1/analyze",
            params={"crops": True, "profile": "Ada"},
            content=encode(np.repeat(pixels, 3, axis=2), "PNG"),
        )
        (face,) = answer.json()["faces"]
        assert face["probabilities"] == pytest.approx(expected, abs=1e-5)


def test_a_correction_of_version_0_1_is_stored_once_after_the_upgrade(tmp_path: Path) -> None:
    shutil.copytree(VERSION_0_1 / "studio", tmp_path / "studio")
    store = Store.open(tmp_path / "studio")
    assert len(store.feedback.list()) == len(ANSWERS["feedback"])
    store.close()
    with closing(sqlite3.connect(tmp_path / "studio" / FILE_NAME)) as database:
        stored = database.execute(
            "SELECT profile IS NOT NULL, label IS NOT NULL FROM feedback ORDER BY id"
        ).fetchall()
    in_profile = [item["profile"] is not None for item in reversed(ANSWERS["feedback"])]
    assert stored == [(int(learned), int(not learned)) for learned in in_profile]


def test_a_label_of_version_0_1_that_its_profile_lacks_is_kept(tmp_path: Path) -> None:
    shutil.copytree(VERSION_0_1 / "studio", tmp_path / "studio")
    for name in ("profiles.sqlite", "profiles.sqlite-wal", "profiles.sqlite-shm"):
        (tmp_path / "studio" / name).unlink(missing_ok=True)
    store = Store.open(tmp_path / "studio")
    expected = [(item["id"], item["label"]) for item in ANSWERS["feedback"]]
    assert [(item.id, item.label) for item in store.feedback.list()] == expected
    store.close()
