"""The engine for browsers as it is served: its own files, and nothing else of this machine."""

from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mien.inference.classifier import shipped_models
from mien.server.routes import browser
from mien.server.settings import Settings
from tests.server.conftest import open_client

BINARY = "application/octet-stream"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("mien.js", "text/javascript"),
        ("mien.worker.js", "text/javascript"),
        ("ort-wasm-simd-threaded.wasm.gz", BINARY),
        ("yunet.onnx", BINARY),
        ("onet.onnx", BINARY),
        ("models/small.onnx", BINARY),
    ],
)
def test_every_file_is_served_as_what_it_is(client: TestClient, name: str, kind: str) -> None:
    answer = client.get(f"/browser/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == kind
    assert "content-encoding" not in answer.headers  # the engine decompresses the runtime itself


def test_a_model_is_the_file_that_the_server_uses(client: TestClient, tiny_model: Path) -> None:
    small = shipped_models()["small"]
    assert client.get("/browser/models/small.onnx").content == small.read_bytes()
    models = client.get("/v1/models").json()["models"]
    (served,) = [model["name"] for model in models if model["default"]]
    assert client.get(f"/browser/models/{served}.onnx").content == tiny_model.read_bytes()


def test_what_the_browser_has_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/browser/mien.worker.js")
    assert first.headers["cache-control"] == "no-cache"
    etag = {"If-None-Match": first.headers["etag"]}
    again = client.get("/browser/mien.worker.js", headers=etag)
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/browser/mien.js", headers=etag).status_code == 200


def test_only_the_worker_may_compile_webassembly(client: TestClient) -> None:
    policies = {
        path: client.get(path).headers["content-security-policy"]
        for path in ("/", "/browser/mien.js", "/browser/mien.worker.js")
    }
    allowed = [path for path, policy in policies.items() if "'wasm-unsafe-eval'" in policy]
    assert allowed == ["/browser/mien.worker.js"]
    assert all("default-src 'none'" in policy for policy in policies.values())


@pytest.mark.parametrize(
    "path",
    ["", "lab.js", "../app.py", "..%2f__init__.py", "models/none.onnx", "models/..%2f..%2fa.onnx"],
)
def test_no_name_reaches_another_file(client: TestClient, path: str) -> None:
    answer = client.get(f"/browser/{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_an_install_without_the_engine_says_how_to_get_it(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(browser, "_folder", lambda _: tmp_path)
    answer = client.get("/browser/mien.js")
    assert answer.status_code == 404
    assert "npm run build -w web" in answer.json()["error"]["message"]


def test_the_files_need_the_token(settings: Settings) -> None:
    with open_client(replace(settings, token="secret")) as client:
        assert client.get("/browser/models/small.onnx").status_code == 401


def test_the_base_rates_of_the_server_are_told(settings: Settings) -> None:
    with open_client(replace(settings, model="small", prior="uniform")) as client:
        models = {model["name"]: model for model in client.get("/v1/models").json()["models"]}
    small, other = models["small"], models["default"]
    assert small["base_rates"] == pytest.approx(dict.fromkeys(small["labels"], 1 / 7))
    assert other["base_rates"] is None
