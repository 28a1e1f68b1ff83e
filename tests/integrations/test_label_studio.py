"""The backend speaks Label Studio's protocol, and fetches images from Label Studio alone."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from mien import EMOTIONS
from mien.errors import MienError
from mien.integrations.label_studio import create_app, find_control
from tests.website import Quiet, serving

LABELS = "".join(f'<Label value="{name}"/>' for name in EMOTIONS)
CHOICES = "".join(f'<Choice value="{name}"/>' for name in ("happy", "sad"))
BOXES = f"""<View><Image name="photo" value="$image"/>
<RectangleLabels name="faces" toName="photo">{LABELS}</RectangleLabels></View>"""
CHOICE = f"""<View><Image name="photo" value="$url"/>
<Choices name="mood" toName="photo">{CHOICES}</Choices></View>"""


@pytest.fixture
def studio(shared: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A server of photos in Label Studio's place; yields the tokens that it was sent."""
    tokens: list[str] = []

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            tokens.append(self.headers.get("Authorization", ""))
            path = shared / "media" / self.path.rpartition("/")[2]
            body = path.read_bytes() if path.is_file() else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "image/jpeg")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(Handler) as address:
        monkeypatch.setenv("LABEL_STUDIO_URL", address)
        monkeypatch.setenv("LABEL_STUDIO_API_KEY", "secret")
        yield tokens


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app())


def predict(client: TestClient, config: str, *data: dict[str, Any]) -> list[dict[str, Any]]:
    tasks = [{"id": number, "data": it} for number, it in enumerate(data, 1)]
    answer = client.post("/predict", json={"tasks": tasks, "label_config": config, "params": {}})
    assert answer.status_code == 200
    return answer.json()["results"]


def test_it_is_up_and_says_its_version(client: TestClient) -> None:
    assert client.get("/health").json()["status"] == "UP"
    assert client.post("/setup", json={"project": "1"}).json()["model_version"].endswith("-default")
    assert client.post("/webhook", json={"action": "ANNOTATION_CREATED"}).status_code == 200


def test_faces_are_rectangles_in_per_cent(client: TestClient, studio: list[str]) -> None:
    (result,) = predict(client, BOXES, {"image": "/data/upload/1/five_faces.jpg"})
    assert len(result["result"]) == 5
    for region in result["result"]:
        assert (region["from_name"], region["to_name"]) == ("faces", "photo")
        value = region["value"]
        assert value["rectanglelabels"] == ["happy"]
        assert 0 <= value["x"] <= value["x"] + value["width"] <= 100
        assert (region["original_width"], region["original_height"]) == (1000, 667)
    assert studio == ["Token secret"]


def test_a_choice_is_the_largest_faces_label(client: TestClient, studio: list[str]) -> None:
    results = predict(
        client, CHOICE, {"url": "/one_face.jpg"}, {"url": "/no_face_cartoon.jpg"}, {"url": "/none"}
    )
    assert results[0]["result"][0]["value"] == {"choices": ["happy"]}
    assert results[1]["result"] == []
    assert "answers 404" in results[2]["error"]


@pytest.mark.parametrize(
    "address", ["http://example.org/a.jpg", "file:///etc/passwd", "", "//example.org/a.jpg"]
)
def test_an_image_elsewhere_is_not_fetched(
    client: TestClient, studio: list[str], address: str
) -> None:
    (result,) = predict(client, BOXES, {"image": address})
    assert result["result"] == []
    assert "not an image of this Label Studio" in result["error"]
    assert studio == []


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("<View>", "is no XML"),
        ("<View><Text name='a' value='$t'/></View>", "no RectangleLabels or Choices"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><View>&b;</View>', "is no XML"),
    ],
)
def test_a_configuration_without_a_place_for_labels_is_told(config: str, said: str) -> None:
    with pytest.raises(MienError, match=said):
        find_control(config)
