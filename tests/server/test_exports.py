"""Records of frames that are not stored, and many sessions in one file."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from tests.disk import no_file_over
from tests.server.store.studio import refusal
from tests.server.test_sessions import NAMED, send, shown, start

pytestmark = pytest.mark.slow


PHOTOS: list[dict[str, Any]] = [
    shown(1, (), source="none.jpg"),
    shown(0, (None, None), source="two.jpg"),
    shown(2, (None,), source="Ünsure.jpg"),
]
PHOTOS[2]["faces"][0] |= {"emotion": "unsure", "attributes": {"yaw": 3.25, "side": 80.0}}
PHOTOS[1]["faces"][0]["attributes"] = {"sharpness": 0.5}


def table(kind: str, content: bytes) -> Any:
    if kind == "parquet":
        return pq.read_table(io.BytesIO(content)).to_pylist()
    if kind == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(content))
        return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}
    return content


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "xlsx"])
def test_records_of_photos_are_those_of_a_session_of_photos(studio: TestClient, kind: str) -> None:
    url = start(studio, "photos", kind="photo")
    send(studio, url, *PHOTOS)
    stored = studio.get(f"{url}/records", params={"format": kind})
    answer = studio.post("/v1/records", params={"format": kind}, json={"frames": PHOTOS})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == stored.headers["content-type"]
    assert answer.headers["content-disposition"].endswith(f"photos.{kind}")
    assert table(kind, answer.content) == table(kind, stored.content)
    assert len(studio.get("/v1/sessions").json()["sessions"]) == 1
    assert left_over(studio) == []


def left_over(studio: TestClient) -> list[Path]:
    folder = studio.app.state.settings.folder  # type: ignore[attr-defined]
    return list((folder / "scratch").iterdir())


@pytest.mark.parametrize(
    ("query", "body", "status"),
    [
        ({"format": "exe"}, {"frames": PHOTOS}, 422),
        ({}, {"frames": []}, 422),
        ({}, {"frames": PHOTOS, "model": "../paper"}, 404),
        ({}, {"frames": [shown(0) | {"faces": [{"box": [0, 0, 1, 1], "probabilities": {}}]}]}, 422),
    ],
)
def test_records_of_what_makes_no_sense_are_refused(
    studio: TestClient, query: dict[str, str], body: dict[str, Any], status: int
) -> None:
    refusal(studio.post("/v1/records", params=query, json=body), status)
    assert left_over(studio) == []


@pytest.fixture
def three(studio: TestClient) -> list[str]:
    """Three sessions, two with the same name but for its case."""
    urls = [start(studio, name) for name in ("Talk", "../TALK", "\u202eنص")]
    for url in urls:
        send(studio, url, *(shown(at) for at in range(3)))
    return urls


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "xlsx", "report"])
def test_sessions_are_exported_together(studio: TestClient, three: list[str], kind: str) -> None:
    answer = studio.get("/v1/exports", params={"ids": "1,2,3,1", "format": kind})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    assert "mien-3-sessions.zip" in answer.headers["content-disposition"]
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    suffix = "html" if kind == "report" else kind
    assert archive.namelist() == [f"Talk.{suffix}", f"TALK-2.{suffix}", f"نص.{suffix}"]
    if kind == "report":
        assert archive.read("Talk.html").startswith(b"<!")
    else:
        one = studio.get(f"{three[0]}/records", params={"format": kind}).content
        assert table(kind, archive.read(f"Talk.{suffix}")) == table(kind, one)
    assert left_over(studio) == []


@pytest.mark.parametrize(
    ("ids", "status", "message"),
    [
        ("", 422, "give them as 1,2,3"),
        ("1,x", 422, "give them as 1,2,3"),
        ("1,-2", 422, "give them as 1,2,3"),
        ("9" * 40, 422, "give them as 1,2,3"),
        ("1,99", 404, "session 99 not found"),
        (",".join(str(at) for at in range(1, 502)), 422, "more than 500 sessions"),
    ],
)
@pytest.mark.usefixtures("three")
def test_exports_of_what_is_not_there_are_refused(
    studio: TestClient, ids: str, status: int, message: str
) -> None:
    assert message in refusal(studio.get("/v1/exports", params={"ids": ids}), status)


@pytest.mark.usefixtures("three")
def test_a_session_without_frames_has_no_report_in_an_export(studio: TestClient) -> None:
    start(studio)
    answer = studio.get("/v1/exports", params={"ids": "1,4", "format": "report"})
    assert "session 4 has no frames" in refusal(answer, 409)
    assert left_over(studio) == []
    answer = studio.get("/v1/exports", params={"ids": "1,4"})
    rows = zipfile.ZipFile(io.BytesIO(answer.content)).read("Monday.csv").decode()
    assert list(csv.DictReader(io.StringIO(rows))) == []


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("kind", ["parquet", "report"])
def test_a_full_disk_is_told_of_an_export(studio: TestClient, kind: str) -> None:
    with no_file_over(100):
        answer = studio.get("/v1/exports", params={"ids": "1,2,3", "format": kind})
    refusal(answer, 507)
    assert left_over(studio) == []


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_lines_need_no_room_on_the_disk(studio: TestClient, kind: str) -> None:
    query = {"ids": "1,2,3", "format": kind}
    with no_file_over(100):
        archive = studio.get("/v1/exports", params=query).content
        records = studio.get("/v1/sessions/1/records", params={"format": kind}).content
    assert zipfile.ZipFile(io.BytesIO(archive)).read(f"Talk.{kind}") == records


def test_names_of_labels_are_needed(studio: TestClient) -> None:
    face = {"box": [0, 0, 1, 1], "probabilities": {**NAMED, "joy": 0.1}}
    answer = studio.post("/v1/records", json={"frames": [shown(0) | {"faces": [face]}]})
    assert "frames.0.faces.0.probabilities" in refusal(answer, 422)
