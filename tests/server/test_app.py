"""The application as a whole: its document, its errors, its start."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from prometheus_client.parser import text_string_to_metric_families
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from starlette.testclient import TestClient

from mien.errors import MienError, ModelError
from mien.server.app import create_app
from mien.server.settings import Settings
from tests.server.conftest import image, open_client, serving

pytestmark = pytest.mark.slow

# What an image, a video or a profile is, no schema says; random bytes keep to it and are refused.
UPLOADS = {
    "/v1/analyze",
    "/v1/jobs",
    "/v1/feedback",
    "/v1/profiles/import",
    "/v1/sessions/{session}/people/{number}/thumbnail",
}
# Whose labels must be those of the session or the model, which no document can say.
LABELLED = {"/v1/sessions/{session}/frames", "/v1/records"}
# Whose pattern has \w, which for JSON Schema is ASCII; letters of all languages are accepted.
NAMED = {"/v1/profiles"}


@pytest.fixture(scope="module")
def operations(settings: Settings) -> Iterator[list[schemathesis.APIOperation]]:
    # No limit that a long text, or a busy machine that sends slowly, could meet.
    limits = replace(settings, upload_seconds=60, max_bytes=20 * 2**20)
    with serving(limits) as (_, port):
        document = schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json")
        yield [found.ok() for found in document.get_all_operations()]


@pytest.mark.parametrize("mode", GenerationMode)
def test_schemathesis_finds_nothing(
    operations: list[schemathesis.APIOperation], mode: GenerationMode
) -> None:
    assert {operation.path for operation in operations} > UPLOADS
    for operation in operations:
        with suppress(Unsatisfiable):  # what takes nothing cannot be given the wrong thing
            check(operation, mode)


def check(operation: schemathesis.APIOperation, mode: GenerationMode) -> None:
    """Sends valid or invalid requests, and compares the responses with the document."""
    judged_by_content = operation.path in UPLOADS | LABELLED
    excluded = [positive_data_acceptance] if judged_by_content else []
    excluded += [negative_data_rejection] if operation.path in NAMED else []

    @hypothesis_settings(
        max_examples=5,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def send(case: schemathesis.Case) -> None:
        case.call_and_validate(excluded_checks=excluded)

    send()


def test_the_document_has_examples(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    (example,) = schemas["ResultSchema"]["examples"]
    query = {"crops": "true"}
    answer = client.post("/v1/analyze", params=query, content=image()).json()
    assert set(example) == set(answer)
    assert set(example["faces"][0]) == set(answer["faces"][0])


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/../../etc/passwd", 404, "not_found"),
        ("GET", "/v1/..%2f..%2fetc%2fpasswd", 404, "not_found"),
        ("GET", "/v1/analyze", 405, "method_not_allowed"),
        ("GET", "/redoc", 404, "not_found"),
    ],
)
def test_an_unknown_path_or_method_has_the_body_of_all_errors(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_an_unexpected_exception_is_logged_and_the_client_learns_no_details(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("at /some/path")

    monkeypatch.setattr("mien.server.routes.analyze.read_image", fail)
    answer = client.post("/v1/analyze", content=image())
    assert answer.status_code == 500
    assert answer.json() == {
        "error": {"code": "failed", "message": "the server failed; its log has the details."}
    }
    assert "content-security-policy" in answer.headers
    assert "ZeroDivisionError: at /some/path" in caplog.text


def test_the_metrics_count_requests_and_faces(settings: Settings) -> None:
    with open_client(settings) as client:
        client.post("/v1/analyze?crops=true", content=image())
        client.post("/v1/analyze", content=b"x")
        client.get("/nothing/like/this")
        families = text_string_to_metric_families(client.get("/metrics").text)
        found = {
            (sample.name, *sample.labels.values()): sample.value
            for family in families
            for sample in family.samples
        }
    assert found["mien_requests_total", "/v1/analyze", "200"] == 1
    assert found["mien_requests_total", "/v1/analyze", "422"] == 1
    assert found["mien_requests_total", "other", "404"] == 1
    assert found["mien_request_seconds_count", "/v1/analyze"] == 2
    assert found["mien_faces_total",] == 1
    assert found["mien_batch_pictures_count",] == 1
    assert found["mien_queue_pictures",] == 0
    assert found["mien_live_clients",] == 0


def test_a_missing_model_fails_the_start_with_its_error(settings: Settings, tmp_path: Path) -> None:
    app = create_app(replace(settings, folder=tmp_path, model="none.onnx"))
    with pytest.raises(ModelError, match=r"none\.onnx"), TestClient(app):
        pass
    assert isinstance(app.state.failure, ModelError)


def test_a_folder_that_is_a_file_fails_the_start_with_its_name(
    settings: Settings, tmp_path: Path
) -> None:
    taken = tmp_path / "file"
    taken.write_text("")
    with (
        pytest.raises(MienError, match="file"),
        TestClient(create_app(replace(settings, folder=taken))),
    ):
        pass
