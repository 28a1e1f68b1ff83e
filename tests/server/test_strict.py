"""What a route does not know is refused by name, in the query, in a form, and in JSON."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.server.conftest import image


def error(answer) -> str:
    assert answer.status_code == 422
    return answer.json()["error"]["message"]


def get_routes(client: TestClient) -> Iterator[str]:
    for path, operations in client.app.openapi()["paths"].items():
        if "get" in operations and "{" not in path:
            yield path


def test_every_route_refuses_an_unknown_parameter(client: TestClient) -> None:
    paths = list(get_routes(client))
    assert len(paths) > 10
    for path in paths:
        answer = client.get(path, params={"modle": "small"}, follow_redirects=False)
        assert error(answer).startswith("query.modle: no such parameter; "), path


def test_the_parameters_that_there_are_are_named(client: TestClient) -> None:
    said = error(client.post("/v1/analyze", params={"crop": 1}, content=image()))
    assert "choose from crops, detector, embeddings, face_ids, model" in said
    assert "there are none" in error(client.get("/healthz", params={"verbose": 1}))


def test_an_unknown_field_of_a_form_is_refused(client: TestClient) -> None:
    form = {"files": {"file": ("a.jpg", image())}, "data": {"prior": "uniform"}}
    said = error(client.post("/v1/analyze", **form))
    assert "form.prior: no such parameter; choose from file" in said


def test_an_unknown_field_of_json_is_refused(client: TestClient) -> None:
    said = error(client.post("/v1/sessions", json={"name": "a", "kind": "live", "colour": 1}))
    assert "colour" in said


@pytest.mark.parametrize("wanted", [True, False])
def test_embeddings_come_where_they_are_asked_for(client: TestClient, wanted: bool) -> None:
    query = {"crops": True, "embeddings": wanted}
    (face,) = client.post("/v1/analyze", params=query, content=image()).json()["faces"]
    assert ("embedding" in face) is wanted
    if wanted:
        assert len(face["embedding"]) > 1
        assert all(isinstance(value, float) for value in face["embedding"])
