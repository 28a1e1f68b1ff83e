"""An image in, the object of `mien predict --json` out; anything else, one plain sentence."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from typer.testing import CliRunner

from mien.cli import app
from mien.inference.classifier import DEFAULT_MODEL
from mien.server.settings import Settings
from tests.server.conftest import image, open_client
from tests.server.test_images import png_header


@pytest.fixture(scope="module")
def shipped(settings: Settings) -> Iterator[TestClient]:
    """A server of the model that ships."""
    with open_client(replace(settings, model=DEFAULT_MODEL)) as client:
        yield client


def form(data: bytes, name: str = "photo.jpg") -> dict[str, tuple[str, bytes]]:
    return {"file": (name, data)}


def predicted(path: Path, *options: str) -> dict[str, object]:
    """What the command line prints."""
    printed = CliRunner().invoke(app, ["predict", str(path), "--json", *options]).stdout
    return {**json.loads(printed), "source": path.name}


@pytest.mark.parametrize("name", ["one_face.jpg", "five_faces.jpg", "no_face_cartoon.jpg"])
def test_the_answer_is_what_the_command_line_prints(
    shipped: TestClient, shared: Path, name: str
) -> None:
    path = shared / "media" / name
    expected = predicted(path)
    assert shipped.post("/v1/analyze", files=form(path.read_bytes(), name)).json() == expected
    raw = shipped.post("/v1/analyze", content=path.read_bytes()).json()
    assert raw == {**expected, "source": "<image>"}


def test_a_cropped_face_and_a_threshold(shipped: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "crop.png"
    path.write_bytes(image(kind="PNG"))
    expected = predicted(path, "--crops", "--unsure-below", "1")
    query = {"crops": "true", "unsure_below": 1}
    answer = shipped.post("/v1/analyze", params=query, files=form(path.read_bytes(), path.name))
    assert answer.json() == expected
    assert expected["faces"][0]["emotion"] == "unsure"


def test_faces_are_named_where_that_is_asked_for(client: TestClient) -> None:
    query = {"crops": "true", "face_ids": "true"}
    first, second = (
        client.post("/v1/analyze", params=query, content=image()).json()["faces"][0]
        for _ in range(2)
    )
    assert first.pop("face_id") != second.pop("face_id")
    assert first == second
    plain = client.post("/v1/analyze", params={"crops": "true"}, content=image())
    assert "face_id" not in plain.json()["faces"][0]


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "C:\\x\\..\\passwd", "/etc/passwd", ""])
def test_a_files_name_is_a_label(client: TestClient, name: str) -> None:
    answer = client.post("/v1/analyze", params={"crops": "true"}, files=form(image(), name))
    assert answer.json()["source"] in {"passwd", "<image>"} if answer.is_success else True
    assert answer.status_code in (200, 400)


@pytest.mark.parametrize(
    ("data", "status", "told"),
    [
        (b"", 400, "the image is empty"),
        (b"hello", 422, "not an image"),
        (image(200)[:3000], 422, "a damaged image"),
        (png_header(30_000, 30_000), 422, "more than 1,000,000 pixels"),
        (bytes(300_000), 413, "more than 200,000 bytes"),
    ],
)
def test_bad_images_are_told_plainly(
    client: TestClient, data: bytes, status: int, told: str
) -> None:
    for answer in (
        client.post("/v1/analyze", content=data),
        client.post("/v1/analyze", files=form(data)),
    ):
        error = answer.json()["error"]
        assert (answer.status_code, list(error)) == (status, ["code", "message"])
        assert told in error["message"]


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("unsure_below=2", 422, "query.unsure_below: "),
        ("unsure_below=x", 422, "query.unsure_below: "),
        ("crops=perhaps", 422, "query.crops: "),
        ("model=../paper", 404, "model not found; choose from "),
        ("model=", 404, "model not found"),
    ],
)
def test_bad_parameters_are_named(client: TestClient, query: str, status: int, told: str) -> None:
    answer = client.post(f"/v1/analyze?{query}", content=image())
    assert answer.status_code == status
    assert answer.json()["error"]["message"].startswith(told)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=b", b"no form"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: x\r\n\r\n1\r\n--b--"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nno file\r\n--b--\r\n',
        ),
    ],
)
def test_a_form_without_a_file_is_told_so(client: TestClient, kind: str, body: bytes) -> None:
    answer = client.post("/v1/analyze", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


def test_two_files_are_one_too_many(client: TestClient) -> None:
    files = [("file", ("a.jpg", image())), ("file", ("b.jpg", image()))]
    assert client.post("/v1/analyze", files=files).status_code == 400


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.one_of(
        st.sampled_from(["multipart/form-data; boundary=b", "image/jpeg", "text/plain"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
    ),
    body=st.binary(max_size=300),
)
def test_no_body_breaks_the_server(client: TestClient, kind: str, body: bytes) -> None:
    answer = client.post("/v1/analyze", content=body, headers={"Content-Type": kind})
    assert answer.status_code in (400, 422)


def test_no_image_is_written_to_the_disk(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a temporary file")

    monkeypatch.setattr("tempfile._TemporaryFileWrapper", refuse)
    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    noise = image(250, "BMP")
    assert len(noise) > 180_000
    answer = client.post("/v1/analyze", params={"crops": "true"}, files=form(noise))
    assert answer.status_code == 200
