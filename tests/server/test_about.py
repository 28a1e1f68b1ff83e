"""What the server says of itself: addresses, QR code, licences, model cards."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace

import pytest
import segno
from starlette.testclient import TestClient

from mien import __version__
from mien.server import addresses
from mien.server.settings import Settings
from tests.server.conftest import open_client

TOKEN = "a token"
LAN = ["192.168.1.7", "10.0.0.3", "fd00::7"]


@pytest.fixture
def open_to_all(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A server that listens at every address of a machine in two networks."""
    monkeypatch.setattr(addresses, "machine_addresses", lambda: LAN)
    with open_client(replace(settings, host="0.0.0.0", token=TOKEN)) as client:
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield client


def test_a_loopback_server_names_its_own_address_and_its_settings(
    settings: Settings,
) -> None:
    with open_client(replace(settings, keep_days=30.0)) as client:
        answer = client.get("/v1/about").json()
        folder = str(client.app.state.settings.folder)
    licences = answer.pop("licences")
    assert {"name": "Mien", "version": __version__, "licence": "Apache-2.0"} in licences
    assert answer == {
        "version": __version__,
        "addresses": ["http://127.0.0.1:8000"],
        "secure": False,
        "reachable": False,
        "folder": folder,
        "keep_days": 30,
        "token": False,
        "fingerprint": None,
        "model": "tiny",
        "detector": "yunet",
    }


def test_a_server_of_all_addresses_names_those_of_its_machine_without_the_token(
    open_to_all: TestClient,
) -> None:
    answer = open_to_all.get("/v1/about").json()
    assert answer["addresses"] == ["http://192.168.1.7:8000", "http://10.0.0.3:8000"]
    assert (answer["reachable"], answer["token"], answer["secure"]) == (True, True, False)
    assert TOKEN not in str(answer)


def test_what_the_server_says_of_itself_needs_the_token(open_to_all: TestClient) -> None:
    for path in ("/v1/about", "/v1/about/qr.svg"):
        assert open_to_all.get(path, headers={"Authorization": ""}).status_code == 401


def test_the_licences_have_every_package_that_a_server_imports(client: TestClient) -> None:
    licences = client.get("/v1/about").json()["licences"]
    names = {licence["name"].lower() for licence in licences}
    assert {"numpy", "onnxruntime", "fastapi", "starlette", "uvicorn", "segno"} <= names
    assert {"default (model)", "inter (font)", "lucide (icons)"} <= names
    assert not {"torch", "pytest"} & names
    assert all(0 < len(licence["licence"]) <= 60 for licence in licences)
    assert len(names) == len(licences)


def test_the_qr_code_is_an_image_without_scripts_or_styles(open_to_all: TestClient) -> None:
    answer = open_to_all.get("/v1/about/qr.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["cache-control"] == "no-store"
    root = ET.fromstring(answer.content)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not [node for node in root.iter() if "style" in node.attrib or "script" in node.tag]


def test_the_qr_code_has_the_first_address_and_the_token(open_to_all: TestClient) -> None:
    code = segno.make("http://192.168.1.7:8000/?token=a+token", micro=False)
    (dark,) = (
        path.attrib["d"]
        for path in ET.fromstring(open_to_all.get("/v1/about/qr.svg").content)
        if path.attrib.get("class") == "qrline"
    )
    drawn = sum(int(length) for length in re.findall(r"h(\d+)", dark))
    assert drawn == sum(map(sum, code.matrix))


def test_there_is_no_qr_code_of_an_address_that_no_other_machine_can_open(
    client: TestClient,
) -> None:
    answer = client.get("/v1/about/qr.svg")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == (
        "only this computer can open this server; "
        "start it with --host 0.0.0.0 --token TOKEN --https."
    )


@pytest.mark.slow
def test_a_model_tells_its_whole_card(client: TestClient) -> None:
    card = client.get("/v1/models/default").json()
    assert card["labels"] == ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    low, high = card["figures"]["accuracy_interval"]
    assert low < card["figures"]["accuracy"] < high
    assert (card["figures"]["split"], card["figures"]["n"]) == ("PublicTest", 4904)
    (fer, photos) = card["sources"]
    assert (fer["name"], photos["name"]) == ("fer2013", "photos")
    assert sum(fer["base_rates"].values()) == pytest.approx(1, abs=1e-3)
    assert "not what a person feels" in card["limits"][0]
    assert "prototypes" not in card


def test_an_unknown_model_is_refused(client: TestClient) -> None:
    answer = client.get("/v1/models/nothing/like/this")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"].startswith("model not found; choose from default, ")
