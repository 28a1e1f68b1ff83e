"""Path traversal through every field of the API that could be a name."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from mien.server.app import create_app
from mien.server.settings import Settings
from tests.server.conftest import URL, image
from tests.server.test_sessions import shown

pytestmark = pytest.mark.slow

SECRET = "nobody is to read this"
CLIMBS = ("..", "../canary", "../../canary", "..\\..\\canary", "%2e%2e/canary", "/etc/passwd")
Schema = dict[str, Any]


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder with a file that the server must not touch, and the server's folder in it."""
    (tmp_path / "canary").write_text(SECRET)
    return tmp_path


@pytest.fixture
def client(settings: Settings, outside: Path) -> Iterator[TestClient]:
    settings = replace(settings, folder=outside / "data" / "studio")
    with TestClient(create_app(settings), base_url=URL) as client:
        client.post("/v1/sessions", json={"name": "one", "kind": "live"})
        client.post("/v1/sessions/1/frames", json={"frames": [shown(0)]})
        yield client


class Filler:
    """Makes a value of a schema in which every string is the same text."""

    def __init__(self, document: dict[str, Any], text: str) -> None:
        self._schemas, self._text = document["components"]["schemas"], text
        self.strings = 0

    def fill(self, schema: Schema) -> Any:
        """Returns a value that a schema takes, but for patterns and the like."""
        value: Any = 1
        match schema:
            case {"$ref": reference}:
                value = self.fill(self._schemas[reference.rpartition("/")[2]])
            case {"anyOf": [first, *_]} | {"allOf": [first, *_]}:
                value = self.fill(first)
            case {"const": only} | {"enum": [only, *_]}:
                value = only
            case {"type": "string"}:
                self.strings += 1
                value = self._text
            case {"type": "object"}:
                value = {
                    key: self.fill(field) for key, field in schema.get("properties", {}).items()
                }
            case {"prefixItems": items}:
                value = [self.fill(item) for item in items]
            case {"type": "array"}:
                value = [self.fill(schema["items"])]
            case {"type": "boolean"}:
                value = True
        return value


def request(filler: Filler, path: str, operation: Schema) -> dict[str, Any]:
    """Makes one request of an operation; where its path has strings, these climb, too."""
    query = {}
    for parameter in operation.get("parameters", []):
        value = filler.fill(parameter["schema"])
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(str(value), safe=""))
        else:
            query[parameter["name"]] = value
    made: dict[str, Any] = {"url": path, "params": query}
    kinds = operation.get("requestBody", {}).get("content", {})
    if "application/json" in kinds:
        made["json"] = filler.fill(kinds["application/json"]["schema"])
    elif "multipart/form-data" in kinds:
        made["files"] = {"file": (filler.fill({"type": "string"}), image())}
    elif kinds:
        made["content"] = b"no video"
    return made


def operations(document: Schema) -> list[tuple[str, str, Schema]]:
    """All operations; those that delete come last."""
    found = [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
    return sorted(found, key=lambda operation: operation[1] == "delete")


def tree(folder: Path) -> dict[Path, str]:
    """All files of a folder but the server's."""
    return {
        path: path.read_text()
        for path in folder.rglob("*")
        if path.is_file() and folder / "data" / "studio" not in path.parents
    }


@pytest.mark.parametrize("text", CLIMBS)
def test_no_field_reaches_a_file_outside_the_folder(
    client: TestClient, outside: Path, text: str
) -> None:
    document = client.get("/openapi.json").json()
    filler, statuses = Filler(document, text), []
    before = tree(outside)
    for path, method, operation in operations(document):
        answer = client.request(method, **request(filler, path, operation))
        assert answer.status_code < 500, (method, path, answer.text)
        assert SECRET not in answer.text
        assert "root:" not in answer.text
        assert ".." not in answer.headers.get("content-disposition", "")
        statuses.append(answer.status_code)
    assert tree(outside) == before == {outside / "canary": SECRET}
    inside = [path.name for path in (outside / "data").rglob("*")]
    assert not {"canary", "passwd"} & set(inside)
    assert filler.strings > 20
    assert sum(status < 300 for status in statuses) > 10, json.dumps(statuses)
