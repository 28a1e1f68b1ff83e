"""Base rates can be named in every request, and stay with what was recorded."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from mien.server.settings import Settings

from .conftest import LIVE, image, open_client

PAPER = {"crops": True, "model": "paper"}


def test_a_request_names_a_prior_of_its_model(client: TestClient) -> None:
    own, same, other = (
        client.post("/v1/analyze", params={**PAPER, **prior}, content=image()).json()
        for prior in ({}, {"prior": "fer2013"}, {"prior": "uniform"})
    )
    assert "prior" not in own
    assert other["prior"] == "uniform"
    shares = [answer["faces"][0]["probabilities"] for answer in (own, same, other)]
    assert shares[0] == pytest.approx(shares[1], abs=1e-5)
    assert shares[2]["disgust"] > shares[0]["disgust"]  # the rarest label of FER2013


def test_an_unknown_prior_is_refused_with_the_known_ones(client: TestClient) -> None:
    answer = client.post("/v1/analyze", params={**PAPER, "prior": "/etc/passwd"}, content=image())
    assert answer.status_code == 404
    assert "choose from fer2013, uniform" in answer.json()["error"]["message"]
    answer = client.post("/v1/analyze", params={"crops": True, "prior": "uniform"}, content=image())
    assert answer.status_code == 404  # the tiny model states no base rates


def test_models_list_their_priors(client: TestClient) -> None:
    models = {model["name"]: model for model in client.get("/v1/models").json()["models"]}
    assert models["paper"]["priors"] == ["fer2013", "uniform"]
    assert models["tiny"]["priors"] == []


def test_live_takes_a_prior(client: TestClient) -> None:
    with client.websocket_connect(LIVE) as live:
        live.send_text('{"model": "paper", "prior": "uniform"}')
        assert live.receive_json()["settings"]["prior"] == "uniform"
        live.send_text('{"prior": "everyday"}')
        assert "choose from" in live.receive_json()["error"]["message"]


def test_a_session_keeps_its_prior_and_its_records_name_it(client: TestClient) -> None:
    session = client.post(
        "/v1/sessions", json={"name": "a", "kind": "photo", "model": "paper", "prior": "uniform"}
    ).json()
    assert session["prior"] == "uniform"
    answer = client.post(
        "/v1/analyze", params={**PAPER, "prior": "uniform", "face_ids": True}, content=image()
    ).json()
    frame = {"frame": 0, "width": 48, "height": 48, "faces": answer["faces"]}
    path = f"/v1/sessions/{session['id']}"
    assert client.post(f"{path}/frames", json={"frames": [frame]}).status_code < 300
    rows = client.get(f"{path}/records?format=csv").text.splitlines()
    assert ",prior,detector,clock," in rows[0]
    assert ",uniform,yunet," in rows[1]


def test_a_server_serves_the_prior_it_was_given(settings: Settings) -> None:
    with open_client(replace(settings, model="paper", prior="uniform")) as client:
        answer = client.post("/v1/analyze?crops=true", content=image()).json()
        assert answer["prior"] == "uniform"
        own = client.post("/v1/analyze?crops=true&prior=fer2013", content=image()).json()
        assert own["prior"] == "fer2013"


def test_a_face_is_explained_while_it_is_in_memory(client: TestClient) -> None:
    answer = client.post("/v1/analyze", params={**PAPER, "face_ids": True}, content=image()).json()
    face = answer["faces"][0]
    explained = client.post("/v1/explain", json={"face_id": face["face_id"]}).json()
    assert explained["label"] == face["emotion"]
    assert set(explained["alike"]) == set(face["probabilities"])
    assert explained["image"].startswith("iVBOR")  # a PNG in Base64
    other = client.post("/v1/explain", json={"face_id": face["face_id"], "label": "fear"}).json()
    assert other["label"] == "fear"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"face_id": "gone"}, 404),
        ({}, 422),
        ({"face_id": "x" * 65}, 422),
    ],
)
def test_what_cannot_be_explained_is_refused(
    client: TestClient, body: dict[str, str], status: int
) -> None:
    assert client.post("/v1/explain", json=body).status_code == status


def test_an_unknown_label_is_not_explained(client: TestClient) -> None:
    answer = client.post("/v1/analyze", params={**PAPER, "face_ids": True}, content=image()).json()
    body = {"face_id": answer["faces"][0]["face_id"], "label": "calm"}
    answer = client.post("/v1/explain", json=body)
    assert answer.status_code == 404
    assert "choose from angry" in answer.json()["error"]["message"]
