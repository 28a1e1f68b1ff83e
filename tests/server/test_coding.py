"""Blind coding: what a coder is told, and what is saved."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import schemathesis
from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient

from mien.emotions import EMOTIONS
from mien.errors import MienError
from mien.server.app import create_app
from mien.server.settings import Settings
from mien.study.design.folder import StudyFolder
from tests.server.conftest import apart, open_client, serving
from tests.server.studies import RATE, make_study, read_clip, write_faces, write_video

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of three stretches, its records, and the video beside them."""
    folder = tmp_path_factory.mktemp("coding")
    write_video(folder / "talk.mp4")
    write_faces(folder / "faces.csv", "talk.mp4")
    make_study(folder, "talk.mp4")
    return folder


@pytest.fixture
def study(folder: Path) -> Iterator[StudyFolder]:
    """The study, without codes."""
    study = StudyFolder.open(folder / "study")
    yield study
    for path in (folder / "study" / "codes").iterdir():
        path.unlink()


@pytest.fixture
def coder(settings: Settings, study: StudyFolder) -> Iterator[TestClient]:
    """The client of a server that Ada codes with."""
    with open_client(replace(settings, study=study.path, coder="ada")) as client:
        yield client


def test_without_a_study_there_are_no_such_routes(client: TestClient) -> None:
    assert client.get("/v1/study").status_code == 404
    assert client.put("/v1/study/codes/1", json={"code": "happy"}).status_code == 404
    paths = client.get("/openapi.json").json()["paths"]
    assert not [path for path in paths if path.startswith("/v1/study")]


def test_a_coder_learns_ids_and_seconds_only(coder: TestClient, study: StudyFolder) -> None:
    study.save_code("grace", 1, "angry")
    study.save_code("ada", 2, "")
    answer = coder.get("/v1/study").json()
    assert answer["coder"] == "ada"
    assert answer["labels"] == list(EMOTIONS)
    assert [it["id"] for it in answer["stretches"]] == study.order("ada")
    assert {it["id"]: it["code"] for it in answer["stretches"]} == {1: None, 2: "", 3: None}
    assert all(it.keys() == {"id", "seconds", "code"} for it in answer["stretches"])
    assert {it["seconds"] for it in answer["stretches"]} == {2.0}
    text = json.dumps(answer)
    assert not [word for word in ("Secret", "film", "talk", "grace", "chance") if word in text]


def test_a_code_is_saved_at_once_and_can_be_replaced(coder: TestClient, study: StudyFolder) -> None:
    for code in ("happy", "sad", ""):
        assert coder.put("/v1/study/codes/3", json={"code": code}).status_code == 204
        assert study.codes("ada") == {3: code}
    assert study.coders() == ["ada"]


@pytest.mark.parametrize(
    ("stretch", "body", "status", "part"),
    [
        ("4", {"code": "happy"}, 404, "there is no stretch 4"),
        ("0", {"code": "happy"}, 422, "stretch"),
        ("1", {"code": "joyful"}, 422, "choose from angry"),
        ("1", {"code": "Happy"}, 422, "choose from angry"),
        ("1", {}, 422, "code"),
        ("1", {"code": None}, 422, "code"),
        ("1", {"code": "happy", "coder": "grace"}, 422, "coder"),
    ],
)
def test_what_is_no_code_is_refused(
    coder: TestClient, study: StudyFolder, stretch: str, body: object, status: int, part: str
) -> None:
    answer = coder.put(f"/v1/study/codes/{stretch}", json=body)
    assert answer.status_code == status
    assert part in answer.json()["error"]["message"]
    assert study.coders() == []


def test_a_damaged_file_of_codes_is_told_without_its_path(
    coder: TestClient, study: StudyFolder
) -> None:
    path = study.path / "codes" / "ada.csv"
    path.write_text("stretch,code,clock\n1,joyful,\n")
    for answer in (coder.get("/v1/study"), coder.put("/v1/study/codes/2", json={"code": "sad"})):
        assert answer.status_code == 500
        message = answer.json()["error"]["message"]
        assert "unknown label 'joyful'" in message
        assert str(study.path) not in message
    assert "joyful" in path.read_text()


def test_a_clip_is_a_video_that_no_browser_keeps(coder: TestClient) -> None:
    answer = coder.get("/v1/study/stretches/1/clip")
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["cache-control"] == "no-store"
    times, _ = read_clip(answer.content)
    assert len(times) == 2 * RATE


def test_a_clip_that_cannot_be_made_says_why_without_a_path(
    settings: Settings, tmp_path: Path
) -> None:
    write_faces(tmp_path / "faces.csv", "/videos/of/ada/talk.mp4")
    study = make_study(tmp_path, "/videos/of/ada/talk.mp4")
    with open_client(replace(settings, study=study.path, coder="ada")) as client:
        answer = client.get("/v1/study/stretches/3/clip")
        assert client.get("/v1/study").status_code == 200
    assert answer.status_code == 404
    message = answer.json()["error"]["message"]
    assert message == (
        "the clip of stretch 3 cannot be made: talk.mp4: no such video; put the video and the "
        "records where they were when the study was planned."
    )


def test_an_unknown_clip_is_not_there(coder: TestClient) -> None:
    answer = coder.get("/v1/study/stretches/9/clip")
    assert answer.status_code == 404
    assert "there is no stretch 9" in answer.json()["error"]["message"]


@pytest.mark.parametrize("name", ["", "../grace", "a b"])
def test_a_server_does_not_start_for_a_coder_without_a_good_name(
    settings: Settings, study: StudyFolder, name: str
) -> None:
    app = create_app(replace(apart(settings), study=study.path, coder=name))
    with pytest.raises(MienError, match="cannot name a coder"), TestClient(app):
        pass
    assert isinstance(app.state.failure, MienError)


def test_a_server_does_not_start_without_the_study(settings: Settings, tmp_path: Path) -> None:
    app = create_app(replace(apart(settings), study=tmp_path / "nothing", coder="ada"))
    with pytest.raises(MienError, match="no study there"), TestClient(app):
        pass


@pytest.mark.slow
def test_answers_are_as_documented(settings: Settings, study: StudyFolder) -> None:
    coding = replace(settings, study=study.path, coder="ada", upload_seconds=60)
    with serving(coding) as (_, port):
        document = schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json")
        operations = [found.ok() for found in document.get_all_operations()]
        mine = [operation for operation in operations if operation.path.startswith("/v1/study")]
        assert len(mine) == 3
        for operation in mine:
            for mode in GenerationMode:
                with suppress(Unsatisfiable):  # what takes nothing cannot be given the wrong thing
                    check(operation, mode)
    assert set(study.codes("ada").values()) <= {"", *EMOTIONS}


def check(operation: schemathesis.APIOperation, mode: GenerationMode) -> None:
    """Sends valid or invalid requests, and compares the responses with the document."""

    @hypothesis_settings(max_examples=10, phases=[Phase.generate])
    @given(operation.as_strategy(generation_mode=mode))
    def send(case: schemathesis.Case) -> None:
        # What a study's labels are, no schema says.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    send()
