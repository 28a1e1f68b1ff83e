"""The documentation of the API as it is served: guarded and under the policy of all pages."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from mien.server.settings import Settings
from tests.server.conftest import open_client


def test_the_documentation_runs_no_inline_script(client: TestClient) -> None:
    answer = client.get("/docs")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert "style=" not in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    ("name", "kind"), [("swagger-ui-bundle.js", "text/javascript"), ("swagger-ui.css", "text/css")]
)
def test_the_files_of_swagger_ui_are_served(client: TestClient, name: str, kind: str) -> None:
    answer = client.get(f"/docs/assets/{name}")
    assert answer.headers["content-type"].partition(";")[0] == kind
    assert len(answer.content) > 100_000
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["", "../core.py", "..%2fcore.py", "%2e%2e/core.py", "none.js"])
def test_no_name_reaches_another_file(client: TestClient, path: str) -> None:
    answer = client.get(f"/docs/assets/{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_the_documentation_needs_the_token(settings: Settings) -> None:
    with open_client(replace(settings, token="secret")) as client:
        for path in ("/docs", "/docs/assets/swagger-ui.css", "/openapi.json"):
            assert client.get(path).status_code == 401
