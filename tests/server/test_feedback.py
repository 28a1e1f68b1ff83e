"""What users say is on a face, over HTTP."""

import base64
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from mien.emotions import EMOTIONS
from mien.personalization.corrections import ModelId
from mien.server.store import Store
from mien.server.store.recent import RecentFace
from tests.server.conftest import image
from tests.server.store.new_frames import NEUTRAL, seen
from tests.server.store.studio import refusal


@pytest.fixture
def face_id(store: Store) -> str:
    """A face that was just answered."""
    embedding = np.array([0.1, 0.2, 0.3], np.float32)
    return store.recent.add(RecentFace(embedding, NEUTRAL, ModelId("tiny", "0", "")))


def recorded(store: Store, embedded: bool = True) -> tuple[int, int]:
    session = store.sessions.create("a", "live", "tiny", "0").id
    store.faces.add(session, [seen(0, embedded=embedded)])
    ((row, _),) = store.faces.frames(session)[0].faces
    return session, row


def kept(store: Store) -> list[tuple[Any, ...]]:
    rows = store.database.rows("SELECT label, embedding, picture FROM feedback ORDER BY id")
    return [(row[0], np.frombuffer(row[1], "<f4").tolist(), row[2]) for row in rows]


def test_feedback_on_a_face_that_was_just_answered(
    studio: TestClient, store: Store, face_id: str
) -> None:
    answer = studio.post("/v1/feedback", json={"label": "happy", "face_id": face_id})
    assert answer.status_code == 201
    found = answer.json()
    assert found["probabilities"] == pytest.approx(dict(zip(EMOTIONS, NEUTRAL, strict=True)))
    assert (found["model"], found["session"], found["picture"]) == ("tiny", None, False)
    assert kept(store) == [("happy", pytest.approx([0.1, 0.2, 0.3]), None)]


def test_feedback_on_a_recorded_face_outlives_its_session(studio: TestClient, store: Store) -> None:
    session, row = recorded(store)
    found = studio.post("/v1/feedback", json={"label": "sad", "face": row}).json()
    assert (found["session"], found["face"]) == (session, row)
    studio.delete(f"/v1/sessions/{session}")
    (left,) = studio.get("/v1/feedback").json()["feedback"]
    assert (left["label"], left["session"], left["face"]) == ("sad", None, None)
    assert kept(store) == [("sad", [0.0, 0.0, 0.5], None)]


def test_a_face_that_came_back_with_its_id_can_be_labelled(
    studio: TestClient, store: Store, face_id: str
) -> None:
    named = dict(zip(EMOTIONS, NEUTRAL, strict=True))
    face = {"box": [1, 2, 3, 4], "probabilities": named, "face_id": face_id}
    frame = {"frame": 0, "width": 9, "height": 9, "source": "a.jpg", "faces": [face]}
    session = studio.post("/v1/sessions", json={"name": "a", "kind": "photo"}).json()["id"]
    studio.post(f"/v1/sessions/{session}/frames", json={"frames": [frame]})
    page = studio.get(f"/v1/sessions/{session}/frames").json()
    row = page["frames"][0]["faces"][0]["id"]
    assert studio.post("/v1/feedback", json={"label": "fear", "face": row}).status_code == 201
    assert kept(store)[0][1] == pytest.approx([0.1, 0.2, 0.3], abs=1e-3)


@pytest.mark.parametrize("label", EMOTIONS)
def test_a_label_may_be_any_emotion(studio: TestClient, face_id: str, label: str) -> None:
    answer = studio.post("/v1/feedback", json={"label": label, "face_id": face_id})
    assert answer.json()["label"] == label


def test_a_label_that_the_model_lacks_is_refused(
    studio: TestClient, store: Store, face_id: str
) -> None:
    answer = studio.post("/v1/feedback", json={"label": "bored", "face_id": face_id})
    assert "label: unknown label 'bored'; choose from angry" in refusal(answer, 422)
    assert kept(store) == []


def test_counts_pages_and_undo(studio: TestClient, face_id: str) -> None:
    for label in ("happy", "sad", "happy"):
        studio.post("/v1/feedback", json={"label": label, "face_id": face_id})
    found = studio.get("/v1/feedback", params={"limit": 2}).json()
    assert found["counts"] == dict.fromkeys(EMOTIONS, 0) | {"happy": 2, "sad": 1}
    assert [one["label"] for one in found["feedback"]] == ["happy", "sad"]
    last = found["feedback"][-1]["id"]
    rest = studio.get("/v1/feedback", params={"before": last}).json()["feedback"]
    assert [one["label"] for one in rest] == ["happy"]
    assert studio.delete(f"/v1/feedback/{last}").status_code == 204
    assert studio.get("/v1/feedback").json()["counts"]["sad"] == 0
    refusal(studio.delete(f"/v1/feedback/{last}"), 404)


def test_a_image_is_kept_where_it_is_given(studio: TestClient, store: Store, face_id: str) -> None:
    content = image()
    body = {"label": "happy", "face_id": face_id, "picture": base64.b64encode(content).decode()}
    assert studio.post("/v1/feedback", json=body).json()["picture"] is True
    assert kept(store)[0][2] == content


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"label": "bored", "face_id": "x"}, 404),
        ({"label": "happy"}, 422),
        ({"label": "happy", "face": 1, "face_id": "x"}, 422),
        ({"label": "happy", "face": 0}, 422),
        ({"label": "happy", "face": 2**63}, 422),
        ({"label": "happy", "face": 99}, 404),
        ({"label": "happy", "face_id": "../../etc"}, 404),
        ({"label": "happy", "face_id": "x", "picture": "!!!"}, 400),
        ({"label": "happy", "face_id": "x", "picture": "bm9uc2Vuc2U="}, 422),
        ({"label": "happy", "face_id": "x", "path": "/etc"}, 422),
    ],
)
def test_bad_feedback_is_refused_and_nothing_kept(
    studio: TestClient, store: Store, body: dict[str, Any], status: int
) -> None:
    refusal(studio.post("/v1/feedback", json=body), status)
    assert kept(store) == []


def test_a_face_without_an_embedding_teaches_nothing(studio: TestClient, store: Store) -> None:
    _, row = recorded(store, embedded=False)
    answer = studio.post("/v1/feedback", json={"label": "sad", "face": row})
    assert "without its embedding" in refusal(answer, 409)
