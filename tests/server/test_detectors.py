"""Detectors can be named in every request, and stay with what was recorded."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from mien.errors import ModelError
from mien.server.settings import Settings

from .conftest import LIVE, open_client

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def photo(shared: Path) -> bytes:
    return (shared / "media" / "one_face.jpg").read_bytes()


def test_a_request_names_a_detector(client: TestClient, photo: bytes) -> None:
    usual, other = (
        client.post("/v1/analyze", params=named, content=photo).json()
        for named in ({}, {"detector": "mtcnn"})
    )
    assert (usual["detector"], other["detector"]) == ("yunet", "mtcnn")
    assert len(usual["faces"]) == len(other["faces"]) == 1
    assert usual["faces"][0]["box"] == pytest.approx(other["faces"][0]["box"], rel=0.2)


def test_an_unknown_detector_is_refused_with_the_known_ones(
    client: TestClient, photo: bytes
) -> None:
    answer = client.post("/v1/analyze?detector=nobody", content=photo)
    assert answer.status_code == 404
    assert "choose from yunet, mtcnn" in answer.json()["error"]["message"]


def test_models_come_with_the_detectors(client: TestClient) -> None:
    answer = client.get("/v1/models").json()
    assert {"yunet", "mtcnn"} <= set(answer["detectors"])
    assert answer["detector"] == "yunet"


def test_live_changes_its_detector(client: TestClient, photo: bytes) -> None:
    with client.websocket_connect(LIVE) as live:
        for name in ("yunet", "mtcnn"):
            live.send_text(f'{{"detector": "{name}"}}')
            assert live.receive_json()["settings"]["detector"] == name
            live.send_bytes(photo)
            answer = live.receive_json()
            assert (answer["detector"], len(answer["faces"])) == (name, 1)
        live.send_text('{"detector": "nobody"}')
        assert "detector not found" in live.receive_json()["error"]["message"]


def test_a_session_keeps_its_detector_and_its_report_names_it(
    client: TestClient, photo: bytes
) -> None:
    new = {"name": "a", "kind": "photo", "detector": "mtcnn"}
    session = client.post("/v1/sessions", json=new).json()
    assert session["detector"] == "mtcnn"
    answer = client.post("/v1/analyze?detector=mtcnn&face_ids=true", content=photo).json()
    frame = {key: answer[key] for key in ("frame", "width", "height", "faces")}
    path = f"/v1/sessions/{session['id']}"
    assert client.post(f"{path}/frames", json={"frames": [frame]}).status_code < 300
    rows = client.get(f"{path}/records?format=csv").text.splitlines()
    assert rows[0].endswith(",detector,clock,name,event,condition,excluded")
    assert ",mtcnn," in rows[1]


def test_a_server_serves_the_detector_it_was_given(settings: Settings, photo: bytes) -> None:
    with open_client(replace(settings, detector="mtcnn")) as client:
        assert client.post("/v1/analyze", content=photo).json()["detector"] == "mtcnn"
    with (
        pytest.raises(ModelError, match="no such face detector"),
        open_client(replace(settings, detector="nobody")),
    ):
        pass


def test_a_large_jpeg_has_the_size_and_boxes_of_the_whole(
    settings: Settings, shared: Path, tmp_path: Path
) -> None:
    path = tmp_path / "large.jpg"
    with Image.open(shared / "media" / "five_faces.jpg") as image:
        image.resize((4000, 2668)).save(path)
    with open_client(replace(settings, max_pixels=20_000_000, max_bytes=10_000_000)) as client:
        answer = client.post("/v1/analyze", content=path.read_bytes()).json()
    assert (answer["width"], answer["height"], len(answer["faces"])) == (4000, 2668, 5)
    assert all(face["box"][2] > 280 for face in answer["faces"])
